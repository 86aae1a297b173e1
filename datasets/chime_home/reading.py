"""One chunk from its 16 kHz file."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audio import clip_fault, read_any

RATE = 16000


def read_mono(path: Path) -> NDArray[np.float32]:
    """The samples of a 16 kHz mono file: float32 (n,) in [-1, 1].

    Raises ClipFault where the file has another rate or more channels, or cannot be used.
    """
    samples, rate = read_any(path)
    if rate != RATE:
        raise clip_fault(path, "rate", f"{rate} Hz instead of {RATE} Hz")
    if samples.shape[1] != 1:
        raise clip_fault(path, "channels", f"{samples.shape[1]} channels instead of 1")
    return samples[:, 0].astype(np.float32)
