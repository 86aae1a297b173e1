"""The figures of a table, one file for each kind."""
