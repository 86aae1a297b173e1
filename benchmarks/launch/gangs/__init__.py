"""Several runs of one setting in one slot: which ones, and how they go on in one process."""
