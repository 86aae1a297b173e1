"""Baselines that papers compare with and that need no network of their own family."""
