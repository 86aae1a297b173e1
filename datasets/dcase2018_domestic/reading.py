"""One clip of DCASE 2018 Task 4 from its file: audio as the official script saves it, or a released array."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audio import ClipFault, clip_fault, read_any
from datasets.errors import DataError

#: Distance of the frames of the released arrays, seconds, and their number of bands (paper, sections 3.1 and 3.2).
HOP_SECONDS, BANDS = 0.02, 64


def read_clip(path: Path, rate: int) -> NDArray[np.float32]:
    """The samples of a file: float32 (n,) in [-1, 1], of whatever length.

    The official script resamples to 44.1 kHz and keeps the channels that a video has; the official baseline averages
    them. So is what other tools have saved at a higher rate, here by soxr (assumed: the script's is another filter).
    Raises ClipFault where the file cannot be used, and for lower rates, which lack what is above.
    """
    samples, found = read_any(path)
    if found < rate:
        raise clip_fault(path, "rate", f"{found} Hz, less than {rate} Hz")
    if samples.shape[1] > 2:
        raise clip_fault(path, "channels", f"{samples.shape[1]} channels instead of 1 or 2")
    mono = samples.mean(axis=1)
    if found > rate:
        import soxr

        mono = soxr.resample(mono, found, rate)
    return np.clip(mono, -1.0, 1.0).astype(np.float32)


def read_features(path: Path, seconds: float) -> NDArray[np.float32]:
    """A released array: float32 (frames, 64), 500 frames for 10 s. Raises ClipFault where it cannot be used."""
    from datasets.acquire.pickled_arrays import read_array

    try:
        array = read_array(path)
    except DataError as error:
        raise ClipFault(str(error), reason=str(error).removeprefix(f"{path}: ")) from error
    shape = (round(seconds / HOP_SECONDS), BANDS)
    if array.shape != shape:
        raise clip_fault(path, "length", f"shape {array.shape} instead of {shape}")
    if not np.isfinite(array).all():
        raise clip_fault(path, "nan", "values that are NaN or infinite")
    return array.astype(np.float32)
