"""The recordings of a generated corpus, and its files around the audio: labels, lists and papers, as the real ones."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.maestro_real.annotations.labels import HEADER, THRESHOLD
from datasets.maestro_real.layout import CLASSES, DEVELOPMENT, EVALUATION, FOLDS, ITEMS, RATE, SCENES, SCORED, Layout

#: The fold of recordings of the evaluation set.
NO_FOLD = 0
#: How the real set writes a value of 1 now and then.
ALMOST_ONE = 1.0000000313


class Recording(NamedTuple):
    """A recording: its official name, its scene, the fold that tests it, and its length in frames."""

    item: str
    scene: str
    fold: int
    frames: int

    @property
    def seconds(self) -> float:
        """Its duration in seconds."""
        return self.frames / RATE

    @property
    def complete(self) -> int:
        """How many complete seconds it has."""
        return math.floor(self.seconds)


def make_recordings(per_fold: int, evaluation: int, seconds: float, spread: float, draw: Generator) -> list[Recording]:
    """So many recordings of every scene for each fold to test, and of the evaluation set; real names, as they come.

    They last `seconds`, give or take `spread`, so that their last second is not complete.
    """
    made = []
    for scene in SCENES:
        items = [*ITEMS[DEVELOPMENT][scene][: per_fold * len(FOLDS)], *ITEMS[EVALUATION][scene][:evaluation]]
        folds = [*(int(fold) for fold in draw.permutation(list(FOLDS) * per_fold)), *[NO_FOLD] * evaluation]
        for item, fold in zip(items, folds, strict=True):
            made.append(Recording(item, scene, fold, round((seconds + draw.uniform(-spread, spread)) * RATE)))
    return made


def counts(recordings: Iterable[Recording]) -> dict[str, dict[str, int]]:
    """How many recordings of each scene each record has, as declarations say it."""
    made = {record: dict.fromkeys(SCENES, 0) for record in (DEVELOPMENT, EVALUATION)}
    for one in recordings:
        made[EVALUATION if one.fold == NO_FOLD else DEVELOPMENT][one.scene] += 1
    return made


def make_folders(layout: Layout, recordings: Iterable[Recording]) -> None:
    """Make the folders of audio and labels."""
    for one in recordings:
        layout.audio(one.item).parent.mkdir(parents=True, exist_ok=True)
        if one.fold != NO_FOLD:
            layout.labels(one.item).parent.mkdir(parents=True, exist_ok=True)


def write_soft(path: Path, soft: NDArray[np.float64]) -> None:
    """Write the soft labels (seconds, 17) of a recording: a line for each second and class with a value above 0."""
    lines = []
    for second, values in enumerate(soft):
        for label in sorted(CLASSES):
            value = float(values[CLASSES.index(label)])
            if value > 0:
                lines.append((f"{second:.1f}", f"{second + 1:.1f}", label, repr(value if value < 1 else ALMOST_ONE)))
    write_table(path, lines)


def write_lists(layout: Layout, soft: Mapping[str, NDArray[np.float64]], recordings: Sequence[Recording]) -> None:
    """Write folds, durations and hard labels of the development set; fold k validates with what fold k + 1 tests."""
    development = [one for one in recordings if one.fold != NO_FOLD]
    for fold in FOLDS:
        validating = FOLDS[fold % len(FOLDS)]
        kinds = {
            "train": [one for one in development if one.fold not in (fold, validating)],
            "val": [one for one in development if one.fold == validating],
            "test": [one for one in development if one.fold == fold],
        }
        for kind, some in kinds.items():
            rows = [(f"{one.scene}/{one.item}",) for one in some]
            write_table(layout.fold_list(fold, kind), [("filename",), *rows])
    durations = [(one.item, repr(one.seconds)) for one in development]
    write_table(layout.durations, [("filename", "duration"), *durations])
    hard = [
        (f"{one.item}.wav", f"{second:.1f}", f"{second + 1:.1f}", label)
        for one in development
        for second, values in enumerate(soft[one.item])
        for label in SCORED
        if values[CLASSES.index(label)] > THRESHOLD
    ]
    write_table(layout.hard, [HEADER, *hard])


def write_papers(layout: Layout, notes: str, licence: str) -> None:
    """Write what tells of the data."""
    (layout.root / "README.md").write_text(notes)
    (layout.root / "LICENSE.txt").write_text(licence)


def write_table(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Write rows with tabs between their fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(row) + "\n" for row in rows), newline="\n")
