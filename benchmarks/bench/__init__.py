"""Speed as ratios to the plain way of doing the same; nothing here is a test."""
