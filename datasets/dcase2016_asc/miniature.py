"""A small TUT Acoustic Scenes 2016: the real layout with its quirks, parametric scenes, items of 6 s instead of 30.

Every scene has four locations of its own in the development set, one for each fold to test, and one in the evaluation
set. Names tell times as if items had 30 s, and the lists have the orders of the real ones: sorted in meta.txt, by scene
and in random order within it in the folds' lists, random in those of the evaluation set.
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
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
from datasets.dcase2016_asc.scenes import RATE, render
from datasets.errors import DataError
from datasets.generated import LICENCE, count_files, has_its_files, write_once
from datasets.seeds import derive

VERSION = 1
NOTES = """A miniature of TUT Acoustic Scenes 2016 in the official layout. All scenes are made from formulas."""
#: What error.txt lists, as shares of an item's length: the first two development items have a flaw.
FLAWS = ((0.1, 0.15, "microphone"), (0.5, 0.8, "mobile"))


class _Item(NamedTuple):
    """An item: its official name, its scene, the fold that tests it (0: evaluation), its location and segment."""

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


def write(root: Path, clip_seconds: float = 6.0, per_location: int = 1, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (about 120 MB).

    per_location: items of each location; every scene has four locations in the development set and one in the
    evaluation set. Items are shorter than the real ones, and `miniature.json` says so. Raises DataError where `root`
    holds something else than a miniature, or cannot be written.
    """
    if per_location < 1 or clip_seconds <= 0:
        raise DataError(f"{root}: a miniature needs items, not {per_location} of {clip_seconds} s per location")
    declared = {
        "corpus": "miniature",
        "dataset": "dcase2016_asc",
        "version": VERSION,
        "clip_seconds": clip_seconds,
        "per_class": {DEVELOPMENT: len(FOLDS) * per_location, EVALUATION: per_location},
        "seed": seed,
    }

    def fill(folder: Path) -> dict[str, Any]:
        items = _items(per_location, np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", "lists")))
        _write_lists(Layout(folder), items, clip_seconds, seed)
        _write_audio(Layout(folder), items, clip_seconds, seed)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", declared, fill, has_its_files)


def _items(per_location: int, draw: Generator) -> list[_Item]:
    """All items, scene by scene; locations and evaluation items are numbered at random."""
    count = len(CLASSES) * (len(FOLDS) + 1)
    locations = [f"{'ab'[place % 2]}{1 + place // 2:03d}" for place in draw.permutation(count)]
    numbers = list(1 + draw.permutation(len(CLASSES) * per_location))
    items: list[_Item] = []
    for scene in CLASSES:
        for fold in (*FOLDS, 0):
            location = locations.pop()
            of_location = [_Item("", scene, fold, location, segment) for segment in range(per_location)]
            items += [one._replace(name=one.original if fold else f"{numbers.pop()}.wav") for one in of_location]
    return items


def _write_lists(layout: Layout, items: Sequence[_Item], seconds: float, seed: int) -> None:
    draw = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", "orders"))
    development = [item for item in items if item.fold]
    evaluation = [item for item in items if not item.fold]
    by_name = sorted(development, key=lambda item: item.name)
    _write(layout.meta(), (_with_scene(item) for item in by_name))
    flaws = [(item, *flaw) for item, flaw in zip(by_name, FLAWS, strict=False)]
    _write(
        layout.errors,
        (
            (_path(item.name), f"{start * seconds:.2f}", f"{end * seconds:.2f}", what)
            for item, start, end, what in flaws
        ),
    )
    for fold in FOLDS:
        train = _by_scene((item for item in development if item.fold != fold), draw)
        test = _by_scene((item for item in development if item.fold == fold), draw)
        _write(layout.fold_list(fold, "train"), map(_with_scene, train))
        _write(layout.fold_list(fold, "test"), ((_path(item.name),) for item in test))
        _write(layout.fold_list(fold, "evaluate"), map(_with_scene, test))
    _write(layout.meta(EVALUATION), map(_with_scene, _shuffled(evaluation, draw)))
    _write(layout.evaluation_list(TEST), ((_path(item.name),) for item in _shuffled(evaluation, draw)))
    _write(
        layout.evaluation_list(EVALUATE),
        ((*_with_scene(item), _path(item.original)) for item in _by_scene(evaluation, draw)),
    )
    for record in RECORDS:
        (layout.folder(record) / "README.md").write_text(f"{NOTES}\n")
        (layout.folder(record) / "LICENCE.txt").write_text(LICENCE)


def _by_scene(items: Iterable[_Item], draw: Generator) -> list[_Item]:
    """Items scene by scene, in random order within each."""
    return sorted(_shuffled(list(items), draw), key=lambda item: CLASSES.index(item.scene))


def _shuffled(items: Sequence[_Item], draw: Generator) -> list[_Item]:
    return [items[place] for place in draw.permutation(len(items))]


def _with_scene(item: _Item) -> tuple[str, str]:
    return _path(item.name), item.scene


def _path(name: str) -> str:
    return f"{AUDIO}/{name}"


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(row) + "\n" for row in rows), newline="\n")


def _write_audio(layout: Layout, items: Sequence[_Item], seconds: float, seed: int) -> None:
    for record in RECORDS:
        (layout.folder(record) / AUDIO).mkdir()

    def write_item(item: _Item) -> None:
        place = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", item.location))
        take = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", item.original))
        soundfile.write(layout.audio(item.name), render(item.scene, seconds, place, take), RATE, subtype="PCM_24")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write_item, items))
