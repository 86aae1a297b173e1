"""What the numbers of one printed table must satisfy among themselves: averages, counts of events, the best in bold."""

import math
from collections.abc import Iterator, Sequence

from benchmarks.audit.printed import Check, agrees, printed, truncates
from benchmarks.errors import InputError
from benchmarks.metrics import metric_named
from benchmarks.spec.audit import AttainableEvents, Average, AverageOfRows, BestPrinted, Entry
from benchmarks.spec.cells import Cell
from benchmarks.spec.paper import Paper


def average(paper: Paper, entry: Average) -> Iterator[Check]:
    """Every printed mean of columns that are all printed; it holds if unrounded values with this mean may exist.

    The printed mean and the mean of the printed parts may so differ by half a unit of the one and half a unit of the
    other. Raises InputError for a column that is no mean.
    """
    columns = paper.tables[entry.table].columns
    for row in paper.tables[entry.table].rows:
        for name in entry.columns or [name for name, column in columns.items() if column.mean_of]:
            column = columns[name]
            if not column.mean_of:
                raise InputError(f"{paper.id}.{entry.table}: column {name} has no mean_of; see audit.checks there")
            yield from _mean_of(paper, entry, (row, name), [(row, part) for part in column.mean_of])


def average_of_rows(paper: Paper, entry: AverageOfRows) -> Iterator[Check]:
    """The same of a row that is the mean of others, in every column in which all of them are printed."""
    for column in paper.tables[entry.table].columns:
        yield from _mean_of(paper, entry, (entry.row, column), [(row, column) for row in entry.of])


def _mean_of(paper: Paper, entry: Entry, place: tuple[str, str], parts: Sequence[tuple[str, str]]) -> Iterator[Check]:
    """One printed mean, by row and column, against the cells that it is of; nothing where one is not printed."""
    columns, cuts = paper.tables[entry.table].columns, truncates(paper, entry)
    published = _printed_at(paper, entry, *place)
    values = [_printed_at(paper, entry, *part) for part in parts]
    known = [value for value in values if value is not None]
    if published is None or len(known) < len(values):
        return
    decimals = columns[place[1]].decimals
    computed = round(math.fsum(known) / len(known), 9)
    reach = sum(10.0 ** -columns[column].decimals for _, column in parts) / len(parts)
    holds = _may_be_equal(computed, reach, published, 10.0**-decimals, cuts)
    note = entry.note
    if holds and not agrees(computed, published, decimals, cuts):
        shown = printed(computed, decimals, cuts)
        note = f"the mean of what is printed would be {shown:.{decimals}f}, that of unrounded values not"
    cell = f"{paper.id}.{entry.table}.{place[0]}.{place[1]}"
    yield Check(id=f"{cell}.{entry.id}", published=published, computed=computed, holds=holds, note=note)


def _may_be_equal(first: float, first_unit: float, second: float, second_unit: float, cuts: bool) -> bool:
    """Whether two numbers, each printed to its unit, may have been the same one before."""
    if cuts:
        return first < second + second_unit - 1e-9 and second < first + first_unit - 1e-9
    return abs(first - second) <= (first_unit + second_unit) / 2 + 1e-9


def attainable_events(paper: Paper, entry: AttainableEvents) -> Iterator[Check]:
    """Every printed pair of an error rate and an F1: which whole numbers of events give both.

    Of N events, tp found and fp invented give an error rate of (N - tp + fp) / N and an F1 of 2 tp / (N + tp + fp). The
    check bears the cell of the F1; where nothing fits, `computed` is the nearest F1 at the printed error rate.
    """
    numbers = [entry.events] if isinstance(entry.events, int) else entry.events
    cuts, columns = truncates(paper, entry), paper.tables[entry.table].columns
    decimals = (columns[entry.error_rate].decimals, columns[entry.f1].decimals)
    for row in entry.rows or paper.tables[entry.table].rows:
        rate, f1 = (_printed_at(paper, entry, row, column) for column in (entry.error_rate, entry.f1))
        if rate is None or f1 is None:
            continue
        near = [one for n in numbers for one in _nearest_counts(rate, n, f1, decimals[0], cuts)]
        fits = [
            (tp, fp, n) for tp, fp, n in near
            if agrees((n - tp + fp) / n, rate, decimals[0], cuts) and agrees(_f1(tp, fp, n), f1, decimals[1], cuts)
        ]  # fmt: skip
        tp, fp, n = fits[0] if fits else min(near, key=lambda one: abs(_f1(*one) - f1))
        note = f"{tp} of {n} found, {fp} invented"
        if not fits:
            note = f"no whole numbers of {' or '.join(map(str, numbers))} events; nearest: {note}"
        cell = f"{paper.id}.{entry.table}.{row}.{entry.f1}"
        computed = round(_f1(tp, fp, n), 9)
        yield Check(id=f"{cell}.{entry.id}", published=f1, computed=computed, holds=bool(fits), note=note)


def _nearest_counts(rate: float, n: int, f1: float, decimals: int, cuts: bool) -> Iterator[tuple[int, int, int]]:
    """(tp, fp, n) for each number of errors that prints as `rate`, or the nearest; tp so that F1 is near `f1` (%).

    With e errors fp is e - n + tp, so F1 = 2 tp / (e + 2 tp), which rises with tp: of the two whole numbers around the
    exact one, one prints as `f1` if any does.
    """
    unit = 10.0**-decimals
    span = range(max(0, math.floor(n * (rate - unit))), math.ceil(n * (rate + unit)) + 1)
    for errors in [one for one in span if agrees(one / n, rate, decimals, cuts)] or [round(n * rate)]:
        exact = n if f1 >= 100 else errors * f1 / (2 * (100 - f1))
        for tp in (math.floor(exact), math.ceil(exact)):
            found = min(max(tp, n - errors, 0), n)
            yield found, errors - n + found, n


def _f1(tp: int, fp: int, n: int) -> float:
    return 200 * tp / (n + tp + fp)


def best_printed(paper: Paper, entry: BestPrinted) -> Check:
    """Whether the bold cells are those of the best row; `computed` is what the best row prints in the first column."""
    rows_of, cells = paper.tables[entry.table].rows, {one.column: one for one in paper.table_cells(entry.table)}
    signs = [_sign(cells[column]) for column in entry.columns]
    merits = {}
    for row in (name for name, one in rows_of.items() if one.added is None):
        values = [_printed_at(paper, entry, row, column) for column in entry.columns]
        if values[0] is not None:  # what is not printed wins no tie
            merits[row] = tuple(
                -math.inf if value is None else sign * value for sign, value in zip(signs, values, strict=True)
            )
    if not merits:
        raise InputError(f"{paper.id}.{entry.table}: column {entry.columns[0]} prints nothing, so nothing is the best")
    best = max(merits.values())
    rows = [row for row, merit in merits.items() if merit == best]
    holds = {f"{paper.id}.{entry.table}.{row}.{column}" for row in rows for column in entry.columns} == set(entry.bold)
    labels = [paper.published[f"{paper.id}.{entry.table}.{row}.{entry.columns[0]}"].label for row in rows]
    return Check(
        id=f"{entry.bold[0]}.{entry.id}", published=paper.published[entry.bold[0]].value, computed=signs[0] * best[0],
        holds=holds, note=entry.note if holds else f"the best row is {' and '.join(labels)}",
    )  # fmt: skip


def _sign(cell: Cell) -> float:
    """-1 where lower is better; a mean of columns is of their metric."""
    metric = cell.sources[0].metric
    if metric is None:
        raise InputError(
            f"{cell.id}: its column has no metric, so nothing says which value is the best; see audit.checks"
        )
    return 1.0 if metric_named(metric).higher_is_better else -1.0


def _printed_at(paper: Paper, entry: Entry, row: str, column: str) -> float | None:
    return paper.published[f"{paper.id}.{entry.table}.{row}.{column}"].value
