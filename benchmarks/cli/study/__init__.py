"""What `equivalence` does: the runs of a study in both numerics, then its answer."""
