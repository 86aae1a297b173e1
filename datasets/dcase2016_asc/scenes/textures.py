"""What parametric scenes are made of: textures, which last, and events, which come and go.

A texture draws from two generators, one of its location, which the location's items share, and one of the item.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from datasets.sounds.parametric import KINDS, Samples, coloured_noise, fade

RATE = 44100

_TONE_BURSTS, _RISING, _FALLING, _NOISE_BAND, _VIBRATO, _HUM = (KINDS[kind] for kind in (0, 1, 2, 3, 7, 9))

#: A texture: samples (n,) from the times of its samples (n,) in seconds, the location's generator, and the item's.
Texture = Callable[[Samples, Generator, Generator], Samples]
#: An event: samples (n,) from times (n,) and a generator.
Event = Callable[[Samples, Generator], Samples]
Range = tuple[float, float]


def noise(slope: float, band: Range | None = None, swell: float = 0.0, swells: Range = (0.1, 0.3)) -> Texture:
    """Coloured noise; `swell`, 0 to 1: how much it comes and goes, `swells` times a second."""

    def texture(time: Samples, place: Generator, take: Generator) -> Samples:
        samples = coloured_noise(len(time), take, RATE, slope + place.uniform(-0.2, 0.2), band)
        rate, phase = place.uniform(*swells), take.uniform(0, 2 * np.pi)
        return samples * (1 + swell * np.sin(2 * np.pi * rate * time + phase)) ** 2

    return texture


def engine(low: float, high: float) -> Texture:
    """A motor's harmonics; the range is that of the pitch among the variants of a hum (0: 45 Hz, 4: 260 Hz)."""
    return lambda time, place, take: _HUM(time, place.uniform(low, high), take)


def whine(low: float, high: float) -> Texture:
    """A motor's whine whose pitch wanders, Hz."""

    def texture(time: Samples, place: Generator, take: Generator) -> Samples:
        wander = 1 + 0.15 * np.sin(2 * np.pi * take.uniform(0.05, 0.15) * time + take.uniform(0, 6))
        phase = np.cumsum(place.uniform(low, high) * wander) / RATE
        return np.sin(2 * np.pi * phase) + 0.4 * np.sin(4 * np.pi * phase) + 0.2 * np.sin(6 * np.pi * phase)

    return texture


def clatter(low: float, high: float) -> Texture:
    """Wheels over joints of rails: pairs of knocks, so many pairs a second."""

    def texture(time: Samples, place: Generator, take: Generator) -> Samples:
        place_in_pair = (time * place.uniform(low, high) + take.uniform()) % 1.0
        knocks = np.exp(-place_in_pair / 0.05) + 0.8 * np.exp(-((place_in_pair - 0.22) % 1.0) / 0.05)
        return coloured_noise(len(time), take, RATE, -0.4, (80, 4000)) * knocks

    return texture


def babble(voices: int) -> Texture:
    """Voices that nobody understands: harmonics of wandering pitch, syllable by syllable."""

    def texture(time: Samples, place: Generator, take: Generator) -> Samples:
        return sum((_voice(time, take) for _ in range(voices)), np.zeros_like(time))

    return texture


def _voice(time: Samples, draw: Generator) -> Samples:
    """One voice: a pulse of harmonics with a formant, on and off a few times a second."""
    syllables, pitch = draw.uniform(2.5, 4.5), draw.uniform(95, 230)
    pitches = np.interp(time, np.linspace(0, time[-1], 12), pitch * 2 ** draw.uniform(-0.3, 0.3, 12))
    phase = np.cumsum(pitches) / RATE
    formant = draw.uniform(450, 900) / pitch
    gate = np.clip(np.sin(2 * np.pi * (syllables * time + draw.uniform())) + draw.uniform(-0.3, 0.5), 0, None)
    tone = sum(
        (np.sin(2 * np.pi * k * phase) * np.exp(-(((k - formant) / 2.5) ** 2)) for k in range(1, 9)),
        np.zeros_like(time),
    )
    return tone * gate


def chirp(time: Samples, draw: Generator) -> Samples:
    """A bird."""
    return (_RISING if draw.uniform() < 0.5 else _FALLING)(time, draw.uniform(2.6, 3.8), draw)


def gull(time: Samples, draw: Generator) -> Samples:
    """A gull's falling cry."""
    return _FALLING(time, draw.uniform(0.8, 1.8), draw)


def speech(time: Samples, draw: Generator) -> Samples:
    """Somebody who speaks close by, or a loudspeaker."""
    return _voice(time, draw)


def clink(time: Samples, draw: Generator) -> Samples:
    """Dishes: a few high partials that ring off."""
    partials = draw.uniform(2200, 7500, 4)
    return np.sin(2 * np.pi * np.outer(partials, time)).sum(axis=0) * np.exp(-time / draw.uniform(0.03, 0.12))


def beep(time: Samples, draw: Generator) -> Samples:
    """A scanner's beep."""
    return np.sin(2 * np.pi * draw.uniform(1400, 2300) * time) * fade(len(time), RATE // 200)


def bell(time: Samples, draw: Generator) -> Samples:
    """A tram's bell, struck several times."""
    return _TONE_BURSTS(time, draw.uniform(2.8, 3.6), draw)


def horn(time: Samples, draw: Generator) -> Samples:
    """A car's horn."""
    return _VIBRATO(time, draw.uniform(0.6, 1.4), draw)


def keys(time: Samples, draw: Generator) -> Samples:
    """A burst of typing: clicks at irregular times."""
    clicks = np.zeros_like(time)
    for start in np.sort(draw.uniform(0, time[-1], max(2, int(7 * time[-1])))):
        clicks += draw.uniform(0.4, 1.0) * np.exp(-np.maximum(time - start, 0) / 0.004) * (time >= start)
    return coloured_noise(len(time), draw, RATE, 0.1, (900, 9000)) * clicks


def swish(time: Samples, draw: Generator) -> Samples:
    """A page that is turned, a jacket: noise that rises and falls."""
    return coloured_noise(len(time), draw, RATE, -0.1, (1200, 12000)) * np.sin(np.pi * time / time[-1]) ** 2


def step(time: Samples, draw: Generator) -> Samples:
    """A step on a hard floor."""
    return coloured_noise(len(time), draw, RATE, -0.5, (60, 2500)) * np.exp(-time / 0.03)


def crunch(time: Samples, draw: Generator) -> Samples:
    """A step on leaves or gravel."""
    grain = np.abs(coloured_noise(len(time), draw, RATE, -0.3, (20, 400)))
    return coloured_noise(len(time), draw, RATE, 0.0, (800, 9000)) * grain * np.sin(np.pi * time / time[-1])


def hiss(time: Samples, draw: Generator) -> Samples:
    """Air from brakes and doors."""
    return _NOISE_BAND(time, draw.uniform(3.0, 3.8), draw) * np.exp(-time / (0.4 * time[-1]))


def passing(time: Samples, draw: Generator) -> Samples:
    """A car that comes and goes."""
    return coloured_noise(len(time), draw, RATE, -0.5, (60, 3000)) * np.sin(np.pi * time / time[-1]) ** 3
