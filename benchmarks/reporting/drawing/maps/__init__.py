"""Drawings of arrays in shades, and of points in the plane."""
