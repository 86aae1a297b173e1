"""Scores that were made elsewhere: read, joined, and called by the official names."""
