"""What each location of the stand-in for TUT Acoustic Scenes 2016 sounds like, and which recordings are its own.

A scene is a mixture of sounds of ESC-50: two textures, and three kinds of event, of which a location has two. Scenes
share many of these sounds, so that hardly one tells a scene alone. A recording belongs to one location, so that neither
folds nor the evaluation set share any. All mixtures and numbers are assumed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from datasets.dcase2016_asc.layout import CLASSES
from datasets.dcase2016_asc.writing import Item
from datasets.errors import DataError
from datasets.seeds import derive
from datasets.sounds.collections import Collections, Recording

SEED = 0
#: How many of a scene's kinds of event a location has.
KINDS = 2
#: Level of the second texture to the first one, dB; events of each kind in a second.
RATIOS, RATES = (-8.0, 0.0), (0.05, 0.2)


class Mixture(NamedTuple):
    """The sounds of a scene, by their classes in ESC-50."""

    beds: tuple[str, str]
    events: tuple[str, str, str]


MIXTURES: dict[str, Mixture] = {
    "beach": Mixture(("sea_waves", "wind"), ("crow", "dog", "laughing")),
    "bus": Mixture(("engine", "rain"), ("coughing", "car_horn", "sneezing")),
    "cafe/restaurant": Mixture(("clapping", "pouring_water"), ("drinking_sipping", "glass_breaking", "laughing")),
    "car": Mixture(("engine", "airplane"), ("mouse_click", "car_horn", "siren")),
    "city_center": Mixture(("footsteps", "airplane"), ("siren", "church_bells", "laughing")),
    "forest_path": Mixture(("chirping_birds", "insects"), ("crow", "door_wood_creaks", "frog")),
    "grocery_store": Mixture(("vacuum_cleaner", "footsteps"), ("can_opening", "clock_alarm", "crying_baby")),
    "home": Mixture(("washing_machine", "clock_tick"), ("toilet_flush", "brushing_teeth", "cat")),
    "library": Mixture(("clock_tick", "breathing"), ("sneezing", "door_wood_creaks", "coughing")),
    "metro_station": Mixture(("thunderstorm", "crackling_fire"), ("clock_alarm", "water_drops", "door_wood_knock")),
    "office": Mixture(("keyboard_typing", "breathing"), ("door_wood_knock", "mouse_click", "can_opening")),
    "park": Mixture(("chirping_birds", "crickets"), ("dog", "hen", "rooster")),
    "residential_area": Mixture(("crickets", "rain"), ("church_bells", "cat", "rooster")),
    "train": Mixture(("train", "snoring"), ("coughing", "drinking_sipping", "door_wood_knock")),
    "tram": Mixture(("hand_saw", "snoring"), ("church_bells", "can_opening", "sneezing")),
}


@dataclass(frozen=True)
class Location:
    """A location: its scene, its sounds by class with the recordings that are its own, and its levels.

    ratio: of the second texture to the first, dB. rates: events of a kind in a second.
    """

    scene: str
    name: str
    beds: Mapping[str, tuple[Recording, ...]]
    events: Mapping[str, tuple[Recording, ...]]
    ratio: float
    rates: Mapping[str, float]

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All its recordings."""
        return tuple(one for some in (*self.beds.values(), *self.events.values()) for one in some)


def stock_of(collections: Collections) -> dict[str, list[Recording]]:
    """The recordings of every sound that scenes are mixed of. Raises DataError where ESC-50 is absent."""
    sounds = sorted({sound for mixture in MIXTURES.values() for sound in (*mixture.beds, *mixture.events)})
    return {sound: collections.ambience(sound) for sound in sounds}


def plan(stock: Mapping[str, Sequence[Recording]], items: Sequence[Item]) -> dict[str, Location]:
    """The locations of some items, by name. Raises DataError where a sound has too few recordings."""
    places = {item.location: item.scene for item in items}
    uses = {scene: [place for place in places if places[place] == scene] for scene in CLASSES}
    events: dict[str, list[str]] = {}
    for scene, some in uses.items():
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "sounds", scene))
        events |= _in_turn(some, MIXTURES[scene].events, KINDS, draw)
    owned = _owned({place: [*MIXTURES[scene].beds, *events[place]] for place, scene in places.items()}, stock)
    found = {}
    for place, scene in places.items():
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "levels", place))
        found[place] = Location(
            scene,
            place,
            {sound: owned[place, sound] for sound in MIXTURES[scene].beds},
            {sound: owned[place, sound] for sound in events[place]},
            float(draw.uniform(*RATIOS)),
            {sound: float(draw.uniform(*RATES)) for sound in events[place]},
        )
    return found


def _in_turn(places: Sequence[str], sounds: Sequence[str], count: int, draw: Generator) -> dict[str, list[str]]:
    """So many of the sounds for each place: always those that were used least so far, at random among equals."""
    used = dict.fromkeys(sounds, 0)
    chosen = {}
    for place in places:
        chance = dict(zip(sounds, draw.random(len(sounds)), strict=True))
        chosen[place] = sorted(sounds, key=lambda sound: (used[sound], chance[sound]))[:count]
        for sound in chosen[place]:
            used[sound] += 1
    return chosen


def _owned(
    wanted: Mapping[str, Sequence[str]], stock: Mapping[str, Sequence[Recording]]
) -> dict[tuple[str, str], tuple[Recording, ...]]:
    """The recordings of each place and sound: all takes of a source go to one place, of whatever sound they are."""
    owners: dict[str, str] = {}
    owned: dict[tuple[str, str], tuple[Recording, ...]] = {}
    for sound, recordings in stock.items():
        places = [place for place, some in wanted.items() if sound in some]
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "recordings", sound))
        groups: dict[str, list[Recording]] = {}
        for recording in recordings:
            groups.setdefault(recording.source, []).append(recording)
        shares: dict[str, list[Recording]] = {place: [] for place in places}
        for number in draw.permutation(len(groups)):
            source = sorted(groups)[number]
            place = min(places, key=lambda one: (len(shares[one]), one))
            if owners.setdefault(source, place) in shares:
                shares[owners[source]] += groups[source]
        lacking = next((place for place in places if not shares[place]), None)
        if lacking is not None:
            raise DataError(
                f"{sound}: {len(groups)} recordings are too few for {len(places)} locations; put all clips of ESC-50 "
                "into the data root"
            )
        owned |= {(place, sound): tuple(sorted(some)) for place, some in shares.items()}
    return owned
