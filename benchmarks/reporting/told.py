"""Names in what a paper file tells a figure: one that is unknown there is a mistake, and would draw nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, ValidationInfo, model_validator

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.spec import Paper, Table, nearest
from benchmarks.spec.bricks import ClassNotes, ColumnName, Name, Strict


class Within(NamedTuple):
    """Where names are looked up: the context in which what a figure is told is validated. Without one all pass."""

    paper: Paper
    table: Table


def _known(what: str, names: Callable[[Within], Iterable[str]]) -> AfterValidator:
    """Refuses a name that is none of these, with the nearest ones."""

    def check(name: str, info: ValidationInfo) -> str:
        known = list(names(info.context)) if info.context else [name]
        if name not in known:
            raise ValueError(f"no {what} {name!r}{nearest(name, known)}")
        return name

    return AfterValidator(check)


def _probes(within: Within) -> list[str]:
    return [name for setting in within.paper.settings.values() for name in setting.probes]


def _conditioning(within: Within) -> Iterator[str]:
    """What conditioners are given, and what they do by default, as far as the paper file says so."""
    for setting in within.paper.settings.values():
        given = setting.data.args.get("conditioner")
        if given and given.value:
            yield from given.value["init_args"]
            yield from within.paper.classes.get(given.value["class_path"], ClassNotes()).defaults


RowName = Annotated[Name, _known("row or control", lambda within: [*within.table.rows, *within.table.controls])]
InColumn = Annotated[ColumnName, _known("column", lambda within: within.table.columns)]
DatasetName = Annotated[Name, _known("dataset", lambda within: within.paper.datasets)]
#: an array that runs keep for figures
ProbeName = Annotated[Name, _known("probe of any setting", _probes)]
CheckName = Annotated[Name, _known("check of the audit", lambda within: [one.id for one in within.paper.audit.checks])]
#: a parameter of what conditions the input of networks
ConditionerParameter = Annotated[str, _known("argument of any conditioner", _conditioning)]


#: The fields of cells side by side that go together.
_WAYS = ({"row", "columns"}, {"column", "rows"})


class SideBySide(Strict):
    """Which cells of a table are shown beside each other: some columns of a row, or some rows of a column, in order.

    Rows may be controls.
    """

    row: RowName | None = None
    columns: tuple[InColumn, ...] = ()
    column: InColumn | None = None
    rows: tuple[RowName, ...] = ()

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
        """Those that are among `cells`, by the label of their column or row."""
        rows, columns = self.rows or (str(self.row),), self.columns or (str(self.column),)
        there = {(one.cell.row, one.cell.column): one for one in cells}
        found = [there[row, column] for row in rows for column in columns if (row, column) in there]
        return {result.table.columns[one.cell.column].label if self.row else one.cell.label: one for one in found}
