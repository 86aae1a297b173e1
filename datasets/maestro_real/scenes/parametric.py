"""Parametric recordings: a background of noise, and sounds of the 17 classes on top of it.

Classes overlap on purpose: children speak higher than others, a large vehicle hums deeper than a car, a metro that
comes is one that leaves played backwards, and the background of every scene holds faint voices. So a network that works
gets most seconds right and some of them wrong.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from datasets.maestro_real.layout import CLASSES, RATE
from datasets.maestro_real.scenes.events import Event
from datasets.sounds.parametric import KINDS, Samples, coloured_noise, fade

_RISING, _FALLING, _CLICKS, _BEATING_NOISE, _VIBRATO, _HUM = (KINDS[kind] for kind in (1, 2, 4, 6, 7, 9))
#: A sound: samples (n,) from the times of its samples (n,) in seconds, and a generator.
Sound = Callable[[Samples, Generator], Samples]

#: Slope of the background's spectrum by scene; it differs by up to 0.15 from recording to recording.
SLOPES = {
    "cafe_restaurant": -0.45,
    "city_center": -0.75,
    "grocery_store": -0.55,
    "metro_station": -0.85,
    "residential_area": -0.65,
}
#: Root mean square of a recording, dB below full scale; of its faint voices, dB over the background; of a sound in one
#: ear over the other, dB either way.
LEVELS, VOICES, ASIDE = (-40.0, -26.0), (-20.0, -10.0), 6.0
#: Rise and fall of an event, seconds.
EDGE = 0.05


def render(scene: str, events: Sequence[Event], frames: int, draw: Generator) -> Samples:
    """A recording of a scene with these events: float64 (frames, 2) in [-1, 1]."""
    slope = SLOPES[scene] + draw.uniform(-0.15, 0.15)
    samples = np.stack([coloured_noise(frames, draw, RATE, slope) for _ in range(2)], axis=1)
    time = np.arange(frames) / RATE
    samples += (_unit(_voice(time, draw, (100, 220))) * 10 ** (draw.uniform(*VOICES) / 20))[:, np.newaxis]
    for event in events:
        start, end = round(event.onset * RATE), min(frames, round(event.offset * RATE))
        sound = _unit(SOUNDS[event.label](np.arange(end - start) / RATE, draw)) * fade(end - start, int(EDGE * RATE))
        aside = draw.uniform(-ASIDE, ASIDE) / 2
        gains = 10 ** ((event.level + np.array([aside, -aside])) / 20)
        samples[start:end] += sound[:, np.newaxis] * gains
    samples *= 10 ** (draw.uniform(*LEVELS) / 20) / np.sqrt(np.mean(samples**2))
    return samples * min(1.0, 0.99 / float(np.abs(samples).max()))


def _unit(samples: Samples) -> Samples:
    return samples / max(float(np.sqrt(np.mean(samples**2))), 1e-9)


def _voice(time: Samples, draw: Generator, pitches: tuple[float, float]) -> Samples:
    """Somebody who speaks and cannot be understood: harmonics under a moving formant, in syllables."""
    knots = np.linspace(0, time[-1], max(2, int(4 * time[-1])))
    pitch = np.interp(time, knots, draw.uniform(*pitches) * 2 ** draw.uniform(-0.25, 0.25, len(knots)))
    formant = np.interp(time, knots, draw.uniform(450, 1100, len(knots)))
    turn = np.exp(2j * np.pi * (np.cumsum(pitch) / RATE % 1.0)).astype(np.complex64)
    harmonic, pitch, formant = turn.copy(), pitch.astype(np.float32), formant.astype(np.float32)
    tone = np.zeros(len(time), dtype=np.float32)
    for number in range(1, 11):
        tone += harmonic.imag * np.exp(-(((number * pitch - formant) / 350) ** 2))
        harmonic *= turn
    return tone * _bursts(time, draw, (3.0, 5.0), 0.14)


def _bursts(time: Samples, draw: Generator, per_second: tuple[float, float], decay: float) -> Samples:
    """An envelope of strokes at uneven times, each of which falls by e in `decay` seconds."""
    gaps = 1 / draw.uniform(*per_second, max(1, int(per_second[1] * time[-1]) + 1))
    starts = np.cumsum(gaps) - gaps[0] + draw.uniform(0, 0.1)
    since = time - np.concatenate([[0.0], starts])[np.searchsorted(starts, time, side="right")]
    strength = np.concatenate([[0.0], draw.uniform(0.5, 1.0, len(starts))])
    return strength[np.searchsorted(starts, time, side="right")] * np.exp(-since / decay)


def _birds(time: Samples, draw: Generator) -> Samples:
    return (_RISING if draw.uniform() < 0.5 else _FALLING)(time, draw.uniform(2.6, 3.8), draw)


def _passing(time: Samples, draw: Generator, band: tuple[float, float], pitch: tuple[float, float]) -> Samples:
    """A vehicle that comes and goes: noise of its tyres, and a hum of its motor."""
    swell = np.sin(np.pi * np.clip(time / time[-1], 0, 1)) ** 1.5
    noise = coloured_noise(len(time), draw, RATE, -0.5, band)
    return (noise + draw.uniform(0.4, 0.9) * _unit(_HUM(time, draw.uniform(*pitch), draw))) * (0.15 + swell)


def _car(time: Samples, draw: Generator) -> Samples:
    return _passing(time, draw, (150, 4500), (1.2, 3.0))


def _large_vehicle(time: Samples, draw: Generator) -> Samples:
    return _passing(time, draw, (30, 900), (-0.5, 0.8))


def _people(time: Samples, draw: Generator) -> Samples:
    return sum((_voice(time, draw, (95, 220)) for _ in range(int(draw.integers(1, 3)))), np.zeros_like(time))


def _children(time: Samples, draw: Generator) -> Samples:
    return _voice(time, draw, (260, 420))


def _steps(time: Samples, draw: Generator) -> Samples:
    return coloured_noise(len(time), draw, RATE, -0.4, (80, 2500)) * _bursts(time, draw, (1.6, 2.2), 0.04)


def _wind(time: Samples, draw: Generator) -> Samples:
    gusts = 1 + 0.7 * np.sin(2 * np.pi * draw.uniform(0.3, 0.9) * time + draw.uniform(0, 6))
    return coloured_noise(len(time), draw, RATE, -0.9, (25, 700)) * gusts**2


def _brakes(time: Samples, draw: Generator) -> Samples:
    return _unit(_VIBRATO(time, draw.uniform(3.6, 4.4), draw)) + 0.3 * coloured_noise(
        len(time), draw, RATE, 0, (2500, 9000)
    )


def _dishes(time: Samples, draw: Generator) -> Samples:
    partials = np.sin(2 * np.pi * np.outer(draw.uniform(2200, 7500, 4), time)).sum(axis=0)
    return partials * _bursts(time, draw, (2.0, 5.0), 0.06)


def _furniture(time: Samples, draw: Generator) -> Samples:
    return _BEATING_NOISE(time, draw.uniform(2.8, 3.6), draw) * (1 + np.sin(2 * np.pi * draw.uniform(0.5, 1) * time))


def _coffee_machine(time: Samples, draw: Generator) -> Samples:
    return coloured_noise(len(time), draw, RATE, -0.1, (900, 8000)) + 0.5 * _unit(_HUM(time, 1.6, draw))


def _metro(time: Samples, draw: Generator) -> Samples:
    """A train that comes: it gets louder, and its noise brighter."""
    place = time / time[-1]
    bands = [(40, 160), (160, 640), (640, 2500), (2500, 8000)]
    steep = draw.uniform(0.8, 1.4)
    levels = [place ** (steep * (number + 0.5)) for number in range(len(bands))]
    return sum(
        (coloured_noise(len(time), draw, RATE, -0.3, band) * level for band, level in zip(bands, levels, strict=True)),
        np.zeros_like(time),
    )


def _metro_leaving(time: Samples, draw: Generator) -> Samples:
    return _metro(time, draw)[::-1]


def _door(time: Samples, draw: Generator) -> Samples:
    """Air that escapes, and a thump at either end."""
    hiss = coloured_noise(len(time), draw, RATE, 0.1, (2000, 12000)) * np.exp(-time / (0.4 * time[-1]))
    thumps = np.exp(-time / 0.06) + np.exp(-(time[-1] - time) / 0.06)
    return hiss + 2 * coloured_noise(len(time), draw, RATE, -0.6, (40, 600)) * thumps


def _announcement(time: Samples, draw: Generator) -> Samples:
    """Two tones, then a voice out of a small loudspeaker."""
    tones = np.where(time < 0.35, draw.uniform(500, 600), draw.uniform(380, 460))
    chime = np.sin(2 * np.pi * tones * time) * (time < 0.8)
    return 1.5 * chime + _unit(_voice(time, draw, (170, 240))) * (time >= 0.8)


def _shopping_cart(time: Samples, draw: Generator) -> Samples:
    return _CLICKS(time, draw.uniform(2.0, 3.2), draw) * (1 + np.sin(2 * np.pi * draw.uniform(1, 3) * time)) ** 2


def _register(time: Samples, draw: Generator) -> Samples:
    beeps = ((time * draw.uniform(1.5, 2.5)) % 1.0) < 0.25
    return np.sin(2 * np.pi * draw.uniform(1500, 2400) * time) * beeps


#: Each makes an event of a class.
SOUNDS: dict[str, Sound] = dict(
    zip(
        CLASSES,
        (
            *(_birds, _car, _people, _steps, _children, _wind, _brakes, _large_vehicle, _dishes, _furniture),
            *(_coffee_machine, _metro, _metro_leaving, _door, _announcement, _shopping_cart, _register),
        ),
        strict=True,
    )
)
