"""Runs that are held against others: in other numerics (`equivalence`), and made anew (`run --again`)."""
