"""Log-mel bands of 40 ms frames every 20 ms, as systems for DCASE 2017 Task 2 (rare sound events) take them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.log_mel import mel_weights, triangles
from datasets.features.stft import FilterBank, banded_spectrum, window

#: HTK's mel scale: mel = 2595 log10(1 + Hz / 700).
HTK_FACTOR, HTK_HZ = 2595.0, 700.0


def htk_weights(rate: int, n_fft: int, n_mels: int) -> NDArray[np.float64]:
    """Triangles of equal area (n_mels, 1 + n_fft // 2) from 0 Hz to Nyquist on HTK's mel scale (librosa, htk=True)."""
    top = HTK_FACTOR * np.log10(1.0 + rate / 2 / HTK_HZ)
    edges = HTK_HZ * (10.0 ** (np.linspace(0.0, top, n_mels + 2) / HTK_FACTOR) - 1.0)
    return triangles(edges, rate, n_fft)


@lru_cache(maxsize=4)
def _bank(rate: int, n_fft: int, n_mels: int, is_htk: bool) -> FilterBank:
    return FilterBank((htk_weights if is_htk else mel_weights)(rate, n_fft, n_mels))


@dataclass(frozen=True)
class _LogMelFrames(Extractor):
    """What the three share: frames centred on every 882nd sample, mirrored ends, periodic Hamming window, float16."""

    name: ClassVar[str]
    dtype: ClassVar[str] = "float16"
    magnitude: ClassVar[bool] = True
    htk: ClassVar[bool] = False

    n_mels: int = 40
    rate: int = 44100
    length: int = 1764
    hop: int = 882
    n_fft: int = 2048

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Natural logarithms (1 + n // hop, n_mels) of samples (n,) at `rate` Hz; 30 s give 1501 frames.

        Raises ValueError for another rate than the extractor's, and for fewer samples than half a frame.
        """
        self.check_rate(rate)
        taper = window("hamming", self.length)
        bank = _bank(self.rate, self.n_fft, self.n_mels, self.htk)
        bands = banded_spectrum(samples, taper, self.n_fft, self.hop, bank, self.magnitude)
        return np.log(self._floored(bands), out=bands)

    def _floored(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bands that have a logarithm: those of the baseline, plus numpy.spacing(1)."""
        bands += np.float32(np.spacing(1.0))
        return bands


@dataclass(frozen=True)
class LogMelMtfa(_LogMelFrames):
    """The features of the MTFA paper (section 2.1): 128 log filter-bank energies, 40 ms windows every 20 ms.

    Inferred: centred frames, for 30 s then give the paper's 1501; FFT of 2048, periodic Hamming window and Slaney's mel
    scale with equal areas, as in the official baseline. Assumed: power spectra, for the paper says energies; natural
    logarithm, floor 1e-10; mirrored ends.
    """

    name: ClassVar[str] = "log_mel_mtfa"
    version: ClassVar[int] = 1
    magnitude: ClassVar[bool] = False

    n_mels: int = 128
    floor: float = 1e-10

    def _floored(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.maximum(bands, np.float32(self.floor), out=bands)


@dataclass(frozen=True)
class LogMelBaseline(_LogMelFrames):
    """The features of the official baseline (task2.defaults.yaml): 40 bands of magnitude spectra, Slaney's scale."""

    name: ClassVar[str] = "log_mel_baseline"
    version: ClassVar[int] = 1


@dataclass(frozen=True)
class LogMelCakir(_LogMelFrames):
    """The features of Cakir's CRNN (the baseline's task2_cakir.defaults.yaml): those of the baseline on HTK's scale."""

    name: ClassVar[str] = "log_mel_cakir"
    version: ClassVar[int] = 1
    htk: ClassVar[bool] = True
