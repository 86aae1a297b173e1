"""One item from its file: 24-bit stereo as a rule, mono all the same."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audio import clip_fault, read_any

RATE = 44100
#: How much an item may differ from its length, seconds (assumed).
TOLERANCE = 0.1


def read_scene(path: Path, seconds: float) -> tuple[NDArray[np.float32], int]:
    """The samples of an item, float32 (seconds * 44100,) in [-1, 1], and how many channels its file has.

    Two channels become one by their mean (PB-CNN paper, section 3.1.2); of a file that is up to TOLERANCE longer or
    shorter, the end is cut or filled with zeros. Raises ClipFault where a file has another rate, other channels or
    another length, or cannot be used.
    """
    samples, rate = read_any(path)
    frames, channels = samples.shape
    if rate != RATE:
        raise clip_fault(path, "rate", f"{rate} Hz instead of {RATE} Hz")
    if channels > 2:
        raise clip_fault(path, "channels", f"{channels} channels instead of 2 or 1")
    if abs(frames / RATE - seconds) > TOLERANCE:
        raise clip_fault(path, "length", f"{frames / RATE:.2f} s instead of {seconds:g} s")
    wanted = round(seconds * RATE)
    mono = np.zeros(wanted, dtype=np.float32)
    mono[: min(frames, wanted)] = samples[:wanted].mean(axis=1)
    return mono, channels
