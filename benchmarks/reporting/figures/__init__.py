"""The figures of a table, one file each, found by file name in whichever folder here it lies.

A table of a paper file names those that it wants, in order, with its own words; one that names none has those of its
kinds of task. A further figure is one more file here, with one class.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import groupby
from typing import Any, ClassVar

from pydantic import ValidationError, model_validator

from benchmarks.errors import InputError
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.metrics import kind_of
from benchmarks.reporting.drawing import style
from benchmarks.runs.build import classes_of
from benchmarks.runs.memo import Memo
from benchmarks.spec import Paper, nearest, paper_folder
from benchmarks.spec.bricks import ColumnName, Name, Strict
from benchmarks.spec.located_yaml import LocatedYaml, Place


@dataclass(frozen=True)
class Figure:
    """A figure of a page: file name without ending, caption, and how to draw it from plain data."""

    name: str
    caption: str
    data: Any
    draw: Callable[[], bytes]

    def svg(self, memo: Memo) -> bytes:
        """The drawing; one made before from the same data is taken from what is kept."""
        key = [style.VERSION, version("matplotlib"), self.name.partition("_")[0], self.data]
        return memo.bytes("figures", key, self.draw)


@dataclass(frozen=True)
class Asked:
    """What a figure is asked to show: cells of a table under one variant, all with a value."""

    result: TableResult
    variant: Variant
    cells: Sequence[CellResult]
    #: rows of ours that help to explain them
    controls: Sequence[CellResult]
    memo: Memo
    #: whether these are the first conditions on the page that have figures
    is_first: bool = True
    #: the one dataset that all are of, where figures are drawn dataset by dataset
    dataset: str = ""

    def of(self, dataset: str) -> "Asked":
        """The same of one dataset."""
        cells, controls = ([one for one in of if one.cell.dataset == dataset] for of in (self.cells, self.controls))
        return replace(self, cells=cells, controls=controls, dataset=dataset)


class Words(Strict):
    """What a paper file says of a figure in its own words."""


#: The fields of cells side by side that go together.
_WAYS = ({"row", "columns"}, {"column", "rows"})


class SideBySide(Strict):
    """Which cells of a table are shown beside each other: some columns of a row, or some rows of a column, in order."""

    row: Name | None = None
    columns: tuple[ColumnName, ...] = ()
    column: ColumnName | None = None
    rows: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> "SideBySide":
        if {name for name in type(self).model_fields if getattr(self, name)} not in _WAYS:
            raise ValueError("cells are some columns of a row, or some rows of a column")
        return self

    @property
    def name(self) -> str:
        """The row or the column that all are of."""
        return str(self.row or self.column)

    def title(self, result: TableResult, found: Sequence[CellResult]) -> str:
        """What that row or column is called; nothing where none of its cells was found."""
        return "".join(one.cell.label if self.row else result.table.columns[one.cell.column].label for one in found[:1])

    def of(self, result: TableResult, cells: Iterable[CellResult]) -> dict[str, CellResult]:
        """Those that are among `cells`, by the label of their column or row.

        Raises InputError for a row or column that the table has not, a control being none of its rows.
        """
        table = result.table
        rows, columns = self.rows or (str(self.row),), self.columns or (str(self.column),)
        for what, names, known in (("row", rows, table.rows), ("column", columns, table.columns)):
            if odd := next((name for name in names if name not in known), None):
                raise InputError(f"figures of {result.id}: no {what} {odd!r}{nearest(odd, known)}; mend its paper.yaml")
        there = {(one.cell.row, one.cell.column): one for one in cells}
        found = [there[row, column] for row in rows for column in columns if (row, column) in there]
        return {table.columns[one.cell.column].label if self.row else one.cell.label: one for one in found}


class FigureKind(Strict, ABC):
    """What is drawn of a table, one class per file. Its fields are what a paper file can tell it, with defaults.

    A name in a paper file is that of the class's file; two figures of one page never have the same file name.
    """

    #: whether there is one for each dataset; neighbours in the list of a table then alternate, dataset by dataset
    by_dataset: ClassVar[bool] = False
    words: Words = Words()

    @abstractmethod
    def figures(self, asked: Asked) -> Iterator[Figure]:
        """The figures; none where there is nothing to show."""


def table_figures(result: TableResult, variant: Variant, results: Sequence[CellResult], memo: Memo) -> list[Figure]:
    """The figures of a table under one variant; none of generated sounds, in tier smoke, or without a whole seed.

    Raises InputError for figures of the paper file that are not there or cannot be told what it tells them.
    """
    cells = with_value(results)
    kinds = wanted(result, cells)
    if not is_drawn(variant, results):
        return []
    controls = [one for one in result.controls.get(variant, ()) if one.mean is not None]
    asked = Asked(result, variant, cells, controls, memo, variant == _first_drawn(result))
    found: list[Figure] = []
    for by_dataset, group in groupby(kinds, key=lambda kind: kind.by_dataset):
        neighbours = list(group)
        parts = [asked.of(dataset) for dataset in result.paper.datasets] if by_dataset else [asked]
        found += [one for part in parts if part.cells for kind in neighbours for one in kind.figures(part)]
    return found


def with_value(results: Sequence[CellResult]) -> list[CellResult]:
    """The trained cells that have a whole seed."""
    return [one for one in results if one.cell.recipe == "train" and one.mean is not None]


def is_drawn(variant: Variant, results: Sequence[CellResult]) -> bool:
    """Whether anything is drawn of results."""
    return variant.corpus != "miniature" and variant.tier != "smoke" and bool(with_value(results))


def wanted(result: TableResult, cells: Sequence[CellResult]) -> list[FigureKind]:
    """The figures that the table names, else those that are natural for its cells. Raises InputError."""
    if (of_paper := named(result.paper, result.table_id)) is not None:
        return of_paper
    known = figure_kinds()
    natural: dict[str, str] = {}
    for kind in dict.fromkeys(kind for one in cells if (kind := kind_of(one.cell))):
        for name in kind.figures:
            natural.setdefault(name, kind.name)
    return [_made(known, name, {}, partial(_in_kind, kind_name)) for name, kind_name in natural.items()]


def named(paper: Paper, table_id: str) -> list[FigureKind] | None:
    """The figures that a table names; None where it names none. Raises InputError with file and line."""
    told = paper.tables[table_id].figures
    if told is None:
        return None
    known = figure_kinds()
    return [
        _made(known, one.figure, one.told, partial(_in_paper_file, paper, table_id, at)) for at, one in enumerate(told)
    ]


def _in_paper_file(paper: Paper, table_id: str, number: int, place: Place, message: str) -> InputError:
    document = LocatedYaml(paper_folder(paper.id) / "paper.yaml")
    return document.error(("tables", table_id, "figures", number, *place), message)


def _in_kind(kind: str, place: Place, message: str) -> InputError:
    return InputError(f"figures of {kind}: {message}")


def figure_kinds() -> dict[str, type[FigureKind]]:
    """The classes of all figures, by the names of their files."""
    return classes_of(sys.modules[__name__], FigureKind, "a figure")  # type: ignore[type-abstract]


def _made(
    known: dict[str, type[FigureKind]], name: str, told: dict[str, Any], error: Callable[[Place, str], InputError]
) -> FigureKind:
    """A figure with what it is told; `error` makes an InputError from a place in that and a message."""
    if name not in known:
        raise error(("figure",), f"no figure {name!r}{nearest(name, known)}")
    try:
        return known[name].model_validate(told)
    except ValidationError as problem:
        first = problem.errors()[0]
        at, message = first["loc"], f"the figure {name}: {first['msg']}"
        if first["type"] == "extra_forbidden":
            message = f"nothing that the figure {name} can be told{nearest(str(at[-1]), known[name].model_fields)}"
        elif first["type"] == "missing":
            message = f"is missing, the figure {name} needs it"
        raise error(at, message) from None


def _first_drawn(result: TableResult) -> Variant | None:
    """The first conditions of the page under which anything is drawn."""
    shown = {Variant(): result.main, **result.others}
    return next((variant for variant, results in shown.items() if is_drawn(variant, results)), None)
