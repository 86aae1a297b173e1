"""Rows that are not the paper's, scored like its own and tested against them."""
