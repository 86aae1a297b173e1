"""What runs keep for figures, and what is computed from it."""
