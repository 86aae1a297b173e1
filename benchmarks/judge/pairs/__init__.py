"""Two rows of a table on the same items: what each item adds, and the tests of their difference."""
