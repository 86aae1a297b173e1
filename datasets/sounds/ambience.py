"""Backgrounds of half a minute out of shorter recordings."""

from collections.abc import Iterable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float64]

#: Length of the crossfade between two clips, seconds.
CROSSFADE = 0.05
#: Clips of one background differ in level by up to this much, dB, either way.
SWING = 3.0
#: Root mean square of a whole background, dB below full scale: from, to (assumed: quiet rooms to busy streets).
LEVELS = (-45.0, -28.0)
#: Noise of the recorder below the background, dB: no pause is digital silence, which has no level to refer to.
RECORDER = -35.0
PEAK = 0.9


def joined(clips: Iterable[NDArray[np.floating]], frames: int, rate: int, draw: Generator) -> Samples:
    """Clips (frames each,) one after the other with crossfades: (frames,); takes no more of them than it needs.

    Every clip comes to the same level first, give or take SWING. Too few clips give fewer frames.
    """
    fade = int(CROSSFADE * rate)
    rising = np.sin(np.linspace(0, np.pi / 2, fade))  # equal power: the clips are different recordings
    out = np.zeros(frames + fade)
    filled = 0
    for clip in clips:
        samples = clip.astype(np.float64) * 10 ** (draw.uniform(-SWING, SWING) / 20) / rms(clip)
        samples[:fade] *= rising
        samples[-fade:] *= rising[::-1]
        start = max(0, filled - fade)
        samples = samples[: len(out) - start]
        out[start : start + len(samples)] += samples
        filled = start + len(samples)
        if filled >= frames:
            break
    return out[: min(filled, frames)]


def as_background(samples: Samples, draw: Generator) -> Samples:
    """A recording (frames, channels) at the level of a background, with a recorder's noise below it."""
    noise = draw.standard_normal(samples.shape) * rms(samples) * 10 ** (RECORDER / 20)
    recorded = samples + noise
    recorded *= 10 ** (draw.uniform(*LEVELS) / 20) / rms(recorded)
    return recorded * min(1.0, PEAK / float(np.abs(recorded).max()))


def rms(samples: NDArray[np.floating]) -> float:
    """Root mean square over everything, never 0."""
    return max(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))), 1e-9)
