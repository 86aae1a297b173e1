"""What two systems for DCASE 2023 Task 4b (soft labels) hear of a recording: frames x 64 mel bands, of any length."""

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.log_mel import hz_to_mel, mel_to_hz, triangles
from datasets.features.stft import BLOCK, FilterBank, banded_spectrum, window

Samples = NDArray[np.float32]


@lru_cache(maxsize=8)
def band_weights(rate: int, n_fft: int, n_mels: int, bottom: float, top: float) -> NDArray[np.float64]:
    """Slaney's triangles (n_mels, 1 + n_fft // 2) of equal area between two frequencies in Hz, also above Nyquist."""
    return triangles(mel_to_hz(np.linspace(hz_to_mel(bottom), hz_to_mel(top), n_mels + 2)), rate, n_fft)


@lru_cache(maxsize=8)
def _bank(rate: int, n_fft: int, n_mels: int, bottom: float, top: float) -> FilterBank:
    return FilterBank(band_weights(rate, n_fft, n_mels, bottom, top))


class RecordingExtractor(Extractor):
    """Frames (T, n_mels) of a recording, as many as it has: each is a row of its own in what is kept."""

    segmented: ClassVar[bool] = True

    n_mels: int

    @property
    @abstractmethod
    def per_second(self) -> int:
        """Frames of every second."""

    @property
    def silence(self) -> float:
        """What a band has where its spectrum is zero."""
        return 0.0


@dataclass(frozen=True)
class MagnitudeMaestro(RecordingExtractor):
    """The features of the official baseline (dcase2023_task4b_baseline): 64 bands of magnitude spectra, no logarithm.

    44.1 kHz, Hann windows of 0.4 s every 0.2 s, centred; Slaney's scale from 50 Hz to 14 kHz with equal areas. The ends
    are mirrored (assumed: librosa's default until version 0.10; later it pads with zeros).
    """

    name: ClassVar[str] = "magnitude_maestro"
    version: ClassVar[int] = 1

    n_mels: int = 64
    rate: int = 44100
    n_fft: int = 17640
    hop: int = 8820
    bottom: float = 50.0
    top: float = 14000.0

    @property
    def per_second(self) -> int:
        """Frames of every second: five."""
        return self.rate // self.hop

    def __call__(self, samples: Samples, rate: int) -> Samples:
        """Magnitudes (1 + n // hop, n_mels) of samples (n,) at `rate` Hz.

        Raises ValueError for another rate than the extractor's, and for fewer samples than half a frame.
        """
        self.check_rate(rate)
        bank = _bank(self.rate, self.n_fft, self.n_mels, self.bottom, self.top)
        return banded_spectrum(samples, window("hann", self.n_fft), self.n_fft, self.hop, bank, magnitude=True)


@dataclass(frozen=True)
class LogMelMaestro(RecordingExtractor):
    """The features of the authors of `maestro` (their code, SED_SoftLabel): natural logarithms of 64 mel bands.

    hop: at 16 kHz; 3200, or 800 in one row of the table. The FFT and the Hann window are twice as long (for hop 800:
    assumed, that configuration is not in the code's history). top: the upper edge of the highest band in Hz; the code
    has 14 kHz, above the Nyquist frequency of 8 kHz, which leaves nine bands empty; that is warned of.
    apart: every second by itself, with mirrored ends, as the code hears chunks of one second. Otherwise the seconds
    follow on each other as in the recording; in the code only the ends of a chunk are mirrored (assumed: the half frame
    at either end, of 41 s, does not matter).

    The spectrum is sqrt(power + 1e-9), the floor of a band 1e-5. A last second that is not complete is dropped, as in
    the code. Assumed: resampling by soxr.
    """

    name: ClassVar[str] = "log_mel_maestro"
    version: ClassVar[int] = 1

    hop: int = 3200
    top: float = 14000.0
    apart: bool = False
    n_mels: int = 64
    rate: int = 44100
    analysis_rate: int = 16000
    bottom: float = 50.0
    softening: float = 1e-9
    floor: float = 1e-5

    def __post_init__(self) -> None:
        if self.hop < 1 or self.analysis_rate % self.hop:
            raise ValueError(f"{self.name}: hop {self.hop} is no part of a second of {self.analysis_rate} samples")
        if empty := self.empty_bands:
            warnings.warn(
                f"{self.name}: {empty} of {self.n_mels} bands are empty, always {np.log(self.floor):.1f}: they begin "
                f"above the Nyquist frequency; with top={self.analysis_rate / 2:g} none does",
                stacklevel=1,
            )

    @property
    def n_fft(self) -> int:
        """The length of the FFT and of its window."""
        return 2 * self.hop

    @property
    def per_second(self) -> int:
        """Frames of every second: 5, or 20 with hop 800."""
        return self.analysis_rate // self.hop

    @property
    def silence(self) -> float:
        """The logarithm of the floor."""
        return float(np.log(self.floor))

    @property
    def empty_bands(self) -> int:
        """How many bands have no bin of the FFT."""
        return int((~self._weights().any(axis=1)).sum())

    def _weights(self) -> NDArray[np.float64]:
        return band_weights(self.analysis_rate, self.n_fft, self.n_mels, self.bottom, self.top)

    def __call__(self, samples: Samples, rate: int) -> Samples:
        """Logarithms (seconds * per_second, n_mels) of the complete seconds of samples (n,) at `rate` Hz.

        Raises ValueError for another rate than the extractor's, and for less than a second.
        """
        self.check_rate(rate)
        if (seconds := len(samples) // rate) == 0:
            raise ValueError(f"{len(samples)} samples are less than a second")
        import soxr

        heard = soxr.resample(np.asarray(samples, dtype=np.float32), rate, self.analysis_rate)
        heard = np.pad(heard, (0, max(0, seconds * self.analysis_rate - len(heard))))[: seconds * self.analysis_rate]
        if self.apart:
            return np.concatenate([self._logarithms(second) for second in heard.reshape(seconds, -1)])
        return self._logarithms(heard)

    def _logarithms(self, samples: Samples) -> Samples:
        """Logarithms (n // hop, n_mels) of samples (n,): each frame reaches half a hop into its neighbours."""
        from scipy.fft import rfft

        padded = np.pad(samples, (self.n_fft - self.hop) // 2, mode="reflect")
        view = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: self.hop]
        bands = np.empty((len(view), self.n_mels), dtype=np.float32)
        bank = _bank(self.analysis_rate, self.n_fft, self.n_mels, self.bottom, self.top)
        for start in range(0, len(view), BLOCK):
            spectrum = rfft(view[start : start + BLOCK] * window("hann", self.n_fft), self.n_fft, axis=1)
            power = np.square(spectrum.real) + np.square(spectrum.imag) + np.float32(self.softening)
            bank.apply(np.sqrt(power), bands[start : start + BLOCK])
        return np.log(np.maximum(bands, np.float32(self.floor), out=bands), out=bands)
