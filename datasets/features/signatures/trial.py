"""The fixed inputs on which the code that makes features is tried, so that it can be told from other code."""

import numpy as np
from numpy.typing import NDArray

#: Length of the sound, seconds: room for the longest window of an extractor, and a window of near-silence beside it.
SECONDS = 2.5
#: Where the sound becomes faint, and where it ends and digital silence begins, seconds.
FAINT_FROM, SILENT_FROM = 1.3, 1.9
FULL_SCALE = 32768.0


def trial_sound(rate: int) -> NDArray[np.float32]:
    """Samples (2.5 * rate,) in [-1, 1): tones, a sweep, clicks and noise, then noise of one bit, then silence.

    They lie on the grid of 16 bit, so that all machines have the same. Not to be changed.
    """
    n = round(SECONDS * rate)
    time = np.arange(n) / rate
    noise = np.random.default_rng(0).random(n) - 0.5
    sound = 0.1 * noise + 0.2 * np.sin(2 * np.pi * time * (60.0 + 0.17 * rate * time))
    sound += 0.15 * np.sin(2 * np.pi * 440.0 * time) * (time % 0.4 < 0.2)
    sound += 0.05 * np.sin(2 * np.pi * 3520.0 * time)
    sound[rate // 7 :: rate // 3] += 0.4
    sound[time >= FAINT_FROM] = 2.0 * noise[time >= FAINT_FROM] / FULL_SCALE
    sound[time >= SILENT_FROM] = 0.0
    return (np.rint(sound * FULL_SCALE) / FULL_SCALE).astype(np.float32)


def trial_frames(frames: int, bands: int) -> NDArray[np.float32]:
    """Frames (frames, bands) like those of a log-mel clip: noise, and events of two kinds that come again."""
    draw = np.random.default_rng(1)
    values = -12.0 + draw.random((frames, bands))
    kinds = 8.0 * draw.random((2, bands))
    for number, start in enumerate(range(frames // 9, frames, max(1, frames // 5))):
        length = max(1, frames // 12)
        values[start : start + length] += kinds[number % 2] * np.linspace(1.0, 0.3, length)[: frames - start, None]
    return values.astype(np.float32)
