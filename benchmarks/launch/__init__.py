"""Where runs execute: in worker processes of this machine (local) or on a Ray cluster (ray)."""
