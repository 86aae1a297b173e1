"""Copies of training clips: by class, as in PiczakCNN's code (paper-2015-esc-convnet), and played at other speeds."""

from functools import partial

import numpy as np

from datasets.errors import DataError
from datasets.features.copies import Copy, Samples, pitch_shift, time_stretch

#: Shift in semitones and range of the stretch factor by class. The code's ranges of shift have an index slip, so that
#: the upper limit is all that is ever drawn. Classes left out are only delayed.
LIMITS = {
    "dog": (4, (0.95, 1.1)),
    "sea_waves": (0, (0.9, 1.2)),
    "crying_baby": (6, (0.8, 1.3)),
    "sneezing": (4, (0.9, 1.2)),
    "helicopter": (0, (0.9, 1.2)),
    "chainsaw": (2, (0.9, 1.2)),
    "rooster": (2, (0.95, 1.1)),
}
#: The slowest and the fastest that a copy is played.
SPEEDS = (0.25, 4.0)


def by_class(number: int) -> Copy:
    """The copy of that number: shifted and stretched by class, behind up to one second of silence."""
    return Copy(f"class-{number}", _altered, labels=("", *LIMITS))


def _altered(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    silence = np.zeros(draw.integers(rate), dtype=np.float32)
    if label in LIMITS:
        semitones, limits = LIMITS[label]
        samples = time_stretch(pitch_shift(samples, semitones), draw.uniform(*limits))
    return np.concatenate([silence, samples])


def at_speed(speed: float) -> Copy:
    """A copy that plays `speed` times as fast, so that pitch and length change together (the work [5] of ACRNN).

    Raises DataError for a speed outside SPEEDS.
    """
    if not (isinstance(speed, int | float) and SPEEDS[0] <= speed <= SPEEDS[1]):
        raise DataError(f"speeds: {speed!r}; give numbers from {SPEEDS[0]:g} to {SPEEDS[1]:g}, such as 0.8")
    return Copy(f"speed-{speed:g}", partial(_faster, speed=speed))


def _faster(samples: Samples, rate: int, label: str, draw: np.random.Generator, speed: float) -> Samples:
    import soxr

    return np.asarray(soxr.resample(samples, speed, 1.0), dtype=np.float32)
