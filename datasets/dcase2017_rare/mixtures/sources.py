"""The backgrounds and isolated events that a subset is mixed from: the lists in `source_data/cv_setup`."""

import csv
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from datasets.acquire.safe_yaml import Located
from datasets.dcase2017_rare.mixtures import yaml_style
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS
from datasets.errors import DataError

#: The length that the official onsets are drawn for, whatever the files have, seconds.
BACKGROUND_SECONDS = 30.0
#: What an empty field of bg_screening.csv may look like.
_EMPTY = ("", "nan", "na", "n/a", "null", "none")


@dataclass(frozen=True)
class Background:
    """A recording without the target sounds: its file below `bgs`, and its scene."""

    filepath: str
    classname: str


@dataclass(frozen=True)
class Event:
    """One isolated event: a segment (start and end in seconds) of a Freesound original.

    The segment's numbers keep the type they were written with, because the names of mixtures depend on it.
    """

    label: str
    audio_filename: str
    segment: tuple[float, float]

    @property
    def path(self) -> str:
        """The original's file below `events`, as recipes name it."""
        return f"{self.label}/{self.audio_filename}"

    @property
    def seconds(self) -> float:
        """The event's length."""
        return float(self.segment[1] - self.segment[0])


@dataclass(frozen=True)
class Sources:
    """The sources of one subset; `folder` is `data/source_data` of its archive.

    `flagged` maps a class to the backgrounds in which `bg_screening.csv` hears it.
    """

    subset: str
    folder: Path
    backgrounds: tuple[Background, ...]
    events: Mapping[str, tuple[Event, ...]]
    flagged: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, folder: Path, subset: str) -> "Sources":
        """The sources of `subset`, in the official order. Raises DataError where a list is absent or bad."""
        if subset not in SUBSETS:
            raise DataError(f"unknown subset {subset!r} of dcase2017_rare; known: {', '.join(SUBSETS)}")
        setup = folder / "cv_setup"
        backgrounds = _read_backgrounds(setup / f"bgs_{subset}.yaml")
        events = _read_events(setup / f"events_{subset}.yaml")
        # The evaluation set was made after its backgrounds had been screened.
        flagged = _read_screening(folder / "bgs" / "bg_screening.csv", is_needed=subset != "evaltest")
        return cls(subset, folder, backgrounds, events, flagged)

    @property
    def background_seconds(self) -> float:
        """The length that onsets are drawn for: 30 s, or the first background's where those are shortened."""
        import soundfile

        try:
            info = soundfile.info(os.fsencode(self.background_path(self.backgrounds[0].filepath)))
            seconds = info.frames / info.samplerate
        except (IndexError, OSError, soundfile.LibsndfileError):
            return BACKGROUND_SECONDS  # whoever decodes it says what is wrong
        return seconds if seconds < BACKGROUND_SECONDS - 0.5 else BACKGROUND_SECONDS

    def background_path(self, filepath: str) -> Path:
        """The file of a background."""
        return self.folder / "bgs" / filepath

    def event_path(self, path: str) -> Path:
        """The file of an event's original, named as in Event.path."""
        return self.folder / "events" / path


def is_safe_path(value: Any) -> bool:
    """Whether a value out of a list is a path that stays below the folder it is meant for."""
    if not isinstance(value, str) or not value or "\\" in value or "\0" in value:
        return False
    path = PurePosixPath(value)
    return not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]


def screening_name(filepath: str) -> str:
    """How `flagged` names a background: with its folder, which bg_screening.csv leaves out."""
    return f"audio/{filepath.removeprefix('audio/')}"


def _read_backgrounds(path: Path) -> tuple[Background, ...]:
    items = yaml_style.read(path, keys=("filepath", "classname"), aliases=True)
    if not isinstance(items, list) or not items:
        raise DataError(f"{path}: no list of backgrounds; put the official file there")
    found = []
    for number, item in enumerate(items):
        where = f"{path}:{_line(item)}: background {number}"
        if not isinstance(item, Mapping) or not {"filepath", "classname"} <= item.keys():
            raise DataError(f"{where} has no filepath or no classname; put the official file there")
        if not is_safe_path(item["filepath"]) or not isinstance(item["classname"], str):
            raise DataError(f"{where} has a bad filepath or classname; put the official file there")
        found.append(Background(item["filepath"], item["classname"]))
    return tuple(found)


def _read_events(path: Path) -> dict[str, tuple[Event, ...]]:
    classes = yaml_style.read(path, keys=(*CLASSES, "audio_filename", "segment"), aliases=True)
    if not isinstance(classes, Mapping):
        raise DataError(f"{path}: no mapping of classes to events; put the official file there")
    found = {}
    for label in CLASSES:
        items = classes.get(label)
        if not isinstance(items, list) or not items:
            raise DataError(f"{path}: no events of class {label}; put the official file there")
        found[label] = tuple(
            _event(item, label, f"{path}:{_line(item)}: {label} event {number}") for number, item in enumerate(items)
        )
    return found


def _event(item: Any, label: str, where: str) -> Event:
    if not isinstance(item, Mapping) or not {"audio_filename", "segment"} <= item.keys():
        raise DataError(f"{where} has no audio_filename or no segment; put the official file there")
    name, segment = item["audio_filename"], item["segment"]
    if not is_safe_path(name) or "/" in name:
        raise DataError(f"{where}: audio_filename {name!r} is no file name; put the official file there")
    is_pair = isinstance(segment, list) and len(segment) == 2
    if not is_pair or not all(type(time) in (int, float) and math.isfinite(time) for time in segment):
        raise DataError(f"{where} ({name}): segment {segment!r} is no pair of seconds; put the official file there")
    if not 0 <= segment[0] < segment[1]:
        raise DataError(f"{where} ({name}): segment {segment} ends before it begins; put the official file there")
    if segment[1] - segment[0] > BACKGROUND_SECONDS:
        raise DataError(
            f"{where} ({name}): segment {segment} is longer than any background; put the official file there"
        )
    return Event(label, name, (segment[0], segment[1]))


def _line(item: Any) -> int:
    return item.line if isinstance(item, Located) else 1


def _read_screening(path: Path, is_needed: bool) -> dict[str, frozenset[str]]:
    """The backgrounds in which each class is heard: column 0 is the file, columns 1 to 3 are the classes."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if any(field.strip() for field in row)][1:]
    except FileNotFoundError:
        if is_needed:
            raise DataError(
                f"{path}: no such file; it says which mixtures are withdrawn: put the official one there"
            ) from None
        rows = []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error}); put the official file there") from None
    for number, row in enumerate(rows, start=2):
        if len(row) < 1 + len(CLASSES):
            raise DataError(f"{path}:{number}: {len(row)} columns instead of 4; put the official file there")
    return {
        label: frozenset(screening_name(row[0].strip()) for row in rows if row[column].strip().lower() not in _EMPTY)
        for column, label in enumerate(CLASSES, start=1)
    }
