"""The arrays that runs keep for figures, and runs of several rows that keep those of the same clip."""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from benchmarks.errors import InputError
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting.probes.conditioner import Conditioner
from benchmarks.runs.files import file_sha256
from benchmarks.runs.ledger import Finished

if TYPE_CHECKING:
    import pandas as pd

#: The file of a run's folder in which they lie.
FILE = "probes.npz"


@contextmanager
def _opened(path: Path) -> Iterator[NpzFile]:
    """The arrays of a file. Raises InputError for one that is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except (OSError, EOFError, ValueError, BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: damaged; remove the folder {path.parent} to redo it") from error


@dataclass(frozen=True, eq=False)
class Kept:
    """A run that keeps arrays for figures, and the cell that it stands for."""

    one: CellResult
    run: Finished

    @property
    def path(self) -> Path:
        """The file of the arrays."""
        return self.run.folder / FILE

    @cached_property
    def names(self) -> frozenset[str]:
        """The arrays that there are."""
        with _opened(self.path) as file:
            return frozenset(file.files)

    @cached_property
    def digest(self) -> str:
        """The checksum of the file."""
        return file_sha256(self.path)

    @cached_property
    def items(self) -> list[str]:
        """What is shown."""
        with _opened(self.path) as file:
            return [str(item) for item in file["items"]]

    @property
    def item(self) -> str:
        """The clip that is shown."""
        return self.items[0]

    @cached_property
    def conditioner(self) -> Conditioner | None:
        """What the run's input was conditioned with."""
        return Conditioner.of(self.run)

    @property
    def truth(self) -> "pd.DataFrame":
        """What is true of the items that the run was tested on."""
        assert self.one.evidence is not None
        return next(scored.truth for scored in self.one.evidence.scored if scored.finished.run.id == self.run.run.id)

    @property
    def labels(self) -> list[str]:
        """The classes of the clip that is shown."""
        assert self.one.evidence is not None
        truth = self.one.evidence.scored[0].truth
        return [name for name in str(truth["label"].get(self.item, "")).split(",") if name]

    def array(self, name: str) -> np.ndarray:
        """One of the arrays, float32."""
        with _opened(self.path) as file:
            return file[name].astype(np.float32)


def kept_by_fold(one: CellResult, name: str) -> list[Kept]:
    """The runs of a cell's first complete seed that keep an array, by fold."""
    if one.evidence is None or not one.evidence.complete_seeds:
        return []
    seed = one.evidence.complete_seeds[0]
    runs = [Kept(one, scored.finished) for scored in one.evidence.scored if scored.seed == seed]
    able = [run for run in runs if run.path.exists() and name in run.names]
    return sorted(able, key=lambda run: run.run.run.fold)


def stored_probes(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that a run kept for figures in its folder; none where it was not asked to."""
    if not (folder / FILE).exists():
        return {}
    with _opened(folder / FILE) as file:
        return {name: file[name] for name in file.files}


def same_clip(results: Sequence[CellResult]) -> dict[str, Kept]:
    """A run of each row that keeps arrays, all of the clip that most of them show."""
    found: dict[str, Kept] = {}
    for one in results:
        for scored in one.evidence.scored if one.evidence else ():
            if (scored.finished.folder / FILE).exists():
                found.setdefault(one.cell.row, Kept(one, scored.finished))
    if not found:
        return {}
    item, _ = Counter(one.item for one in found.values()).most_common(1)[0]
    return {row: one for row, one in found.items() if one.item == item}


def richest_column(result: TableResult, results: Sequence[CellResult], rows: Sequence[str]) -> Mapping[str, Kept]:
    """The same of the one column in which most of some rows keep arrays; the first where several have as many."""
    of_rows = tuple(one for one in results if one.cell.row in rows)
    return max(map(same_clip, result.columns(of_rows).values()), key=len)
