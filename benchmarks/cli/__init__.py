"""The command line: every command, what it prints, and its exit codes."""

#: 0 done, 1 some run failed (the others are kept), 2 bad arguments or bad input, 3 stopped by its time budget.
OK, SOME_FAILED, BAD_INPUT, OUT_OF_TIME = 0, 1, 2, 3
