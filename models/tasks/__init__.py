"""What networks of one kind of task share: a loss, validation measures, what they predict."""
