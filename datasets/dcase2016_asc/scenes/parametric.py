"""Parametric scenes: fifteen mixtures of textures and events, in rooms that differ from location to location.

Each scene is a bed of textures with events on top. Scenes share textures, birds and voices above all, and differ in
which go together, how loud and how often; the vehicles differ in pitch, band and clatter. A location has a level, a
spectral tilt, a room for each ear and parameters of its own, which are drawn by its generator; the rest is drawn anew
for each of its items. So location and scene are both to be heard, and only the scene is the same at other locations.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy.fft import irfft, next_fast_len, rfft

from datasets.dcase2016_asc.scenes.textures import (
    RATE,
    Event,
    Range,
    Texture,
    babble,
    beep,
    bell,
    chirp,
    clatter,
    clink,
    crunch,
    engine,
    gull,
    hiss,
    horn,
    keys,
    noise,
    passing,
    speech,
    step,
    swish,
    whine,
)
from datasets.sounds.parametric import Samples, coloured_noise, fade

#: Root mean square of an item, dB below full scale: from, to.
LEVELS = (-42.0, -24.0)
#: Exponent of the frequency by which a location's spectrum is tilted, either way.
TILT = 0.3
#: What is heard at a location whatever the scene: noise of that slope, so many dB over the bed.
SURROUNDINGS, SURROUNDING_LEVELS = (-1.0, -0.2), (-14.0, -1.0)
#: A location boosts or cuts each of so many bands, evenly spaced in octaves, by at most so many dB.
BANDS, BOOST = 9, 5.0
#: Root mean square of what the room returns over that of the direct sound, dB: from, to.
ECHOES = (-14.0, -4.0)


class Bed(NamedTuple):
    """A texture and its level in dB, which is the location's."""

    texture: Texture
    level: Range


class Events(NamedTuple):
    """Events on top: how many a second, how long (s), and how loud over the bed (dB)."""

    sound: Event
    per_second: float
    seconds: Range
    level: Range


class Scene(NamedTuple):
    """What a scene is made of; `decay`: how long its rooms ring, seconds."""

    beds: tuple[Bed, ...]
    events: tuple[Events, ...]
    decay: Range


QUIET, ROAD = noise(-0.7), noise(-0.9, (20, 1500))
WIND = noise(-0.8, (30, 2500), swell=0.5)

SCENES: dict[str, Scene] = {
    "beach": Scene(
        (Bed(noise(-0.35, None, swell=0.9, swells=(0.15, 0.4)), (0, 0)), Bed(WIND, (-14, -6))),
        (Events(gull, 0.15, (0.4, 1.0), (-6, 4)), Events(speech, 0.08, (0.8, 1.6), (-8, 0))),
        (0.05, 0.15),
    ),
    "bus": Scene(
        (Bed(engine(0.0, 1.0), (-3, 2)), Bed(noise(-1.0, (20, 700)), (0, 0)), Bed(babble(2), (-16, -8))),
        (Events(hiss, 0.2, (0.5, 1.2), (-4, 4)), Events(beep, 0.06, (0.2, 0.4), (-8, 0))),
        (0.08, 0.2),
    ),
    "cafe/restaurant": Scene(
        (Bed(babble(7), (0, 0)), Bed(QUIET, (-12, -6))),
        (Events(clink, 1.2, (0.15, 0.5), (0, 10)), Events(step, 0.5, (0.1, 0.2), (-4, 4))),
        (0.25, 0.6),
    ),
    "car": Scene(
        (Bed(engine(0.8, 2.2), (-6, 0)), Bed(ROAD, (0, 0))),
        (Events(speech, 0.1, (0.8, 2.0), (-4, 4)), Events(step, 0.15, (0.1, 0.2), (-2, 6))),
        (0.03, 0.1),
    ),
    "city_center": Scene(
        (Bed(noise(-0.7, (30, 6000), swell=0.25), (0, 0)), Bed(babble(4), (-12, -5))),
        (
            Events(step, 2.0, (0.1, 0.2), (-4, 6)),
            Events(horn, 0.1, (0.3, 0.9), (-4, 4)),
            Events(passing, 0.2, (2.0, 4.0), (0, 6)),
        ),
        (0.2, 0.5),
    ),
    "forest_path": Scene(
        (Bed(WIND, (0, 0)), Bed(noise(0.0, (2500, 9000)), (-22, -12))),
        (Events(chirp, 1.2, (0.3, 0.9), (-4, 8)), Events(crunch, 1.2, (0.2, 0.35), (-4, 6))),
        (0.15, 0.4),
    ),
    "grocery_store": Scene(
        (Bed(noise(-0.6, (40, 5000)), (0, 0)), Bed(engine(0.3, 1.2), (-14, -6)), Bed(babble(3), (-10, -4))),
        (Events(beep, 0.7, (0.08, 0.2), (-2, 8)), Events(step, 0.8, (0.1, 0.2), (-4, 4))),
        (0.3, 0.7),
    ),
    "home": Scene(
        (Bed(QUIET, (0, 0)), Bed(engine(0.0, 1.5), (-16, -4))),
        (
            Events(clink, 0.25, (0.1, 0.4), (0, 12)),
            Events(step, 0.5, (0.1, 0.2), (0, 10)),
            Events(speech, 0.15, (0.8, 1.8), (-2, 8)),
        ),
        (0.15, 0.35),
    ),
    "library": Scene(
        (Bed(QUIET, (0, 0)), Bed(noise(-0.5, (100, 1500)), (-10, -3))),
        (
            Events(swish, 0.7, (0.3, 0.7), (0, 10)),
            Events(step, 0.4, (0.1, 0.2), (-2, 6)),
            Events(keys, 0.1, (0.5, 1.2), (-2, 6)),
        ),
        (0.4, 0.8),
    ),
    "metro_station": Scene(
        (Bed(noise(-0.8, (25, 4000), swell=0.7, swells=(0.08, 0.2)), (0, 0)), Bed(babble(3), (-12, -5))),
        (
            Events(speech, 0.35, (1.2, 2.4), (2, 10)),
            Events(step, 1.0, (0.1, 0.2), (-4, 4)),
            Events(hiss, 0.08, (0.6, 1.4), (0, 6)),
        ),
        (1.2, 2.0),
    ),
    "office": Scene(
        (Bed(noise(-0.5, (60, 3500)), (0, 0)), Bed(engine(0.6, 2.0), (-18, -9))),
        (Events(keys, 0.6, (0.6, 1.6), (0, 10)), Events(speech, 0.12, (0.8, 1.8), (-2, 8))),
        (0.15, 0.35),
    ),
    "park": Scene(
        (Bed(noise(-0.7, (30, 4000), swell=0.3), (0, 0)), Bed(babble(2), (-14, -7))),
        (Events(chirp, 0.8, (0.3, 0.9), (-6, 6)), Events(crunch, 0.4, (0.2, 0.35), (-6, 4))),
        (0.05, 0.2),
    ),
    "residential_area": Scene(
        (Bed(noise(-0.7, (30, 3000), swell=0.2), (0, 0)), Bed(noise(-0.9, (20, 600)), (-6, 0))),
        (Events(chirp, 0.4, (0.3, 0.9), (-8, 4)), Events(passing, 0.3, (2.0, 4.0), (2, 10))),
        (0.1, 0.3),
    ),
    "train": Scene(
        (Bed(noise(-0.9, (20, 1200)), (0, 0)), Bed(clatter(1.2, 2.2), (-8, -1)), Bed(babble(2), (-18, -10))),
        (Events(hiss, 0.05, (0.4, 1.0), (-6, 2)), Events(speech, 0.08, (0.8, 2.0), (-6, 2))),
        (0.06, 0.15),
    ),
    "tram": Scene(
        (Bed(noise(-0.9, (20, 1000)), (0, 0)), Bed(whine(250, 650), (-10, -2)), Bed(clatter(0.5, 1.1), (-12, -4))),
        (Events(bell, 0.15, (0.5, 1.0), (-4, 4)), Events(hiss, 0.1, (0.5, 1.2), (-6, 2))),
        (0.08, 0.2),
    ),
}


def render(scene: str, seconds: float, place: Generator, take: Generator) -> Samples:
    """An item of a scene: float64 (frames, 2) in [-1, 1]. `place` draws what the items of a location share."""
    recipe = SCENES[scene]
    time = np.arange(round(seconds * RATE)) / RATE
    samples = np.zeros_like(time)
    for bed in recipe.beds:
        samples += _unit(bed.texture(time, place, take)) * 10 ** (place.uniform(*bed.level) / 20)
    around = coloured_noise(len(time), take, RATE, place.uniform(*SURROUNDINGS))
    samples = _unit(_unit(samples) + around * 10 ** (place.uniform(*SURROUNDING_LEVELS) / 20))
    for events in recipe.events:
        _add(samples, events, place, take)
    heard = _in_room(samples, place.uniform(*recipe.decay), place)
    heard *= 10 ** ((place.uniform(*LEVELS) + take.uniform(-2, 2)) / 20) / np.sqrt(np.mean(heard**2))
    return heard * min(1.0, 0.99 / float(np.abs(heard).max()))


def _add(samples: Samples, events: Events, place: Generator, take: Generator) -> None:
    """Add a scene's events at random times; how many a second differs from location to location."""
    seconds = len(samples) / RATE
    for _ in range(take.poisson(events.per_second * place.uniform(0.6, 1.5) * seconds)):
        length = min(len(samples), int(take.uniform(*events.seconds) * RATE))
        start = int(take.uniform(0, len(samples) - length))
        event = _unit(events.sound(np.arange(length) / RATE, take)) * fade(length, RATE // 200)
        samples[start : start + length] += event * 10 ** (take.uniform(*events.level) / 20)


def _in_room(samples: Samples, decay: float, place: Generator) -> Samples:
    """The samples (n,) as both ears hear them (n, 2): with the room's echoes, other ones for each, and its spectrum."""
    frames = len(samples)
    length = next_fast_len(frames + int(decay * RATE), real=True)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(length, 1 / RATE), 50.0))
    boosts = np.interp(octaves, np.linspace(octaves[0], octaves[-1], BANDS), place.uniform(-BOOST, BOOST, BANDS))
    spectrum = rfft(samples, length) * 2 ** (octaves * place.uniform(-TILT, TILT)) * 10 ** (boosts / 20)
    echoes = 10 ** (place.uniform(*ECHOES) / 20)
    ears = []
    for _ in range(2):
        fall = np.arange(int(decay * RATE)) / RATE / (decay / 6.9)  # by 60 dB
        tail = place.standard_normal(len(fall)) * np.exp(-fall)
        response = echoes * tail / np.sqrt(np.sum(tail**2))
        response[0] += place.uniform(0.7, 1.0)  # one ear is nearer
        ears.append(irfft(spectrum * rfft(response, length), length)[:frames])
    return np.stack(ears, axis=1)


def _unit(samples: Samples) -> Samples:
    return samples / max(float(np.sqrt(np.mean(samples**2))), 1e-9)
