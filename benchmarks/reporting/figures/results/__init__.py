"""Figures of what came out: values, errors, decisions."""
