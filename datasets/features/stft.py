"""Short-time power spectra, fast on one core: the analysis that all spectral features share."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Frames that are transformed together: few enough that their buffers stay in a core's cache.
BLOCK = 64
#: The dB floor of `decibels`, librosa's.
AMIN = 1e-10

Array = NDArray[np.float32]


@lru_cache(maxsize=8)
def window(name: str, length: int) -> Array:
    """A window of `length` samples, float32, periodic as librosa and scipy take it for spectra."""
    from scipy.signal import get_window

    return np.asarray(get_window(name, length, fftbins=True), dtype=np.float32)


def frames(samples: Array, length: int, hop: int) -> Array:
    """Centred frames (1 + n // hop, length) of samples (n,), a view: frame t is centred on sample t x hop.

    The ends are mirrored, librosa's default until version 0.10. Raises ValueError if the samples are too few for that.
    """
    if len(samples) <= length // 2:
        raise ValueError(f"{len(samples)} samples are too few for frames of {length}")
    padded = np.pad(np.asarray(samples, dtype=np.float32), length // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]


def banded_power(samples: Array, taper: Array, n_fft: int, hop: int, bank: "FilterBank") -> Array:
    """Energies (frames, bands) of samples (n,): |STFT|² summed under the weights of `bank`; see `banded_spectrum`."""
    return banded_spectrum(samples, taper, n_fft, hop, bank)


def banded_spectrum(
    samples: Array, taper: Array, n_fft: int, hop: int, bank: "FilterBank", magnitude: bool = False
) -> Array:
    """|STFT|², or |STFT| if `magnitude`, of samples (n,) summed under the weights of `bank`: (frames, bands)."""
    return banded_spectra(samples, taper, n_fft, hop, [bank], magnitude)[0]


def banded_spectra(
    samples: Array, taper: Array, n_fft: int, hop: int, banks: Sequence["FilterBank"], magnitude: bool = False
) -> list[Array]:
    """|STFT|², or |STFT| if `magnitude`, of samples (n,) summed under the weights of each bank: (frames, bands).

    taper: the window; where it is shorter than n_fft, the frames are padded with zeros.
    """
    from scipy.fft import rfft

    view = frames(samples, len(taper), hop)
    energies = [np.empty((len(view), bank.n_bands), dtype=np.float32) for bank in banks]
    for start in range(0, len(view), BLOCK):
        spectrum = rfft(view[start : start + BLOCK] * taper, n_fft, axis=1, overwrite_x=True)
        power = np.square(spectrum.real)
        power += np.square(spectrum.imag)
        if magnitude:
            np.sqrt(power, out=power)
        for bank, out in zip(banks, energies, strict=True):
            bank.apply(power, out[start : start + BLOCK])
    return energies


class FilterBank:
    """Weights (bands, bins) of a filter bank, applied in groups of neighbouring bands.

    Each group multiplies only the bins on which one of its bands has a weight, so that narrow filters cost little.
    """

    def __init__(self, weights: NDArray[np.floating], group: int = 16) -> None:
        self.n_bands = len(weights)
        self._parts: list[tuple[slice, slice, Array]] = []
        for first in range(0, self.n_bands, group):
            bands = slice(first, min(first + group, self.n_bands))
            used = np.flatnonzero(weights[bands].any(axis=0))
            bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
            self._parts.append((bands, bins, np.ascontiguousarray(weights[bands, bins].T, dtype=np.float32)))

    def apply(self, power: Array, out: Array) -> None:
        """Write the weighted sums (frames, bands) of power (frames, bins) into `out`."""
        for bands, bins, weights in self._parts:
            out[:, bands] = power[:, bins] @ weights


def decibels(energies: Array, top_db: float | None = 80.0) -> Array:
    """10 log10 of energies, floored at 1e-10 and at `top_db` below the maximum (librosa's power_to_db, ref=1)."""
    level = np.log10(np.maximum(energies, np.float32(AMIN)))
    level *= np.float32(10.0)
    return level if top_db is None else np.maximum(level, level.max() - np.float32(top_db))
