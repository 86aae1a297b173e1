"""Reverberation of Schroeder's kind, with the constants of Freeverb, the public-domain program behind SoX's effect.

It stands in for SoX's `reverb`, which is not used here: one channel instead of two that are mixed, and the room's
response convolved with the sound instead of filters run along it, which is the same, for all of it is linear. The
delays of the allpasses grow with the room as those of the combs do (assumed); SoX scales the combs alone.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Delays in samples at 44.1 kHz of the combs side by side, and of the allpasses one after the other; their gain.
COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
ALLPASSES, ALLPASS_GAIN = (225, 341, 441, 556), 0.5
DELAYS_AT, INPUT_GAIN = 44100, 0.015
#: The feedback at a reverberance of 0 and of 100 %, between which its complement falls exponentially.
FEEDBACK = (0.3, 0.98)
#: Seconds after which the response has fallen by more than 60 dB at a reverberance of 50 %.
TAIL = 2.0

Samples = NDArray[np.float32]


@lru_cache(maxsize=128)
def response(rate: int, reverberance: float, damping: float, room: float) -> Samples:
    """What comes back of one sample of sound: (2 s,) at `rate` Hz. All but the rate are in percent, as SoX has them."""
    feedback = 1 - (1 - FEEDBACK[0]) * ((1 - FEEDBACK[1]) / (1 - FEEDBACK[0])) ** (reverberance / 100)
    share = 0.2 + 0.3 * damping / 100
    scale = (0.1 + 0.9 * room / 100) * rate / DELAYS_AT
    length = round(TAIL * rate)
    found = np.sum([_comb(length, max(1, round(scale * delay)), feedback, share) for delay in COMBS], axis=0)
    for delay in ALLPASSES:
        found = _allpass(found, max(1, round(scale * delay)))
    return (INPUT_GAIN * found).astype(np.float32)


def _comb(length: int, delay: int, feedback: float, damping: float) -> NDArray[np.float64]:
    """The response of a delay whose end is led back to its beginning, through a low pass of one pole."""
    from scipy.signal import lfilter

    found = np.zeros(length + delay)
    found[delay] = 1.0
    state = np.zeros(1)
    for start in range(delay, length, delay):
        low, state = lfilter([1 - damping], [1, -damping], found[start : start + delay], zi=state)
        room = min(delay, len(found) - start - delay)
        found[start + delay : start + delay + room] += feedback * low[:room]
    return found[:length]


def _allpass(samples: NDArray[np.float64], delay: int) -> NDArray[np.float64]:
    """Samples (n,) through Freeverb's allpass: -x[n] + v[n - delay], with v[n] = x[n] + v[n - delay] / 2."""
    inner = samples.copy()
    for start in range(delay, len(inner), delay):
        end = min(start + delay, len(inner))
        inner[start:end] += ALLPASS_GAIN * inner[start - delay : end - delay]
    return np.concatenate([np.zeros(delay), inner])[: len(samples)] - samples


def reverberated(samples: Samples, rate: int, reverberance: float, damping: float, room: float) -> Samples:
    """Samples (n,) and what comes back of them, cut to their length."""
    from scipy.signal import oaconvolve

    wet = oaconvolve(samples, response(rate, reverberance, damping, room))[: len(samples)]
    return (samples + wet).astype(np.float32)
