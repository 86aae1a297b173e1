"""Figures of what is so whatever was run: formulas of a paper, labels of a dataset."""
