"""What pages begin with: every cell of all tables at a glance; of one its result, its own table, what is to be run."""
