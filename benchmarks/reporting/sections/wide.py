"""Tables whose columns stand in groups, like `dev.babycry.er` and `dev.babycry.f1`: printed with pairs in a cell."""

from collections.abc import Callable, Sequence

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Grid
from benchmarks.spec import Table


def groups(table: Table) -> dict[str, list[str]]:
    """The columns of each group, by what their names have before the last dot; none for a table without groups."""
    found: dict[str, list[str]] = {}
    for column in table.columns:
        head, dot, _ = column.rpartition(".")
        if not dot:
            return {}
        found.setdefault(head, []).append(column)
    return found


def wide_grid(result: TableResult, results: Sequence[CellResult], write: Callable[[CellResult], str]) -> Grid:
    """All rows by all groups of columns; the cells of a group are written side by side."""
    by_group = groups(result.table)
    cells = {(one.cell.row, one.cell.column): one for one in results}
    labels = {one.cell.row: one.cell.label for one in results}
    rows = [
        (label, *(_written([cells.get((row, column)) for column in columns], write) for columns in by_group.values()))
        for row, label in labels.items()
    ]
    return Grid(("row", *(_title(result.table, columns) for columns in by_group.values())), rows)


def ran_rows(results: Sequence[CellResult]) -> list[CellResult]:
    """The rows of which something ran."""
    rows = {one.cell.row for one in results if one.n_runs}
    return [one for one in results if one.cell.row in rows]


def _written(cells: Sequence[CellResult | None], write: Callable[[CellResult], str]) -> str:
    """What a group says of a row; controls have no cell where nothing ran."""
    texts = [wording.NOTHING if one is None else write(one) for one in cells]
    return wording.NOTHING if all(text == wording.NOTHING for text in texts) else " / ".join(texts)


def _title(table: Table, columns: Sequence[str]) -> str:
    """What the labels of a group begin with alike, then how they end: "dev, babycry: ER / F1 (%)"."""
    labels = [table.columns[column].label for column in columns]
    start, endings = labels[0].rpartition(", ")[0], [label.rpartition(", ")[2] for label in labels]
    units = [table.columns[column].unit for column in columns]
    shown = [f"{ending} ({unit})" if unit else ending for ending, unit in zip(endings, units, strict=True)]
    return f"{start}: {' / '.join(shown)}"
