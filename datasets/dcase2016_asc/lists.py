"""Which items there are and what they are: the lists of both sets, checked against each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from datasets.dcase2016_asc.layout import EVALUATE, EVALUATION, FOLDS, GET_AGAIN, NO_TRUTH, TEST, Layout
from datasets.dcase2016_asc.listing import Listing, Row, location_of, read_items, read_scenes
from datasets.errors import DataError


@dataclass(frozen=True)
class Fold:
    """What a fold trains on and what it tests, in the order of its lists."""

    train: Listing
    test: Listing


@dataclass(frozen=True)
class Development:
    """The development set: all items with their scenes, and the four folds that partition them by location."""

    meta: Listing
    folds: Mapping[int, Fold]

    @classmethod
    def read(cls, layout: Layout) -> "Development":
        """Read the lists. Raises DataError, with file, line and item, for a bad one, and for two that disagree."""
        if not layout.meta().is_file():
            raise DataError(f"{layout.meta()}: no such list; put the official one there, or {GET_AGAIN}")
        meta = read_scenes(layout.meta())
        _check_locations(meta)
        folds = {fold: _read_fold(layout, fold, meta) for fold in FOLDS}
        _check_partition(meta, [fold.test for fold in folds.values()])
        return cls(meta, folds)

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
        """The location of every item, where its original name tells it, else the item itself."""
        return {row.item: location_of(row.original) if row.original else row.item for row in self.rows}

    def missing_truth(self, layout: Layout) -> str:
        """What to say where items are listed and nothing tells their scenes."""
        return f"{layout.evaluation_list(EVALUATE)}: no such list; {NO_TRUTH}"


def _read_fold(layout: Layout, number: int, meta: Listing) -> Fold:
    train = read_scenes(layout.fold_list(number, "train"))
    test = read_items(layout.fold_list(number, "test"))
    evaluate = read_scenes(layout.fold_list(number, "evaluate"))
    for one in (train, test, evaluate):
        _check_all_in(one, meta)
    for one in (train, evaluate):
        _check_scenes(one, meta)
    _check_same_items(test, evaluate)
    for row in train.rows:
        if row.item in test.by_item:
            raise train.fault(row, f"is in {test.name} too (line {test.by_item[row.item].line})")
    _check_sides(train, test)
    for row in meta.rows:
        if row.item not in train.by_item and row.item not in test.by_item:
            raise meta.fault(row, f"is in neither {train.name} nor {test.name}")
    return Fold(train, test)


def _check_locations(meta: Listing) -> None:
    """No location has two scenes."""
    first: dict[str, Row] = {}
    for row in meta.rows:
        place = location_of(row.item)
        known = first.setdefault(place, row)
        if known.scene != row.scene:
            raise meta.fault(
                row, f"makes location {place} {row.scene}, which is {known.scene} in line {known.line} ({known.item})"
            )


def _check_sides(train: Listing, test: Listing) -> None:
    """No location is trained on and tested."""
    tested = {location_of(row.item): row for row in reversed(test.rows)}
    for row in train.rows:
        place = location_of(row.item)
        if place in tested:
            other = tested[place]
            raise train.fault(row, f"is of location {place}, which {test.name} tests (line {other.line}: {other.item})")


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


def _check_partition(meta: Listing, tests: Iterable[Listing]) -> None:
    """Every item is tested by one fold."""
    tested: dict[str, str] = {}
    for test in tests:
        for row in test.rows:
            if row.item in tested:
                raise test.fault(row, f"is in {tested[row.item]} too")
            tested[row.item] = test.name
    for row in meta.rows:
        if row.item not in tested:
            raise meta.fault(row, "is in no fold's test list")


def _check_other_places(truth: Listing, meta: Listing) -> None:
    """No location of the evaluation set is one of the development set."""
    known = {location_of(row.item) for row in meta.rows}
    for row in truth.rows:
        if row.original and location_of(row.original) in known:
            raise truth.fault(row, f"is of location {location_of(row.original)}, which the development set has too")
