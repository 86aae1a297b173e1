"""Log-mel spectrograms of 40 ms frames every 20 ms, any number of bands, as the PB-CNN paper takes them of scenes."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.log_mel import mel_bank, mel_weights
from datasets.features.stft import banded_spectra, window

#: The shortest FFT that is chosen: the first power of two in which a frame of 1764 samples has room.
SHORTEST_FFT = 2048


@lru_cache(maxsize=32)
def empty_filters(rate: int, n_fft: int, n_mels: int) -> int:
    """How many of the mel filters have no bin of the FFT between their edges, so that their band is always silent."""
    return int((~mel_weights(rate, n_fft, n_mels).any(axis=1)).sum())


@lru_cache(maxsize=32)
def sufficient_fft(rate: int, n_mels: int) -> int:
    """The smallest power of two from 2048 on with which no mel filter is empty."""
    n_fft = SHORTEST_FFT
    while empty_filters(rate, n_fft, n_mels):
        n_fft *= 2
    return n_fft


@dataclass(frozen=True)
class LogMelScenes(Extractor):
    """The features of the PB-CNN paper (section 3.1.2): Hamming windows of 40 ms every 20 ms, power, mel, logarithm.

    n_mels: bands; the paper has 60, 128, 256 and 512. n_fft: of the FFT; None for the smallest power of two from 2048
    on with which no mel filter is empty, which is 2048 for up to 256 bands and 4096 for 512 (assumed: the paper tells
    no length; with 2048, 41 of the 512 bands are empty). A given length that leaves filters empty is warned of.

    Assumed, librosa's defaults, for the paper names librosa alone: periodic window, centred frames, then 30 s give
    1501; Slaney's mel scale from 0 Hz to Nyquist with equal areas; natural logarithm, floor 1e-10; mirrored ends.
    """

    name: ClassVar[str] = "log_mel_scenes"
    version: ClassVar[int] = 1
    dtype: ClassVar[str] = "float16"

    n_mels: int = 128
    n_fft: int | None = None
    rate: int = 44100
    length: int = 1764
    hop: int = 882
    floor: float = 1e-10

    def __post_init__(self) -> None:
        if self.n_fft is not None and (empty := empty_filters(self.rate, self.n_fft, self.n_mels)):
            enough = sufficient_fft(self.rate, self.n_mels)
            warnings.warn(
                f"{self.name}: {empty} of {self.n_mels} mel filters are empty with an FFT of {self.n_fft}, their bands "
                f"always silent; with {enough} none is",
                stacklevel=1,
            )

    @property
    def fft(self) -> int:
        """The length of the FFT: the given one, or the chosen one."""
        return sufficient_fft(self.rate, self.n_mels) if self.n_fft is None else self.n_fft

    def params(self) -> dict[str, Any]:
        """All parameters, with the length of the FFT that is used."""
        return {**asdict(self), "n_fft": self.fft}

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Natural logarithms (1, n_mels, 1 + n // hop) of samples (n,) at `rate` Hz; 30 s give 1501 frames.

        Raises ValueError for another rate than the extractor's, and for fewer samples than half a frame.
        """
        return self.each([self], samples, rate)[0]

    @classmethod
    def each(
        cls, extractors: Sequence["LogMelScenes"], samples: NDArray[np.float32], rate: int
    ) -> list[NDArray[np.float32]]:
        """What each extractor makes of the samples: those with FFTs of one length share them."""
        found: dict[int, NDArray[np.float32]] = {}
        analyses: dict[tuple[int, int, int, int], list[int]] = {}
        for number, one in enumerate(extractors):
            one.check_rate(rate)
            analyses.setdefault((one.rate, one.length, one.hop, one.fft), []).append(number)
        for (_, length, hop, fft), numbers in analyses.items():
            banks = [mel_bank(rate, fft, extractors[number].n_mels) for number in numbers]
            bands = banded_spectra(samples, window("hamming", length), fft, hop, banks)
            found |= {number: extractors[number]._logarithms(one) for number, one in zip(numbers, bands, strict=True)}
        return [found[number] for number in range(len(extractors))]

    def _logarithms(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Energies (T, n_mels) -> logarithms (1, n_mels, T)."""
        np.maximum(bands, np.float32(self.floor), out=bands)
        return np.log(bands, out=bands).T[None]
