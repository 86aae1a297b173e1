"""Tables as their papers print them: columns in groups, as their labels say ("OM, DCASE"), and rows in their order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting.render.blocks import Grid

#: More columns than these stand in several grids, where their labels say in which.
SIDE_BY_SIDE = 6


def own_columns(result: TableResult) -> list[str]:
    """The columns of the paper's table: those with a place in one of its rows."""
    columns = result.table.columns
    filled = {one.cell.column for one in result.main if not one.cell.added and _has_place(one)}
    return [name for name, column in columns.items() if not column.added and name in filled]


def own_cells(result: TableResult, results: Iterable[CellResult]) -> list[CellResult]:
    """Those of the results that the paper's table has a place for."""
    columns = own_columns(result)
    return [one for one in results if not one.cell.added and one.cell.column in columns]


def grids(
    result: TableResult,
    results: Sequence[CellResult],
    write: Callable[[CellResult], str],
    label: Callable[[CellResult], str] = lambda one: one.cell.label,
) -> Iterator[Grid]:
    """Rows by columns, of the columns that are among the results; a cell that is not there stays empty."""
    places = {(one.cell.row, one.cell.column): one for one in results}
    firsts = {one.cell.row: one for one in reversed(results)}
    named = {name: _levels(result, name) for name in result.table.columns if any(at == name for _, at in places)}
    heads = {row: label(firsts[row]) for row in dict.fromkeys(row for row, _ in places)}
    units = {result.table.columns[name].unit for name in named}
    are_papers = all(row in result.table.rows and not one.cell.added for row, one in firsts.items())
    row_head = result.table.row_head if are_papers else "row"
    for outer, columns in _parts(named):
        ends = [_with_unit(result, name, named[name][-1], len(units) > 1) for name in columns]
        groups = [(group, len(list(same))) for group, same in groupby(named[name][1] for name in columns)]
        lines = {row: of_row for row in heads if any(of_row := [places.get((row, name)) for name in columns])}
        written = [
            (heads[row], *("" if one is None else write(one) for one in of_row)) for row, of_row in lines.items()
        ]
        ids = [("", *("" if one is None else one.cell.id for one in of_row)) for of_row in lines.values()]
        above = [("", 1), *groups] if any(group for group, _ in groups) else ()
        yield Grid((outer or row_head, *ends), written, above=above, cells=ids)


def _parts(named: Mapping[str, tuple[str, str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Columns that stand in one grid, with what all of them are called; where they are few they are all together."""
    if len(named) <= SIDE_BY_SIDE or len({outer for outer, _, _ in named.values()}) < 2:
        yield "", list(named)
        return
    for outer, names in groupby(named, key=lambda name: named[name][0]):
        yield outer, list(names)


def _levels(result: TableResult, column: str) -> tuple[str, str, str]:
    """Of the label of a column what all in a grid share, the group that it is in, and what is its own."""
    depth = _depth(result)
    levels = result.table.columns[column].label.split(", ")
    if depth == 0 or len(levels) <= depth:
        return "", "", ", ".join(levels)
    return ", ".join(levels[: depth - 1]), levels[depth - 1], ", ".join(levels[depth:])


def _depth(result: TableResult) -> int:
    """In how many levels of groups the columns of the paper's table stand."""
    labels = [result.table.columns[name].label.split(", ") for name in own_columns(result)]
    starts = [levels[0] for levels in labels if len(levels) > 1]
    is_grouped = any(starts.count(start) > 1 for start in starts)
    return max(map(len, labels)) - 1 if is_grouped else 0


def _with_unit(result: TableResult, column: str, end: str, is_wanted: bool) -> str:
    """The end of a label with the column's unit, where those of others differ: "F1 (%)"."""
    unit = result.table.columns[column].unit
    return f"{end} ({unit})" if unit and is_wanted and unit != end else end


def _has_place(one: CellResult) -> bool:
    """Whether the paper prints a value, or has left it out of a row that could have one."""
    return one.cell.published is not None or one.cell.recipe == "audit" or one.cell.setting is not None
