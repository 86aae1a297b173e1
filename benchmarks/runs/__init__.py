"""The unit that is trained once: planned, executed, stored, carried to other machines."""
