"""Parametric sounds for classification: ten kinds of event in five variants each.

The variants of a kind differ in one parameter (pitch, band or rate), whose ranges overlap between neighbours. All
other parameters, onset, length, level and background are random. So a network that works gets most clips right and
some of them wrong, and a broken one shows.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import next_fast_len

Samples = NDArray[np.float64]

VARIANTS = 5
#: How far a clip's parameter lies from its variant's centre, in steps between variants; above 0.5 neighbours overlap.
SPREAD = 0.6
PADDED_SHARE = 0.1


def render(kind: int, variant: int, frames: int, rate: int, source: Generator, take: Generator) -> NDArray[np.int16]:
    """One clip: (frames,) 16 bit. `source` draws what the takes of one recording share, `take` the rest."""
    length = int(frames * take.uniform(0.55, 0.95))
    onset = int(take.uniform(0, frames - length))
    time = np.arange(length) / rate
    event = KINDS[kind](time, variant + source.uniform(-SPREAD, SPREAD), source)
    event *= fade(length, int(0.01 * rate)) / max(float(np.sqrt(np.mean(event**2))), 1e-9)
    clip = coloured_noise(frames, take, rate, slope=-0.5) * 10 ** (-take.uniform(6, 20) / 20)
    clip[onset : onset + length] += event
    clip *= 10 ** (-take.uniform(1, 20) / 20) * 0.99 / np.abs(clip).max()
    if take.uniform() < PADDED_SHARE:  # like the real set's short recordings
        clip[onset + length :] = 0.0
    return np.rint(clip * 32767).astype(np.int16)


def _between(low: float, high: float, position: float) -> float:
    """The value at `position` (0 to 4, one per variant) on a logarithmic scale."""
    return float(low * (high / low) ** (position / (VARIANTS - 1)))


def fade(length: int, edge: int) -> Samples:
    """An envelope (length,) that rises and falls within `edge` samples."""
    ramp = np.minimum(np.arange(length), np.arange(length)[::-1]) / edge
    return np.minimum(ramp, 1.0)


def coloured_noise(
    frames: int, draw: Generator, rate: int, slope: float = 0.0, band: tuple[float, float] | None = None
) -> Samples:
    """Noise of unit power with a spectrum of frequency ** slope, inside `band` (Hz) where one is given."""
    length = next_fast_len(frames, real=True)
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    shape = np.maximum(frequencies, 20.0) ** slope
    if band is not None:
        shape *= (frequencies > band[0]) & (frequencies < band[1])
    spectrum = draw.standard_normal(2 * len(shape)).view(np.complex128)
    noise = np.fft.irfft(shape * spectrum, length)[:frames]
    return noise / np.sqrt(np.mean(noise**2))


def _harmonics(phase: Samples, draw: Generator, count: int = 8) -> Samples:
    """A harmonic tone over a phase in cycles, with random weights that fall with the harmonic's number."""
    numbers = np.arange(1, count + 1)
    weights = draw.uniform(0.3, 1.0, count) / numbers
    place = np.linspace(0.0, 1.0, 2049)
    period = np.sin(2 * np.pi * np.outer(place, numbers)) @ weights
    return np.interp(phase % 1.0, place, period)


def _repeated_decay(time: Samples, per_second: float, decay: float) -> Samples:
    """An envelope that starts anew `per_second` times and falls by e in `decay` seconds."""
    return np.exp(-((time * per_second) % 1.0) / per_second / decay)


def _rate(time: Samples) -> int:
    return round(1 / (time[1] - time[0]))


def _tone_bursts(time: Samples, position: float, draw: Generator) -> Samples:
    tone = _harmonics(time * _between(180, 1600, position), draw)
    return tone * _repeated_decay(time, draw.uniform(2.5, 5.0), 0.08)


def _rising_chirps(time: Samples, position: float, draw: Generator) -> Samples:
    return _chirps(time, position, draw, up=True)


def _falling_chirps(time: Samples, position: float, draw: Generator) -> Samples:
    return _chirps(time, position, draw, up=False)


def _chirps(time: Samples, position: float, draw: Generator, up: bool) -> Samples:
    per_second, low = draw.uniform(2.5, 5.0), _between(400, 3500, position)
    place = (time * per_second) % 1.0
    octaves = 1.3 * (place if up else 1.0 - place)
    phase = np.cumsum(low * 2.0**octaves) * (time[1] - time[0])
    return np.sin(2 * np.pi * phase) * np.sin(np.pi * place)


def _noise_band(time: Samples, position: float, draw: Generator) -> Samples:
    centre, width = _between(350, 9000, position), draw.uniform(1.15, 1.35)
    return coloured_noise(len(time), draw, _rate(time), band=(centre / width, centre * width))


def _clicks(time: Samples, position: float, draw: Generator) -> Samples:
    per_second = _between(5, 60, position)
    return coloured_noise(len(time), draw, _rate(time), slope=0.3) * _repeated_decay(time, per_second, 0.0015)


def _beating_tone(time: Samples, position: float, draw: Generator) -> Samples:
    beats = 1 + np.sin(2 * np.pi * _between(2.5, 40, position) * time)
    return _harmonics(time * draw.uniform(900, 2200), draw, count=3) * beats


def _beating_noise(time: Samples, position: float, draw: Generator) -> Samples:
    beats = 1 + np.sin(2 * np.pi * _between(2.5, 40, position) * time)
    return coloured_noise(len(time), draw, _rate(time), slope=draw.uniform(-0.4, 0.1)) * beats**2


def _vibrato(time: Samples, position: float, draw: Generator) -> Samples:
    swing = draw.uniform(0.12, 0.2) * np.sin(2 * np.pi * draw.uniform(4, 7) * time)
    phase = np.cumsum(_between(250, 2400, position) * 2.0**swing) * (time[1] - time[0])
    return _harmonics(phase, draw, count=4)


def _noise_bursts(time: Samples, position: float, draw: Generator) -> Samples:
    centre = _between(500, 8000, position)
    noise = coloured_noise(len(time), draw, _rate(time), band=(centre / 1.4, centre * 1.4))
    return noise * _repeated_decay(time, draw.uniform(2.5, 5.0), 0.05)


def _hum(time: Samples, position: float, draw: Generator) -> Samples:
    wobble = 1 + 0.01 * np.sin(2 * np.pi * draw.uniform(0.5, 2) * time)
    phase = np.cumsum(_between(45, 260, position) * wobble) * (time[1] - time[0])
    return _harmonics(phase, draw, count=24)


#: Each makes an event from the times of its samples in seconds, its position among the variants, and a generator.
KINDS: tuple[Callable[[Samples, float, Generator], Samples], ...] = (
    *(_tone_bursts, _rising_chirps, _falling_chirps, _noise_band, _clicks),
    *(_beating_tone, _beating_noise, _vibrato, _noise_bursts, _hum),
)
