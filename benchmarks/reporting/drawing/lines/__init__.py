"""Drawings of numbers that change with another one."""
