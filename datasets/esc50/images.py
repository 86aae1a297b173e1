"""Spectrograms as grey pictures, as image networks were given them (the work [5] that table 1 of ACRNN's paper cites).

Source: the network files in the public repository of the thesis "Classifying Environmental Sounds with Image Networks"
and its description of the setting that the cells come from: 32 kHz, frames of 30 ms, half overlapping.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.stft import FilterBank, banded_power, decibels, window

#: Decibels from black to white.
RANGE_DB = 80.0


@lru_cache(maxsize=32)
def resizing(length: int, size: int) -> NDArray[np.float32]:
    """Weights (size, length) that bring an axis to `size` points: linear interpolation, smoothed where it shrinks."""
    scale = length / size
    support = max(scale, 1.0)
    distance = (np.arange(size)[:, None] + 0.5) * scale - (np.arange(length)[None] + 0.5)
    weights = np.maximum(0.0, 1.0 - np.abs(distance) / support)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


@lru_cache(maxsize=2)
def _every_bin(n_fft: int) -> FilterBank:
    return FilterBank(np.eye(n_fft // 2 + 1))


@dataclass(frozen=True)
class SpectrogramImage(Extractor):
    """The power spectrogram of a whole clip as a picture of `size` x `size` grey values, low frequencies first.

    Cited: 32 kHz, frames of 30 ms, 50 % overlap, pictures of 256 x 256. Assumed: resampling by soxr, a peak of 1, a
    periodic Hamming window, an FFT of 1024, centred frames with mirrored ends, decibels whose 80 below the picture's
    maximum are black, resizing that keeps no proportions (linear, smoothed as image libraries do it).
    """

    name: ClassVar[str] = "spectrogram_image"
    version: ClassVar[int] = 1
    dtype: ClassVar[str] = "uint8"

    rate: int = 44100
    analysis_rate: int = 32000
    length: int = 960
    hop: int = 480
    n_fft: int = 1024
    size: int = 256

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Grey values (1, size, size), whole numbers from 0 to 255, of samples (n,) at `rate` Hz.

        Raises ValueError for another rate than the extractor's, and for fewer samples than half a frame.
        """
        self.check_rate(rate)
        import soxr

        clip = soxr.resample(samples, rate, self.analysis_rate)
        clip = clip / max(float(np.abs(clip).max()), 1e-8)
        taper = window("hamming", self.length)
        level = decibels(banded_power(clip, taper, self.n_fft, self.hop, _every_bin(self.n_fft)), RANGE_DB).T
        rows, columns = (resizing(length, self.size) for length in level.shape)
        grey = 255.0 * (1.0 + (rows @ level @ columns.T - level.max()) / RANGE_DB)
        return np.rint(np.clip(grey, 0.0, 255.0)).astype(np.float32)[None]
