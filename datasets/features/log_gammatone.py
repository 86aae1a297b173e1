"""Log-gammatone spectrogram with its delta: the input of ACRNN (arXiv:2007.07241, section 3.1)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.delta import delta
from datasets.features.stft import FilterBank, banded_power, window

#: Glasberg and Moore's parameters of the ERB scale, as Slaney (Apple TR 35, 1993) uses them.
EAR_Q, MIN_BANDWIDTH = 9.26449, 24.7
#: Bandwidth of a fourth-order gammatone filter in ERB (Patterson and Holdsworth; Slaney 1993).
BANDWIDTH_IN_ERB = 1.019


def centre_frequencies(n_bands: int, low: float, high: float) -> NDArray[np.float64]:
    """Centre frequencies in Hz, ascending from `low` to just under `high`, even on the ERB scale (Slaney 1993)."""
    offset = EAR_Q * MIN_BANDWIDTH
    fraction = np.arange(n_bands, 0, -1) / n_bands
    return (high + offset) * np.exp(fraction * np.log((low + offset) / (high + offset))) - offset


def gammatone_response(
    frequencies: NDArray[np.float64], centres: NDArray[np.float64], rate: int
) -> NDArray[np.float64]:
    """Magnitude (centres, frequencies) of Slaney's four-stage gammatone filters, 1 at the centre.

    All four stages have the same pole pair and one real zero each (Slaney 1993, appendix). Frequencies in Hz.
    """
    angle = 2 * np.pi * centres[:, None] / rate
    radius = np.exp(-2 * np.pi * BANDWIDTH_IN_ERB * (centres[:, None] / EAR_Q + MIN_BANDWIDTH) / rate)
    outer, inner = np.sqrt(3 + 2**1.5), np.sqrt(3 - 2**1.5)

    def magnitude(z: NDArray[np.complex128]) -> NDArray[np.float64]:
        pole = radius * np.exp(1j * angle)
        response = np.abs((z - pole) * (z - pole.conj())) ** -4.0
        for share in (outer, -outer, inner, -inner):
            response = response * np.abs(z - radius * (np.cos(angle) + share * np.sin(angle)))
        return response

    points = np.exp(2j * np.pi * frequencies[None, :] / rate)
    return magnitude(points) / magnitude(np.exp(1j * angle))


@lru_cache(maxsize=4)
def _bank(n_bands: int, low: float, n_fft: int, rate: int) -> FilterBank:
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    response = gammatone_response(bins, centre_frequencies(n_bands, low, rate / 2), rate)
    return FilterBank(response**2, group=n_bands)  # no band is zero anywhere, so one product is fastest


@dataclass(frozen=True)
class LogGammatone(Extractor):
    """Log energies of 128 gammatone bands, and optionally their delta over the whole clip.

    Paper: Hamming window of 1024 samples, half of it hop, energy spectrogram, 128 gammatone bands, logarithm, delta as
    second channel. Assumed: FFT-domain weights of Ellis's kind (Slaney's response, squared, because the spectrogram is
    one of energy), 50 Hz to Nyquist, a 2048-point FFT (low bands are narrower than the bins of 1024), centred frames,
    10 log10(E + 1e-10) without a reference, a 9-frame regression as delta. The window is periodic (assumed, scipy's and
    librosa's form for spectra).
    """

    name: ClassVar[str] = "log_gammatone_delta"
    version: ClassVar[int] = 1

    rate: int = 44100
    n_bands: int = 128
    low: float = 50.0
    window_length: int = 1024
    n_fft: int = 2048
    hop: int = 512
    floor: float = 1e-10
    with_delta: bool = True

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Features (channels, n_bands, 1 + n // hop) in dB, and dB per frame, of samples (n,) at `rate` Hz.

        Raises ValueError for another rate than the extractor's, or fewer samples than nine hops.
        """
        self.check_rate(rate)
        bank = _bank(self.n_bands, self.low, self.n_fft, self.rate)
        energies = banded_power(samples, window("hamming", self.window_length), self.n_fft, self.hop, bank)
        level = np.float32(10.0) * np.log10(energies.T + np.float32(self.floor))
        return np.stack([level, delta(level)]) if self.with_delta else level[None]


@dataclass(frozen=True)
class GammatoneStatistics(LogGammatone):
    """What a clip's bands are like whatever comes when: mean and deviation of each over the frames, without the delta.

    Not the paper's: a control, which tells how much of its task is in the long-time spectrum alone.
    """

    name: ClassVar[str] = "log_gammatone_statistics"
    version: ClassVar[int] = 1

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Statistics (2 * n_bands,) in dB, means before deviations (divisor n), of samples (n,) at `rate` Hz.

        Raises ValueError for another rate than the extractor's.
        """
        level = super().__call__(samples, rate)[0].astype(np.float64)
        return np.concatenate([level.mean(axis=1), level.std(axis=1)]).astype(np.float32)
