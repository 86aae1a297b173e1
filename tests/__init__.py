"""The tests; they mirror the packages."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]

# One thread per process, before torch and BLAS are imported: two processes test side by side (make test), and threads
# that wait for each other on cores that are taken cost three times the time.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
