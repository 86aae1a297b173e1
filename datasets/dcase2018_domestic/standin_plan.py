"""What sounds in each clip of the stand-in for DCASE 2018 Task 4: drawn before any sample is read, by part.

How many clips have one, two and three classes follows the official list (984, 519 and 75 of 1578); every other number
here is assumed.
"""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.errors import DataError
from datasets.seeds import derive
from datasets.sounds.collections import Collections, Recording, shared_out
from datasets.sounds.sounding import sounding_parts

RATE = 44100
SECONDS = 10.0
SEED = 0
CLASSES = (
    *("brushing_teeth", "cat", "clock_alarm", "crying_baby", "dog", "door_wood_knock", "laughing", "pouring_water"),
    *("vacuum_cleaner", "washing_machine"),
)
#: Everyday sounds of ESC-50 for backgrounds; none of them is one of the classes.
AMBIENCE = (
    *("rain", "sea_waves", "wind", "crickets", "chirping_birds", "insects", "helicopter", "train", "engine"),
    *("airplane", "keyboard_typing", "footsteps"),
)
#: Backgrounds whose titles tell of dogs and of a knocking door.
LEFT_OUT = ("esc50/5-195710-A-10.wav", "esc50/4-165933-A-45.wav")
#: Share of the recordings of each kind of sound.
SHARES = {"train": 0.55, "validation": 0.15, "test": 0.30}
#: Share of the clips with one, two and three classes.
CLASSES_PER_CLIP = (0.62, 0.33, 0.05)
#: Length of an event, seconds: the official annotation has none below 0.25 s.
SHORTEST, LONGEST = 0.3, 5.0
#: Root mean square of an event over that of its whole background, dB: from, to.
RATIOS = (-3.0, 12.0)
#: Root mean square of a whole clip, dB below full scale: from, to.
LEVELS = (-45.0, -15.0)
_LETTERS = string.ascii_letters + string.digits + "_-"

Drawn = TypeVar("Drawn")


@dataclass(frozen=True)
class Event:
    """What sounds in a clip: `recording` from `onset` to `offset` (seconds), `ratio` dB over the background."""

    label: str
    recording: str
    onset: float
    offset: float
    ratio: float


@dataclass(frozen=True)
class Plan:
    """All that is drawn for a clip: its name, the kind of background, its level in dB below full scale, its events."""

    part: str
    item: str
    scene: str
    level: float
    events: tuple[Event, ...]

    @property
    def labels(self) -> list[str]:
        """The classes of the clip in the order of CLASSES."""
        return [label for label in CLASSES if any(event.label == label for event in self.events)]


class Stock:
    """The recordings that each part may use. Raises DataError where classes of ESC-50 are absent."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        kinds = {
            kind: [one for one in collections.ambience(kind) if one.name not in LEFT_OUT]
            for kind in (*CLASSES, *AMBIENCE)
        }
        self.parts = shared_out(kinds, SHARES, SEED)
        self.recordings = {one.name: one for some in kinds.values() for one in some}
        self.event = lru_cache(maxsize=None)(self._event)
        self.background = lru_cache(maxsize=64)(self._background)

    def _event(self, name: str) -> NDArray[np.float32]:
        """The strongest sounding part of a recording, without an offset: (frames,), SHORTEST to LONGEST seconds."""
        samples = self._collections.load(self.recordings[name], RATE)[:, 0]
        samples -= samples.mean()
        parts = sounding_parts(samples, RATE, shortest=SHORTEST, longest=LONGEST)
        if not parts:
            raise DataError(f"{self.recordings[name].path}: no sound to be mixed; fetch ESC-50 again")
        start, end = (round(time * RATE) for time in parts[0])
        return samples[start:end].astype(np.float32)

    def _background(self, name: str) -> NDArray[np.floating]:
        """A recording without the zeros at its ends: (frames,)."""
        return self._collections.trimmed(self.recordings[name], RATE)


def plans(stock: Stock, part: str, count: int) -> list[Plan]:
    """The clips of a part: balanced over classes, over the recordings of each class, and over backgrounds."""
    draw = np.random.default_rng(derive(SEED, "standin", "domestic", part))
    scenes = _in_turn(AMBIENCE, draw)
    turns = {label: _in_turn(stock.parts[part][label], draw) for label in CLASSES}
    planned = []
    for labels in _label_sets(count, draw):
        events = tuple(_event(stock, label, next(turns[label]), draw) for label in labels)
        level = round(float(draw.uniform(*LEVELS)), 2)
        planned.append(Plan(part, _item(draw), next(scenes), level, events))
    return planned


def _label_sets(count: int, draw: Generator) -> list[list[str]]:
    """The classes of each clip: always those that were used least so far, at random among equals."""
    sizes = [1] * count
    two, three = (round(share * count) for share in CLASSES_PER_CLIP[1:])
    sizes[: two + three] = [2] * two + [3] * three
    used = dict.fromkeys(CLASSES, 0)
    sets = []
    for size in draw.permutation(sizes):
        chance = dict(zip(CLASSES, draw.random(len(CLASSES)), strict=True))
        labels = sorted(CLASSES, key=lambda label: (used[label], chance[label]))[:size]
        for label in labels:
            used[label] += 1
        sets.append(labels)
    return sets


def _event(stock: Stock, label: str, recording: Recording, draw: Generator) -> Event:
    """Place a recording at random, on a grid of 1 ms."""
    seconds = len(stock.event(recording.name)) / RATE
    onset = int(draw.integers(0, round((SECONDS - seconds) * 1000) + 1)) / 1000
    ratio = round(float(draw.uniform(*RATIOS)), 2)
    return Event(label, recording.name, onset, round(onset + seconds, 3), ratio)


def _item(draw: Generator) -> str:
    """A name in the official form: an identifier of 11 characters, start and end in a longer recording."""
    identifier = "".join(_LETTERS[place] for place in draw.integers(0, len(_LETTERS), 11))
    start = 10 * int(draw.integers(0, 30))
    return f"Y{identifier}_{start:.3f}_{start + SECONDS:.3f}.wav"


def _in_turn(stock: Sequence[Drawn], draw: Generator) -> Iterator[Drawn]:
    """All of the stock in random order, then all of it in another one, without end."""
    while True:
        for place in draw.permutation(len(stock)):
            yield stock[place]
