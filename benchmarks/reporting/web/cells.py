"""The cells of a table one by one: what is published, what came out, its state, and where its commands stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.overview import MEANT, SQUARES, state_of, told
from benchmarks.reporting.render.html import plain
from benchmarks.reporting.web.palette import LOOKS, css_name, is_round
from benchmarks.reporting.web.places import anchor, command_anchor, setting_place, table_place, way
from benchmarks.reporting.web.uses import elsewhere, in_words, settings_of


@dataclass(frozen=True)
class Badge:
    """How a state is shown: its word, letter and class, and what it means."""

    state: str
    letter: str
    css: str
    round: bool
    meaning: str


@dataclass(frozen=True)
class Line:
    """A cell as a line of the list of a table's cells."""

    id: str
    anchor: str
    row: str
    column: str
    published: str
    ours: str
    interval: str
    badge: Badge | None
    #: the word of a cell without a published number
    word: str
    elsewhere: str
    #: why there is nothing to be run
    why: str
    #: where its commands stand: what is shown and the link
    ways: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Square:
    """A published number at a glance."""

    href: str
    badge: Badge
    told: str


def badge(state: str) -> Badge:
    """The badge of a state that `overview.state_of` tells."""
    return Badge(state, LOOKS[state].letter, css_name(state), is_round(state), MEANT.get(state, state))


def badges(states: Mapping[str, int], alone: Mapping[str, int]) -> list[tuple[Badge, int, str]]:
    """Of the states that occur, in their order: badge, count, and how it is told after a number.

    alone: how many are in each state on the mean alone.
    """
    return [
        (badge(state), states[state], told(states[state], state, alone.get(state, 0)))
        for state in SQUARES if states.get(state)
    ]  # fmt: skip


def lines(table: TableResult, here: str) -> Iterator[Line]:
    """The cells of the paper's table and those added to it, then controls of which there are runs."""
    apart = elsewhere(table)
    seen: set[str] = set()
    controls = [one for results in table.controls.values() for one in results]
    for one in (*table.main, *controls):
        if one.cell.id not in seen and (one.cell.published is not None or one.n_runs or one.check or one in controls):
            seen.add(one.cell.id)
            yield _line(table, one, apart.get(one.cell.id, []), here)


def _line(table: TableResult, one: CellResult, apart: Sequence[CellResult], here: str) -> Line:
    cell, state = one.cell, state_of(table, one)
    is_full = one.variant.earns_verdict
    return Line(
        cell.id, anchor(cell), plain(cell.label), plain(table.table.columns[cell.column].label),
        plain(wording.published(one)), _ours(one) if is_full else wording.NOTHING,
        wording.span(one.interval, cell.decimals) if is_full and one.interval else "",
        badge(state) if state else None, one.status if is_full else "control", in_words(apart),
        wording.sentence(cell.quoted) if cell.quoted else "", tuple(_ways(table, one, here)),
    )  # fmt: skip


def _ours(one: CellResult) -> str:
    return wording.as_printed(one) if one.mean is not None else plain(wording.so_far(one)) if one.n_runs else "–"


def _ways(table: TableResult, one: CellResult, here: str) -> Iterator[tuple[str, str]]:
    """Where the commands of a cell stand: on the page of each of its settings, or of what the audit computes below."""
    if one.cell.recipe == "audit":
        yield "how", way(here, table_place(table.id), "how")
    for setting in settings_of(one.cell) if one.cell.recipe == "train" else ():
        yield setting, way(here, setting_place(table.paper.id, setting), command_anchor(one.cell))


def squares(table: TableResult, here: str) -> list[tuple[str, list[Square | None]]]:
    """The published numbers of a table, row by row, with the label of each row; nothing where none is printed."""
    states = {(one.cell.row, one.cell.column): state for one in table.main if (state := state_of(table, one))}
    columns = [name for name in table.table.columns if any(name == column for _, column in states)]
    cells = {(one.cell.row, one.cell.column): one for one in table.main}
    labels = {one.cell.row: plain(one.cell.label) for one in table.main}

    def at(row: str, column: str) -> Square | None:
        state = states.get((row, column))
        return _square(table, cells[row, column], state, here) if state else None

    return [(labels[row], [at(row, column) for column in columns]) for row in dict.fromkeys(row for row, _ in states)]


def _square(table: TableResult, one: CellResult, state: str, here: str) -> Square:
    column = plain(table.table.columns[one.cell.column].label)
    ours = f", ours {wording.as_printed(one)}" if one.mean is not None else ""
    told = f"{plain(one.cell.label)}, {column}: published {plain(wording.published(one))}{ours}; {state}"
    return Square(way(here, table_place(table.id), anchor(one.cell)), badge(state), told)
