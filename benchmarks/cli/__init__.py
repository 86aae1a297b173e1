"""The command line: every command, what it prints, and its exit codes."""
