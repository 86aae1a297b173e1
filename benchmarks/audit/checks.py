"""What can be checked without training: sizes and costs of networks, printed averages, the tables' inner identities.

What to check is data, the `audit` section of a paper's file; everything here is computed anew at each call.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from benchmarks.audit import labels
from benchmarks.audit.identities import attainable_events, average, average_of_rows, best_printed
from benchmarks.audit.parts import attainable_parts, spread
from benchmarks.audit.printed import Check, agrees, chosen, counted, counts_of, decimals_of, printed, truncates
from benchmarks.errors import InputError, fitted
from benchmarks.runs.build import import_class, instantiate
from benchmarks.spec import Paper, load_paper, select
from benchmarks.spec.audit import (
    Attainable,
    AttainableEvents,
    AttainableParts,
    Average,
    AverageOfRows,
    BestPrinted,
    Computed,
    Count,
    Difference,
    Entry,
    Labels,
    Mean,
    Quantity,
    Ratio,
    Recorded,
    Same,
    Scaled,
    Share,
    Spread,
)
from benchmarks.spec.audit import Check as AnyEntry

__all__ = ["Check", "agrees", "audit", "audit_lines", "checks", "printed"]


class _Networks(dict[str, Any]):
    """The networks that a paper's audit counts, each built when first needed."""

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self.paper = paper

    def __missing__(self, name: str) -> Any:
        """The network of an audit entry: as its setting trains it, with the entry's own arguments."""
        network = self.paper.audit.networks[name]
        model = self.paper.settings[network.setting].resolved("full")["model"]
        changes = {argument: sourced.value for argument, sourced in network.args.items()}
        self[name] = instantiate(model["class_path"], {**model["init_args"], **changes})
        return self[name]

    def count(self, entry: Count, name: str) -> float:
        """What the entry counts of the network `name`."""
        return float(import_class(entry.of)(self[name], **entry.args)) * entry.times.get(name, 1.0)


def audit(target: str) -> list[Check]:
    """The checks of a paper, a table, a row, a column or a cell. Raises InputError for an unknown target."""
    parts = target.split(".")
    chosen = select(target)
    cells = [cell.id for cell in chosen] if len(parts) > 2 else []
    table = parts[1] if len(parts) > 1 else None
    return [
        check for check in checks(load_paper(parts[0]), table)
        if f"{check['id']}.".startswith((f"{target}.", *(f"{cell}." for cell in cells)))
    ]  # fmt: skip


def audit_lines(made: Iterable[Check]) -> list[str]:
    """Checks for reading, a line for each: below it what is said of it alone, above several what they share."""
    listed = list(made)
    lines = [f"{'':10}{'check':<46} {'published':>9} {'computed':>10}"]
    for note, group in groupby(listed, key=lambda check: check["note"] or ""):
        alike = list(group)
        lines += fitted(note).split("\n") if len(alike) > 1 else []
        for check in alike:
            published = "-" if check["published"] is None else f"{check['published']:g}"
            words = ("fits", "misfit") if check.get("tries") else ("holds", "FAILS")
            word = "" if check["holds"] is None else words[not check["holds"]]
            word += "*" if word and check.get("fitted") else ""
            lines.append(f"  {word:<6}  {check['id']:<46} {published:>9} {check['computed']:>10.6g}")
        lines += fitted(f"{'':10}{note}").split("\n") if note and len(alike) == 1 else []
    if len(lines) == 1:
        return ["nothing here can be checked without training"]
    choices = dict.fromkeys(chosen(text) for check in listed if (text := check.get("fitted")))
    fits = [line for text in choices for line in fitted(f"* fitted to the printed numbers: {text}").split("\n")]
    return [*lines, *fits, *filter(None, [counted(listed)])]


def checks(paper: Paper, table: str | None = None) -> Iterator[Check]:
    """The checks of a paper, or those that touch one table, in the order of its file."""
    networks = _Networks(paper)
    for entry in paper.audit.checks:
        if table is None or table in entry.tables():
            for check in _made(paper, entry, networks):
                yield {**check, "tries": entry.tries, "fitted": entry.fitted}


def _made(paper: Paper, entry: AnyEntry, networks: _Networks) -> Iterator[Check]:
    """The checks of one entry."""
    match entry:
        case Quantity():
            yield from _quantity(paper, entry, networks)
        case Computed():
            yield from _computed(paper, entry)
        case Recorded():
            yield from _recorded(paper, entry)
        case Attainable():
            yield from _attainable(paper, entry)
        case Same():
            yield from _same(paper, entry)
        case Ratio():
            yield _ratio(paper, entry, networks)
        case Mean():
            yield from _mean(paper, entry)
        case AttainableParts():
            yield from attainable_parts(paper, entry)
        case Spread():
            yield from spread(paper, entry)
        case Difference():
            yield _difference(paper, entry)
        case Scaled():
            yield _compared(paper, entry, entry.printed, _value(paper, entry.cell) * entry.times, entry.decimals)
        case Share():
            yield _share(paper, entry)
        case Average():
            yield from average(paper, entry)
        case AverageOfRows():
            yield from average_of_rows(paper, entry)
        case AttainableEvents():
            yield from attainable_events(paper, entry)
        case BestPrinted():
            yield best_printed(paper, entry)
        case Labels():
            yield from _labels(paper, entry)


def _quantity(paper: Paper, entry: Quantity, networks: _Networks) -> Iterator[Check]:
    table = paper.tables[entry.table]
    decimals, cuts = table.columns[entry.column].decimals, truncates(paper, entry)
    for row in table.rows:
        if row not in paper.audit.networks:
            continue
        cell = f"{paper.id}.{entry.table}.{row}.{entry.column}"
        check = cell if entry.feeds else f"{paper.id}.{entry.table}.{row}.{entry.id}"
        computed = networks.count(entry, row) / entry.unit
        published = paper.published[cell].value
        holds = agrees(computed, published, decimals, cuts) if entry.compares and published is not None else None
        yield Check(
            id=check, published=published if entry.compares else None, computed=computed, holds=holds, note=entry.note
        )  # fmt: skip


def _computed(paper: Paper, entry: Computed) -> Iterator[Check]:
    decimals, cuts = paper.tables[entry.table].columns[entry.column].decimals, truncates(paper, entry)
    function = import_class(entry.of)
    for row, arguments in entry.rows.items():
        cell = f"{paper.id}.{entry.table}.{row}.{entry.column}"
        published, computed = paper.published[cell].value, float(function(**arguments))
        holds = agrees(computed, published, decimals, cuts) if entry.compares and published is not None else None
        yield Check(
            id=cell if entry.feeds else f"{paper.id}.{entry.table}.{row}.{entry.id}",
            published=published if entry.compares else None, computed=computed, holds=holds, note=entry.note,
        )  # fmt: skip


def _recorded(paper: Paper, entry: Recorded) -> Iterator[Check]:
    from benchmarks.audit.ranges import recorded

    found = recorded(paper)
    on = f"on {found['measured_on']['files']} released feature files"
    note = f"{entry.note}, {on}" if entry.note else on
    for row in [row for row in paper.tables[entry.table].rows if row in found["rows"]]:
        values = found["rows"][row]
        check = f"{paper.id}.{entry.table}.{row}.{entry.id}"
        yield Check(id=check, published=None, computed=values[entry.value], holds=None, note=note)


def _ratio(paper: Paper, entry: Ratio, networks: _Networks) -> Check:
    ours, other = networks.count(entry, entry.network), networks.count(entry, entry.than)
    return Check(id=_id(paper, entry), published=None, computed=ours / other, holds=ours < other, note=entry.note)


def _attainable(paper: Paper, entry: Attainable) -> Iterator[Check]:
    decimals, cuts = paper.tables[entry.table].columns[entry.column].decimals, truncates(paper, entry)
    for row in entry.rows or paper.tables[entry.table].rows:
        cell = f"{paper.id}.{entry.table}.{row}.{entry.column}"
        published = paper.published[cell].value
        if published is None:
            continue
        fits = counts_of(published, entry.decisions, decimals, cuts)
        shown = fits or [round(published * entry.decisions / 100)]
        note = f"{' or '.join(map(str, shown))} of {entry.decisions} decisions"
        computed = 100 * shown[0] / entry.decisions
        yield Check(id=f"{cell}.{entry.id}", published=published, computed=computed, holds=bool(fits), note=note)


def _same(paper: Paper, entry: Same) -> Iterator[Check]:
    """Cells of one experiment, which agree where the one with more decimals, shortened, is the other."""
    first, decimals = _value(paper, entry.cells[0]), decimals_of(paper, entry.cells[0])
    for cell in entry.cells[1:]:
        value, its = _value(paper, cell), decimals_of(paper, cell)
        fine, coarse = (value, first) if its > decimals else (first, value)
        holds = agrees(fine, coarse, min(decimals, its), truncates(paper, entry))
        note = f"stands for the same experiment as {_named(paper, entry.cells[0])}"
        yield Check(id=f"{cell}.{entry.id}", published=first, computed=value, holds=holds, note=note)


def _named(paper: Paper, cell: str) -> str:
    """A cell by its labels: "“None” of table 2, OM, DCASE"."""
    _, table, _, column = cell.split(".", 3)
    label = paper.tables[table].columns[column].label
    return f"“{paper.published[cell].label}” of table {table.removeprefix('t')}, {label}"


def _mean(paper: Paper, entry: Mean) -> Iterator[Check]:
    for cell, values in entry.values.items():
        if entry.decisions is not None:
            values = [100 * round(value * entry.decisions / 100) / entry.decisions for value in values]
        decimals = decimals_of(paper, cell)
        computed = round(sum(values) / len(values), 9)
        yield _compared(paper, entry, _value(paper, cell), computed, decimals, cell)


def _difference(paper: Paper, entry: Difference) -> Check:
    computed = round(_value(paper, entry.of) - _value(paper, entry.minus), 9)
    return _compared(paper, entry, entry.printed, computed, entry.decimals)


def _share(paper: Paper, entry: Share) -> Check:
    return _compared(paper, entry, entry.printed, 100 * entry.count / entry.total, entry.decimals)


def _labels(paper: Paper, entry: Labels) -> Iterator[Check]:
    counted = labels.recorded(paper, entry.dataset)
    if entry.fact in ("hard", "soft"):
        for label, value in getattr(counted, entry.fact).items():
            name = f"{_id(paper, entry)}.{label.replace(' ', '_')}"
            yield Check(id=name, published=None, computed=float(value), holds=None, note=entry.note)
        return
    if entry.fact == "all_active":
        computed = counted.all_active()
    elif entry.fact == "minutes":
        computed = counted.lasting / counted.recordings / 60
    else:
        computed = float(np.mean(list(getattr(counted, entry.fact).values())))
    if entry.printed is None:
        yield Check(id=_id(paper, entry), published=None, computed=computed, holds=None, note=entry.note)
    else:
        yield _compared(paper, entry, entry.printed, computed, entry.decimals)


def _compared(
    paper: Paper, entry: Entry, published: float, computed: float, decimals: int, cell: str | None = None
) -> Check:
    holds = agrees(computed, published, decimals, truncates(paper, entry))
    name = f"{cell}.{entry.id}" if cell else _id(paper, entry)
    return Check(id=name, published=published, computed=computed, holds=holds, note=entry.note)


def _id(paper: Paper, entry: Entry) -> str:
    return f"{paper.id}.{entry.table}.{entry.id}"


def _value(paper: Paper, cell: str) -> float:
    value = paper.published[cell].value
    if value is None:
        raise InputError(f"{cell}: has no published value that could be audited; see audit.checks in its paper.yaml")
    return value
