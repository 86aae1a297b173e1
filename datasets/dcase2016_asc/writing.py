"""The items of a generated corpus, and its files around the audio: lists in the orders of the real ones, and papers.

Lists are sorted in meta.txt, by scene and in random order within it in those of the folds, and random in the evaluation
set's. Names tell times as if every item had 30 s.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from numpy.random import Generator

from datasets.dcase2016_asc.layout import (
    AUDIO,
    CLASSES,
    DEVELOPMENT,
    EVALUATE,
    EVALUATION,
    FOLDS,
    RECORDS,
    SECONDS,
    TEST,
    Layout,
)

#: The fold of items of the evaluation set.
NO_FOLD = 0


class Sizes(NamedTuple):
    """Of every scene: locations that each fold tests, and items of each; locations of the evaluation set, and items."""

    per_fold: int
    items: int
    evaluation: int
    evaluation_items: int

    @property
    def per_class(self) -> dict[str, int]:
        """Items of every scene in each record."""
        return {
            DEVELOPMENT: len(FOLDS) * self.per_fold * self.items,
            EVALUATION: self.evaluation * self.evaluation_items,
        }


class Item(NamedTuple):
    """An item: its official name, its scene, the fold that tests it, its location, its place in the recording."""

    name: str
    scene: str
    fold: int
    location: str
    segment: int

    @property
    def original(self) -> str:
        """The name by location and times, which evaluation items have in their list's third column alone."""
        start = round(SECONDS * self.segment)
        return f"{self.location}_{start}_{start + round(SECONDS)}.wav"


def make_items(sizes: Sizes, draw: Generator) -> list[Item]:
    """All items, scene by scene and fold by fold; locations and evaluation items are numbered at random."""
    folds = [*(fold for fold in FOLDS for _ in range(sizes.per_fold)), *[NO_FOLD] * sizes.evaluation]
    order = draw.permutation(len(CLASSES) * len(folds))
    locations = [f"{'ab'[place % 2]}{1 + place // 2:03d}" for place in order]
    numbers = list(1 + draw.permutation(len(CLASSES) * sizes.per_class[EVALUATION]))
    items: list[Item] = []
    for scene in CLASSES:
        for fold in folds:
            location = locations.pop()
            count = sizes.items if fold else sizes.evaluation_items
            of_location = [Item("", scene, fold, location, segment) for segment in range(count)]
            items += [one._replace(name=one.original if fold else f"{numbers.pop()}.wav") for one in of_location]
    return items


def write_lists(layout: Layout, items: Sequence[Item], draw: Generator) -> None:
    """Write the lists of both sets, and make the folders of audio."""
    development = [item for item in items if item.fold != NO_FOLD]
    evaluation = [item for item in items if item.fold == NO_FOLD]
    write_table(layout.meta(), map(_with_scene, sorted(development, key=lambda item: item.name)))
    for fold in FOLDS:
        train = _by_scene((item for item in development if item.fold != fold), draw)
        test = _by_scene((item for item in development if item.fold == fold), draw)
        write_table(layout.fold_list(fold, "train"), map(_with_scene, train))
        write_table(layout.fold_list(fold, "test"), ((path_of(item.name),) for item in test))
        write_table(layout.fold_list(fold, "evaluate"), map(_with_scene, test))
    write_table(layout.meta(EVALUATION), map(_with_scene, _shuffled(evaluation, draw)))
    write_table(layout.evaluation_list(TEST), ((path_of(item.name),) for item in _shuffled(evaluation, draw)))
    original = ((*_with_scene(item), path_of(item.original)) for item in _by_scene(evaluation, draw))
    write_table(layout.evaluation_list(EVALUATE), original)
    for record in RECORDS:
        (layout.folder(record) / AUDIO).mkdir()


def write_papers(layout: Layout, notes: str, licence: str) -> None:
    """Write what tells of the data into both folders."""
    for record in RECORDS:
        (layout.folder(record) / "README.md").write_text(notes)
        (layout.folder(record) / "LICENCE.txt").write_text(licence)


def write_table(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Write rows with tabs between their fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(row) + "\n" for row in rows), newline="\n")


def path_of(name: str) -> str:
    """An item as lists have it."""
    return f"{AUDIO}/{name}"


def _with_scene(item: Item) -> tuple[str, str]:
    return path_of(item.name), item.scene


def _by_scene(items: Iterable[Item], draw: Generator) -> list[Item]:
    """Items scene by scene, in random order within each."""
    return sorted(_shuffled(list(items), draw), key=lambda item: CLASSES.index(item.scene))


def _shuffled(items: Sequence[Item], draw: Generator) -> list[Item]:
    return [items[place] for place in draw.permutation(len(items))]
