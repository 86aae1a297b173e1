"""Where a clip sounds, by its energy."""

import math

import numpy as np
from numpy.typing import NDArray

#: Length of a frame whose energy counts, seconds.
FRAME = 0.02
#: Frames this much below the loudest one are pauses, dB; so are those less than FLOOR dB above the clip's quiet tenth.
DEPTH, FLOOR = 25.0, 6.0
#: A longer pause ends a part, seconds.
PAUSE = 0.25
#: Parts with this much less energy than the strongest one are not taken for events of their own, dB.
WEAKER = 10.0
#: Times are rounded outwards to this step, as in the official annotation of rare sound events, seconds.
STEP = 0.1


def sounding_parts(
    samples: NDArray[np.floating], rate: int, at_most: int = 1, shortest: float = 0.2, longest: float = 5.0
) -> list[tuple[float, float]]:
    """The strongest parts of a clip (frames,), in order of time: (start, end) in seconds, on steps of 100 ms.

    Parts are what lies between pauses. Each has `shortest` to `longest` seconds: one that is shorter lasts on into its
    pause, one that is longer is cut. The thresholds are assumed; the durations they give come near the official ones.
    """
    parts = _between_pauses(samples, rate)
    energies = [float(np.square(samples[start:end], dtype=np.float64).sum()) for start, end in parts]
    strong = [
        part for part, energy in zip(parts, energies, strict=True) if energy > max(energies) / 10 ** (WEAKER / 10)
    ]
    strong = sorted(strong, key=lambda part: -energies[parts.index(part)])
    seconds = len(samples) / rate
    found: list[tuple[float, float]] = []
    for start, end in strong:
        part = _rounded(start / rate, end / rate, seconds, shortest, longest)
        overlaps = any(part[0] < other[1] and other[0] < part[1] for other in found)
        if part[1] - part[0] >= shortest - 1e-9 and not overlaps and len(found) < at_most:
            found.append(part)
    return sorted(found)


def without_digital_silence(samples: NDArray[np.floating]) -> NDArray[np.floating]:
    """The samples (frames,) without the zeros at both ends."""
    places = np.flatnonzero(samples)
    return samples[places[0] : places[-1] + 1] if len(places) else samples[:0]


def _between_pauses(samples: NDArray[np.floating], rate: int) -> list[tuple[int, int]]:
    length = int(FRAME * rate)
    count = len(samples) // length
    if count == 0:
        return []
    frames = samples[: count * length].reshape(count, length).astype(np.float64)
    levels = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    audible = levels[levels > -100]
    if len(audible) == 0:
        return []
    threshold = max(levels.max() - DEPTH, min(np.percentile(audible, 10) + FLOOR, levels.max() - FLOOR))
    parts: list[list[int]] = []
    for frame in np.flatnonzero(levels > threshold):
        if parts and (frame - parts[-1][1]) * FRAME <= PAUSE:
            parts[-1][1] = int(frame) + 1
        else:
            parts.append([int(frame), int(frame) + 1])
    return [(start * length, end * length) for start, end in parts]


def _rounded(start: float, end: float, seconds: float, shortest: float, longest: float) -> tuple[float, float]:
    first = math.floor(start / STEP + 1e-6)
    last = min(math.ceil(end / STEP - 1e-6), first + round(longest / STEP))
    last = max(last, first + round(shortest / STEP))
    whole = math.floor(seconds / STEP + 1e-6)  # steps that the clip has
    if last > whole:
        first, last = max(0, min(first, whole - round(shortest / STEP))), whole
    return round(first * STEP, 1), round(last * STEP, 1)
