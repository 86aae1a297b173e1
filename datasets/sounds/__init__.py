"""Sounds that generated corpora are made of: parametric ones, and real ones of other collections."""
