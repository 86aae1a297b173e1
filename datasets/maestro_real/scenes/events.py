"""What is heard when in a generated recording: the classes of each scene, how often, how long and how loud.

A scene has classes of its own, as in the real set, where most are heard in one scene or two. Rates and levels are
assumed: people, cars and birds sound long and often, what is rare in the real set sounds briefly.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.maestro_real.layout import CLASSES


class Sound(NamedTuple):
    """How a class sounds: events per minute, their length (s), their level over the background (dB)."""

    per_minute: float
    seconds: tuple[float, float]
    level: tuple[float, float]


class Event(NamedTuple):
    """A class that sounds from onset to offset (s), so many dB over the background."""

    label: str
    onset: float
    offset: float
    level: float


_PEOPLE = Sound(7.0, (2.0, 6.0), (0.0, 10.0))
_STEPS = Sound(4.0, (1.5, 4.0), (-4.0, 8.0))
_CHILDREN = Sound(1.0, (1.0, 2.5), (0.0, 8.0))
_CARS = Sound(5.0, (3.0, 7.0), (0.0, 10.0))
_RARE = Sound(1.5, (1.0, 2.5), (2.0, 10.0))
_METRO = Sound(2.0, (3.0, 6.0), (4.0, 12.0))

#: What may be heard in each scene.
SCENES: dict[str, dict[str, Sound]] = {
    "cafe_restaurant": {
        "people talking": Sound(9.0, (3.0, 8.0), (0.0, 10.0)),
        "footsteps": _STEPS,
        "children voices": _CHILDREN,
        "cutlery and dishes": Sound(3.0, (1.0, 3.0), (0.0, 10.0)),
        "furniture dragging": _RARE,
        "coffee machine": Sound(1.5, (2.0, 5.0), (0.0, 8.0)),
    },
    "city_center": {
        "car": _CARS,
        "people talking": _PEOPLE,
        "footsteps": _STEPS,
        "brakes_squeaking": _RARE,
        "large_vehicle": Sound(2.5, (3.0, 6.0), (2.0, 10.0)),
    },
    "grocery_store": {
        "people talking": _PEOPLE,
        "footsteps": _STEPS,
        "children voices": _CHILDREN,
        "announcement": Sound(1.0, (2.0, 4.0), (2.0, 10.0)),
        "shopping cart": Sound(2.0, (1.5, 4.0), (0.0, 8.0)),
        "cash register beeping": Sound(3.0, (1.0, 2.5), (0.0, 8.0)),
    },
    "metro_station": {
        "people talking": _PEOPLE,
        "footsteps": _STEPS,
        "metro approaching": _METRO,
        "metro leaving": _METRO,
        "door opens/closes": _RARE,
        "announcement": Sound(1.0, (2.0, 4.0), (2.0, 10.0)),
    },
    "residential_area": {
        "birds_singing": Sound(8.0, (2.0, 6.0), (0.0, 10.0)),
        "car": _CARS,
        "people talking": Sound(2.0, (1.5, 4.0), (-2.0, 8.0)),
        "footsteps": _STEPS,
        "children voices": _CHILDREN,
        "wind_blowing": Sound(1.5, (2.0, 4.0), (0.0, 8.0)),
    },
}


def draw_events(scene: str, seconds: float, draw: Generator, at_least: int = 0) -> list[Event]:
    """The events of a recording in order of time; `at_least` so many of every class of its scene."""
    events = []
    for label, sound in SCENES[scene].items():
        count = max(at_least, int(draw.poisson(sound.per_minute * seconds / 60)))
        for _ in range(count):
            length = min(seconds, float(draw.uniform(*sound.seconds)))
            onset = float(draw.uniform(0, seconds - length))
            events.append(Event(label, onset, onset + length, float(draw.uniform(*sound.level))))
    return sorted(events, key=lambda event: (event.onset, event.label))


def presence(events: Sequence[Event], seconds: int) -> NDArray[np.float64]:
    """The share of each complete second in which each class sounds: (seconds, 17) in [0, 1]."""
    shares = np.zeros((seconds, len(CLASSES)))
    for event in events:
        start = np.arange(seconds)
        inside = np.clip(np.minimum(start + 1, event.offset) - np.maximum(start, event.onset), 0, 1)
        column = CLASSES.index(event.label)
        shares[:, column] = np.minimum(1, shares[:, column] + inside)
    return shares
