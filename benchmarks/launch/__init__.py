"""Where runs execute: in processes of this machine (local, background), on a cluster of Ray (ray) or Slurm (slurm)."""
