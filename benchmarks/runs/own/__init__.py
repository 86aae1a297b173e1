"""Runs that are not the paper's: of a network of the user's own, or of a setting with other arguments.

They are runs like any other, with a recipe and a place in the store, under settings whose names no paper file can have
(`names`), so that they feed no cell of a paper.
"""
