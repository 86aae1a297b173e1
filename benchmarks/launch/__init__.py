"""Where runs execute: in worker processes of this machine (local)."""
