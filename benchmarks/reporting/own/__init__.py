"""Rows that are not the paper's, on paper."""
