"""Which recordings there are, how long they are, and what each fold does with them: the official baseline's lists."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

from datasets.errors import DataError
from datasets.maestro_real.annotations.tables import fault, number_of, rows
from datasets.maestro_real.layout import FOLDS, GET_AGAIN, KINDS, Layout, is_item, scene_of


@dataclass(frozen=True)
class Listing:
    """A list: where it stands, and the lines of its items in their order, each item once."""

    path: Path
    lines: Mapping[str, int]

    def fault(self, item: str, reason: str) -> DataError:
        """What is wrong with an item of it, in one line: `reason` follows the item."""
        return fault(self.path, self.lines[item], f"{item} {reason}")


@dataclass(frozen=True)
class Fold:
    """What a fold trains on, what chooses among trainings, and what it tests."""

    train: Listing
    validation: Listing
    test: Listing


@dataclass(frozen=True)
class Lists:
    """The durations of all development recordings (s, by item), and the folds whose lists are here.

    absent: the lists that are not here.
    """

    durations: Mapping[str, float]
    found: Mapping[int, Fold]
    absent: tuple[Path, ...]

    @classmethod
    def read(cls, layout: Layout) -> "Lists":
        """Read the lists. Raises DataError, with file, line and item, for a bad one, and for two that disagree."""
        durations, whole = read_durations(layout.durations) if layout.durations.is_file() else ({}, None)
        read = {fold: _read_fold(layout, fold, whole) for fold in FOLDS}
        found = {number: fold for number, fold in read.items() if fold is not None}
        _check_tests([fold.test for fold in found.values()], whole)
        paths = [layout.durations, *(layout.fold_list(fold, kind) for fold in FOLDS for kind in KINDS)]
        return cls(durations, found, tuple(path for path in paths if not path.is_file()))

    @property
    def folds(self) -> Mapping[int, Fold]:
        """All five folds. Raises DataError where lists are absent."""
        if self.absent:
            raise DataError(f"{self.absent[0]}: no such list; put the official one there, or {GET_AGAIN}")
        return self.found

    @cached_property
    def tested_in(self) -> Mapping[str, int]:
        """The fold that tests an item."""
        return {item: number for number, fold in self.folds.items() for item in fold.test.lines}


def read_items(path: Path) -> Listing:
    """Read a list of a fold: `cafe_restaurant/cafe_restaurant_07`. Raises DataError, with file and line."""
    lines: dict[str, int] = {}
    for line, (field,) in rows(path, ("filename",)):
        scene, _, item = field.rpartition("/")
        if not is_item(item) or scene_of(item) != scene:
            raise fault(path, line, f"{field[:80]!r} is no path like cafe_restaurant/cafe_restaurant_07")
        if item in lines:
            raise fault(path, line, f"{item} stands twice, in line {lines[item]} too")
        lines[item] = line
    if not lines:
        raise fault(path, 1, "no line names a recording")
    return Listing(path, lines)


def read_durations(path: Path) -> tuple[dict[str, float], Listing]:
    """Read the durations in seconds, by item. Raises DataError, with file and line, for a list that is bad."""
    lines: dict[str, int] = {}
    durations = {}
    for line, (item, field) in rows(path, ("filename", "duration")):
        if not is_item(item):
            raise fault(path, line, f"{item[:80]!r} is no name like cafe_restaurant_07")
        if item in lines:
            raise fault(path, line, f"{item} stands twice, in line {lines[item]} too")
        seconds = number_of(field)
        if not 1 <= seconds < math.inf:
            raise fault(path, line, f"{item} has the duration {field}, which is no number of seconds from 1 on")
        lines[item], durations[item] = line, seconds
    if not lines:
        raise fault(path, 1, "no line names a recording")
    return durations, Listing(path, lines)


def _read_fold(layout: Layout, number: int, whole: Listing | None) -> Fold | None:
    """A fold, if its three lists are here: each recording stands in one of them."""
    paths = [layout.fold_list(number, kind) for kind in KINDS]
    lists = [read_items(path) for path in paths if path.is_file()]
    for one, other in combinations(lists, 2):
        for item in other.lines:
            if item in one.lines:
                raise other.fault(item, f"is in {one.path.name} too (line {one.lines[item]})")
    if whole is not None:
        for one in lists:
            for item in one.lines:
                if item not in whole.lines:
                    raise one.fault(item, f"is not in {whole.path.name}")
    if len(lists) < len(KINDS):
        return None
    if whole is not None:
        for item in whole.lines:
            if not any(item in one.lines for one in lists):
                raise whole.fault(item, f"is in no list of fold {number}")
    return Fold(*lists)


def _check_tests(tests: Sequence[Listing], whole: Listing | None) -> None:
    """No recording is tested by two folds, and every one by one of them, where all lists are here."""
    tested: dict[str, str] = {}
    for test in tests:
        for item in test.lines:
            if item in tested:
                raise test.fault(item, f"is in {tested[item]} too")
            tested[item] = test.path.name
    if whole is not None and len(tests) == len(FOLDS):
        for item in whole.lines:
            if item not in tested:
                raise whole.fault(item, "is in no fold's test list")
