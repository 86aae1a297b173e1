"""Which classes clips were taken for: the counts, and the clips that were wrong, with their sounds in a local build."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.errors import USER_ERRORS
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics.accuracy import true_classes
from benchmarks.reporting import wording
from benchmarks.reporting.figures.results.confusion import Said, decisions, is_of_clips
from benchmarks.reporting.web.uses import Use
from benchmarks.runs.memo import Memo
from benchmarks.runs.workspace import Workspace

#: So many clips that were wrong are listed of a cell.
LISTED = 120


@dataclass(frozen=True)
class Count:
    """How many clips of a class were taken for one."""

    number: int
    #: the share of the true class's clips, in tenths
    tenths: int
    told: str


@dataclass(frozen=True)
class Wrong:
    """A clip that was taken for another class, and where it lies on this machine if it is to be heard."""

    item: str
    true: str
    decided: str
    sound: str | None


@dataclass(frozen=True)
class Decided:
    """The decisions of one seed of a cell."""

    title: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Count | None, ...]], ...]
    wrong: tuple[Wrong, ...]
    n_wrong: int


class Sounds:
    """Where clips lie on this machine, from a folder of the site; nothing without a workspace."""

    def __init__(self, workspace: Workspace | None, out: Path) -> None:
        self._workspace, self._out = workspace, out

    def of(self, use: Use, one: CellResult, folder: str) -> Mapping[str, str]:
        """The relative way to each clip of a cell on real files, whose names may differ from the official ones."""
        if self._workspace is None or one.variant.corpus != "real":
            return {}
        name = one.cell.dataset
        assert name is not None
        try:
            dataset: Any = self._workspace.dataset(use.paper.datasets[name], "real")
            paths = dataset.paths() if hasattr(dataset, "paths") else {}
        except USER_ERRORS:
            return {}
        here = self._out.absolute() / folder
        return {item: quote(Path(os.path.relpath(path, here)).as_posix()) for item, path in paths.items()}


def decided(use: Use, memo: Memo, sounds: Sounds, folder: str) -> Iterator[Decided]:
    """Of every cell about clips with one class the decisions of its first complete seed."""
    for variant, cells in use.ran.items():
        if variant.tier == "smoke" or variant.corpus == "miniature":
            continue
        for table, one in cells:
            if is_of_clips(one) and one.mean is not None:
                yield _decided(table, one, memo, sounds.of(use, one, folder))


def _decided(table: TableResult, one: CellResult, memo: Memo, sounds: Mapping[str, str]) -> Decided:
    found = decisions(table, one, memo)
    names = tuple(map(wording.plain, found.classes))
    totals = found.counts.sum(axis=1)
    rows = []
    for i, name in enumerate(names):
        counts = []
        for j, other in enumerate(names):
            number, of = int(found.counts[i, j]), int(totals[i])
            called = "found" if i == j else f"taken for {other}"
            told = f"{name} {called}: {number} of {of}"
            counts.append(Count(number, round(10 * number / of), told) if number else None)
        rows.append((name, tuple(counts)))
    wrong = _wrong(table, one, memo, found.seed)
    shown = tuple(
        Wrong(item, wording.plain(true), wording.plain(taken), sounds.get(item)) for item, true, taken in wrong
    )
    label = table.table.columns[one.cell.column].label
    title = f"{table.id}, {one.cell.label}, {label}: {one.variant.in_words}, seed {found.seed}"
    return Decided(title, names, tuple(rows), shown[:LISTED], len(wrong))


def _wrong(table: TableResult, one: CellResult, memo: Memo, seed: int) -> list[tuple[str, str, str]]:
    """Item, true class and decided class of the clips that were wrong, kept by the checksums of their scores."""
    said = Said.of(table, one, seed)

    def found() -> list[tuple[str, str, str]]:
        wrong = []
        for scored in said.scored:
            scores = said.scores(scored)
            right, taken = true_classes(scores, scored.truth), said.decide(scores)
            wrong += [
                (item, scores.classes[int(a)], scores.classes[int(b)])
                for item, a, b in zip(scores.items, right, taken, strict=True)
                if a != b
            ]
        return sorted(wrong)

    return [tuple(one) for one in memo.json("wrong_clips", said.key, found)]
