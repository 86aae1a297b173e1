"""The figures of a table, one file each, found by file name in whichever folder here it lies.

A table of a paper file names those that it wants, in order, with its own words; one that names none has those of its
kinds of task. A further figure is one more file here, with one class.
"""

import hashlib
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from benchmarks.errors import InputError
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.metrics import kind_of
from benchmarks.reporting import drawing
from benchmarks.reporting.told import Within
from benchmarks.runs.build import classes_of
from benchmarks.runs.memo import Memo
from benchmarks.spec import Paper, nearest, paper_folder
from benchmarks.spec.bricks import Strict
from benchmarks.spec.located_yaml import LocatedYaml, Place

#: The folders of the code that draws: colours and forms, and words that no paper file tells, stand there alone.
DRAWN_BY = (Path(__file__).parent, *map(Path, drawing.__path__))


@dataclass(frozen=True)
class Figure:
    """A figure of a page: file name without ending, caption, and how to draw it from plain data.

    data: changes with everything that is drawn and not in the code that draws, words of paper files among it.
    """

    name: str
    caption: str
    data: Any
    draw: Callable[[], bytes]

    def svg(self, memo: Memo) -> bytes:
        """The drawing; one made before from the same data by the same code is taken from what is kept."""
        told = json.dumps(self.data)  # as text, in which the order of rows and panels counts
        key = [_drawn_by(), _drawn_with(), self.name.partition("_")[0], told]
        return memo.bytes("figures", key, self.draw)


@cache
def _drawn_by() -> str:
    """The state of the code that draws, read once."""
    found = hashlib.sha256()
    for path in (path for folder in DRAWN_BY for path in sorted(folder.rglob("*.py"))):
        found.update(path.read_bytes())
    return found.hexdigest()


@cache
def _drawn_with() -> str:
    """The version of matplotlib, without importing it; looked for once, however many figures there are."""
    return version("matplotlib")


@dataclass(frozen=True)
class Asked:
    """What a figure is asked to show: cells of a table under one variant, all with a value."""

    result: TableResult
    variant: Variant
    cells: Sequence[CellResult]
    #: rows of ours that help to explain them
    controls: Sequence[CellResult]
    memo: Memo
    #: the one dataset that all are of, where figures are drawn dataset by dataset
    dataset: str = ""

    @property
    def all(self) -> tuple[CellResult, ...]:
        """Cells and controls."""
        return (*self.cells, *self.controls)

    def of(self, dataset: str) -> "Asked":
        """The same of one dataset."""
        cells, controls = ([one for one in of if one.cell.dataset == dataset] for of in (self.cells, self.controls))
        return replace(self, cells=cells, controls=controls, dataset=dataset)


class Words(Strict):
    """What a paper file says of a figure in its own words."""


class Drawn(Strict, ABC):
    """What is drawn of a table, one class per file. Its fields are what a paper file can tell it, with defaults.

    A name in a paper file is that of the class's file; two figures of one page never have the same file name. A field
    that names something of the paper has one of the types of benchmarks.reporting.told.
    """

    words: Words = Words()


class FigureKind(Drawn):
    """What is drawn of runs, for each of the conditions under which there are any."""

    #: whether there is one for each dataset; neighbours in the list of a table then alternate, dataset by dataset
    by_dataset: ClassVar[bool] = False

    @abstractmethod
    def figures(self, asked: Asked) -> Iterator[Figure]:
        """The figures; none where there is nothing to show."""


class FactKind(Drawn):
    """What is drawn of what is so whatever was run: once for a table, also where nothing was."""

    @abstractmethod
    def figures(self, result: TableResult) -> Iterator[Figure]:
        """The figures. Raises InputError where what they show is not known here."""


def table_figures(result: TableResult, variant: Variant, results: Sequence[CellResult], memo: Memo) -> list[Figure]:
    """The figures of a table under one variant; none of generated sounds, in tier smoke, or without a whole seed.

    Raises InputError for figures of the paper file that are not there or cannot be told what it tells them.
    """
    cells = with_value(results)
    kinds = wanted(result, cells)
    if not is_drawn(variant, results):
        return []
    controls = [one for one in result.controls.get(variant, ()) if one.mean is not None]
    asked = Asked(result, variant, cells, controls, memo)
    found: list[Figure] = []
    of_runs = [kind for kind in kinds if isinstance(kind, FigureKind)]
    for by_dataset, group in groupby(of_runs, key=lambda kind: kind.by_dataset):
        neighbours = list(group)
        parts = [asked.of(dataset) for dataset in result.paper.datasets] if by_dataset else [asked]
        found += [one for part in parts if part.cells for kind in neighbours for one in kind.figures(part)]
    return found


def fact_figures(result: TableResult) -> list[Figure]:
    """The figures of a table that need no run. Raises InputError as `table_figures` does."""
    kinds = named(result.paper, result.table_id) or ()
    return [one for kind in kinds if isinstance(kind, FactKind) for one in kind.figures(result)]


def with_value(results: Sequence[CellResult]) -> list[CellResult]:
    """The trained cells that have a whole seed."""
    return [one for one in results if one.cell.recipe == "train" and one.mean is not None]


def is_drawn(variant: Variant, results: Sequence[CellResult]) -> bool:
    """Whether anything is drawn of results."""
    return variant.corpus != "miniature" and variant.tier != "smoke" and bool(with_value(results))


def wanted(result: TableResult, cells: Sequence[CellResult]) -> list[Drawn]:
    """The figures that the table names, else those that are natural for its cells. Raises InputError."""
    if (of_paper := named(result.paper, result.table_id)) is not None:
        return of_paper
    known = figure_kinds()
    natural: dict[str, str] = {}
    for kind in dict.fromkeys(kind for one in cells if (kind := kind_of(one.cell))):
        for name in kind.figures:
            natural.setdefault(name, kind.name)
    within = Within(result.paper, result.table)
    return [_made(known, name, {}, within, partial(_in_kind, kind_name)) for name, kind_name in natural.items()]


def named(paper: Paper, table_id: str) -> list[Drawn] | None:
    """The figures that a table names; None where it names none. Raises InputError with file and line.

    What it tells them of must be there: rows, columns, probes and whatever else its paper has names for.
    """
    told = paper.tables[table_id].figures
    if told is None:
        return None
    known, within = figure_kinds(), Within(paper, paper.tables[table_id])
    return [
        _made(known, one.figure, one.told, within, partial(_in_paper_file, paper, table_id, at))
        for at, one in enumerate(told)
    ]


def _in_paper_file(paper: Paper, table_id: str, number: int, place: Place, message: str) -> InputError:
    document = LocatedYaml(paper_folder(paper.id) / "paper.yaml")
    return document.error(("tables", table_id, "figures", number, *place), message)


def _in_kind(kind: str, place: Place, message: str) -> InputError:
    return InputError(f"figures of {kind}: {message}")


def figure_kinds() -> dict[str, type[Drawn]]:
    """The classes of all figures, by the names of their files."""
    return classes_of(sys.modules[__name__], Drawn, "a figure")  # type: ignore[type-abstract]


def _made(
    known: dict[str, type[Drawn]],
    name: str,
    told: dict[str, Any],
    within: Within,
    error: Callable[[Place, str], InputError],
) -> Drawn:
    """A figure with what it is told; `error` makes an InputError from a place in that and a message."""
    if name not in known:
        raise error(("figure",), f"no figure {name!r}{nearest(name, known)}")
    try:
        return known[name].model_validate(told, context=within)
    except ValidationError as problem:
        first = problem.errors()[0]
        at, message = first["loc"], f"the figure {name}: {first['msg'].removeprefix('Value error, ')}"
        if first["type"] == "extra_forbidden":
            message = f"nothing that the figure {name} can be told{nearest(str(at[-1]), known[name].model_fields)}"
        elif first["type"] == "missing":
            message = f"is missing, the figure {name} needs it"
        raise error(at, message) from None
