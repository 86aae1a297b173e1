"""One recording from its file: 16-bit stereo as a rule, mono all the same."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audio import clip_fault, read_any
from datasets.maestro_real.layout import RATE

#: How much a recording may differ from its listed duration, seconds (assumed).
TOLERANCE = 0.1


def read_recording(path: Path, seconds: float | None) -> tuple[NDArray[np.float32], int]:
    """The samples of a recording, float32 (frames,) in [-1, 1], and how many channels its file has.

    Two channels become one by their mean, as in the official baseline. seconds: the listed duration, None where it is
    not known. Raises ClipFault where a file has another rate, other channels or another duration, or cannot be used.
    """
    samples, rate = read_any(path)
    frames, channels = samples.shape
    if rate != RATE:
        raise clip_fault(path, "rate", f"{rate} Hz instead of {RATE} Hz")
    if channels > 2:
        raise clip_fault(path, "channels", f"{channels} channels instead of 2 or 1")
    if seconds is not None and abs(frames / RATE - seconds) > TOLERANCE:
        raise clip_fault(path, "length", f"{frames / RATE:.2f} s instead of {seconds:.2f} s")
    return samples.mean(axis=1).astype(np.float32), channels
