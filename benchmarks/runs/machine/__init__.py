"""The machine that executes runs: which device, what is known of it, and its memory."""
