"""Drawings of numbers side by side."""
