"""The arithmetic of a mixture, in float64 as the official synthesizer does it (core.py)."""

from typing import TYPE_CHECKING

import numpy as np

from datasets.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 44100
#: Leaves room for the event, so that hardly any mixture has to be normalised.
HEADROOM = 0.2
_FULL_SCALE_31 = 2147483648.0


def scaling_factor(
    background: "NDArray[np.float32]", event: "NDArray[np.float64]", onset: float, ebr: float, where: str
) -> float:
    """What an event is multiplied with, to lie `ebr` dB above the background under it.

    Both levels are root mean squares over the whole event (no gating of pauses). onset in seconds.
    Raises DataError, naming `where`, if one of the two is silent there or the event leaves the background.
    """
    start = int(onset * RATE)
    _check_place(len(background), len(event), start, where)
    levels = [_rms(event), _rms(background[start : start + len(event)].astype(np.float64))]
    for level, what in zip(levels, ("event", "background under the event"), strict=True):
        if level == 0:
            raise DataError(f"{where}: the {what} is silent, so no event-to-background ratio exists; replace the file")
    return float(10 ** (np.float64(ebr) / 20) / (levels[0] / levels[1]))


def mix(
    background: "NDArray[np.float32]",
    event: "NDArray[np.float64] | None" = None,
    onset: float = 0.0,
    factor: float = 1.0,
    where: str = "mixture",
) -> "NDArray[np.int32]":
    """A mixture as 24-bit samples, int32 (frames,) from -2**23 to 2**23 - 1: what the official audio files hold.

    background and event: mono, 44.1 kHz; onset in seconds. The sum is divided by its peak if that reaches 1.
    Rounding is libsndfile's (1.2) when it writes float64 as 24 bit: to 32 bit, the lowest 8 of which are dropped.
    Raises DataError, naming `where`, if the event leaves the background.
    """
    mixture = background.astype(np.float64)
    if event is not None:
        start = int(onset * RATE)
        _check_place(len(background), len(event), start, where)
        mixture[start : start + len(event)] += factor * event
    mixture *= HEADROOM
    peak = max(mixture.max(), -mixture.min())
    if peak >= 1:
        mixture /= peak
    mixture *= _FULL_SCALE_31
    np.rint(mixture, out=mixture)
    np.minimum(mixture, _FULL_SCALE_31 - 1, out=mixture)
    samples: NDArray[np.int32] = mixture.astype(np.int32) >> 8
    return samples


def as_float(samples: "NDArray[np.int32]") -> "NDArray[np.float32]":
    """24-bit samples as float32 in [-1, 1): exactly what a reader of the 24-bit file gets."""
    return samples.astype(np.float32) * np.float32(2.0**-23)


def _check_place(frames: int, length: int, start: int, where: str) -> None:
    if start < 0 or start + length > frames:
        raise DataError(
            f"{where}: the event, samples {start} to {start + length}, leaves the background of {frames} samples; "
            "compare recipe and sources with the official ones"
        )


def _rms(samples: "NDArray[np.float64]") -> float:
    return float(np.sqrt(np.mean(np.abs(samples) ** 2)))
