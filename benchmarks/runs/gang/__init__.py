"""Several runs in one process, a step each in turn, and training steps that are captured once and played again."""
