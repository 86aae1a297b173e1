"""TUT Rare Sound Events 2017 (DCASE 2017, Task 2)."""
