"""Sweeps that are killed, filled up, damaged and crowded at random, and must end as if nothing had happened.

`python -m tests.soak --rounds 20 --seed 0`: each round draws a sweep of tiny trainings (`papers/`) and a fault
(`faults/`), then repeats the same command until it ends well, and compares what there is with what an undisturbed sweep
leaves (`checks`). Linux only.
"""
