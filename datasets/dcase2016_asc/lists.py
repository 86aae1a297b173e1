"""Which items there are and what they are: the lists of both sets, checked against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from datasets.dcase2016_asc.layout import EVALUATE, EVALUATION, FOLDS, GET_AGAIN, KINDS, NO_TRUTH, TEST, Layout
from datasets.dcase2016_asc.listing import Listing, Row, read_items, read_scenes
from datasets.errors import DataError


@dataclass(frozen=True)
class Fold:
    """What a fold trains on and what it tests, in the order of its lists."""

    train: Listing
    test: Listing


@dataclass(frozen=True)
class Development:
    """The development set: all items with their scenes, and the folds that partition them by location.

    found: the folds whose lists are here. absent: the lists that are not.
    """

    meta: Listing
    found: Mapping[int, Fold]
    absent: tuple[Path, ...]

    @classmethod
    def read(cls, layout: Layout) -> "Development":
        """Read the lists. Raises DataError, with file, line and item, for a bad one, and for two that disagree."""
        if not layout.meta().is_file():
            raise _no_list(layout.meta())
        meta = read_scenes(layout.meta())
        _check_locations(meta)
        read = {fold: _read_fold(layout, fold, meta) for fold in FOLDS}
        found = {number: fold for number, fold in read.items() if fold is not None}
        _check_partition(meta, [fold.test for fold in found.values()])
        lists = [layout.fold_list(fold, kind) for fold in FOLDS for kind in KINDS]
        return cls(meta, found, tuple(path for path in lists if not path.is_file()))

    @property
    def folds(self) -> Mapping[int, Fold]:
        """All four folds. Raises DataError where lists are absent."""
        if len(self.found) < len(FOLDS):
            raise _no_list(self.absent[0])
        return self.found

    @cached_property
    def scenes(self) -> Mapping[str, str]:
        """The scene of every item, in the order of meta.txt."""
        return {row.item: row.scene for row in self.meta.rows}

    @cached_property
    def tested_in(self) -> Mapping[str, int]:
        """The fold that tests an item."""
        return {row.item: number for number, fold in self.folds.items() for row in fold.test.rows}


@dataclass(frozen=True)
class Evaluation:
    """The evaluation set: the items that are listed, and those whose truth is known; nothing where there is no list."""

    items: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    @classmethod
    def read(cls, layout: Layout, development: Development | None = None) -> "Evaluation":
        """Read the lists that are here. Raises DataError, with file, line and item, as Development does.

        The truth stands in evaluate.txt and, without the locations, in meta.txt; the challenge's own release has
        neither. development: whose locations must not be among those of the evaluation set.
        """
        paths = {"meta": layout.meta(EVALUATION), EVALUATE: layout.evaluation_list(EVALUATE)}
        told = {name: read_scenes(path, is_evaluation=True) for name, path in paths.items() if path.is_file()}
        path = layout.evaluation_list(TEST)
        lists = [*told.values(), *([read_items(path, is_evaluation=True)] if path.is_file() else [])]
        for one, other in pairwise(lists):
            _check_same_items(one, other)
        if len(told) == 2:
            _check_scenes(told[EVALUATE], told["meta"])
        truth = told.get(EVALUATE) or told.get("meta")
        if truth is not None and development is not None:
            _check_other_places(truth, development.meta)
        rows = truth.rows if truth is not None else ()
        return cls(tuple(lists[-1].by_item) if lists else (), rows)

    @cached_property
    def scenes(self) -> Mapping[str, str]:
        """The scene of every item, in the order of the list that tells it."""
        return {row.item: row.scene for row in self.rows}

    @cached_property
    def units(self) -> Mapping[str, str]:
        """The location of every item, where the list tells it, else the item itself."""
        return {row.item: row.location or row.item for row in self.rows}

    def missing_truth(self, layout: Layout) -> str:
        """What to say where items are listed and nothing tells their scenes."""
        return f"{layout.evaluation_list(EVALUATE)}: no such list; {NO_TRUTH}"


def _no_list(path: Path) -> DataError:
    return DataError(f"{path}: no such list; put the official one there, or {GET_AGAIN}")


def _read_fold(layout: Layout, number: int, meta: Listing) -> Fold | None:
    """A fold, if what it trains on and what it tests are listed; the latter stands in two lists, and one will do."""
    paths = {kind: layout.fold_list(number, kind) for kind in KINDS}
    readers = {"train": read_scenes, "test": read_items, "evaluate": read_scenes}
    lists = {kind: readers[kind](path) for kind, path in paths.items() if path.is_file()}
    for kind, one in lists.items():
        _check_all_in(one, meta)
        if kind != "test":
            _check_scenes(one, meta)
    if "test" in lists and "evaluate" in lists:
        _check_same_items(lists["test"], lists["evaluate"])
    train, test = lists.get("train"), lists.get("test") or lists.get("evaluate")
    if train is None or test is None:
        return None
    _check_sides(train, test, meta)
    return Fold(train, test)


def _check_locations(meta: Listing) -> None:
    """No location has two scenes."""
    first: dict[str, Row] = {}
    for row in meta.rows:
        known = first.setdefault(row.location, row)
        if known.scene != row.scene:
            other = f"{known.scene} in line {known.line} ({known.item})"
            raise meta.fault(row, f"makes location {row.location} {row.scene}, which is {other}")


def _check_sides(train: Listing, test: Listing, meta: Listing) -> None:
    """Every item is either trained on or tested, and no location is both."""
    for row in train.rows:
        if row.item in test.by_item:
            raise train.fault(row, f"is in {test.name} too (line {test.by_item[row.item].line})")
    tested = {row.location: row for row in reversed(test.rows)}
    for row in train.rows:
        if row.location in tested:
            other = f"{test.name} tests (line {tested[row.location].line}: {tested[row.location].item})"
            raise train.fault(row, f"is of location {row.location}, which {other}")
    for row in meta.rows:
        if row.item not in train.by_item and row.item not in test.by_item:
            raise meta.fault(row, f"is in neither {train.name} nor {test.name}")


def _check_all_in(one: Listing, whole: Listing) -> None:
    for row in one.rows:
        if row.item not in whole.by_item:
            raise one.fault(row, f"is not in {whole.name}")


def _check_same_items(one: Listing, other: Listing) -> None:
    _check_all_in(one, other)
    _check_all_in(other, one)


def _check_scenes(one: Listing, whole: Listing) -> None:
    for row in one.rows:
        scene = whole.by_item[row.item].scene
        if row.scene != scene:
            raise one.fault(row, f"is {row.scene} here, but {scene} in {whole.name}")


def _check_partition(meta: Listing, tests: Sequence[Listing]) -> None:
    """No item is tested by two folds, and every one by one of them, where all lists are here."""
    tested: dict[str, str] = {}
    for test in tests:
        for row in test.rows:
            if row.item in tested:
                raise test.fault(row, f"is in {tested[row.item]} too")
            tested[row.item] = test.name
    for row in meta.rows:
        if row.item not in tested and len(tests) == len(FOLDS):
            raise meta.fault(row, "is in no fold's test list")


def _check_other_places(truth: Listing, meta: Listing) -> None:
    """No location of the evaluation set is one of the development set."""
    known = {row.location for row in meta.rows}
    for row in truth.rows:
        if row.location in known:
            raise truth.fault(row, f"is of location {row.location}, which the development set has too")
