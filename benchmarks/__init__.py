"""What was claimed, and the machinery that tests it."""
