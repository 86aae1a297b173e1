"""The front page over all tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.judge.aside import LeftAside
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.overview import (
    alone_of,
    beside,
    counted,
    ended_of,
    incomparable,
    method_sentences,
    methods_of,
    newest_blocks,
    overview_blocks,
    overview_row,
    states_of,
)
from benchmarks.reporting.opening.result import OTHERWISE
from benchmarks.reporting.opening.todo import CALLED, Todo, plain_todo, todo_from, together
from benchmarks.reporting.pages import JoinedPage, Report
from benchmarks.reporting.render.blocks import Block, Bullets, Folded, Grid, Heading, Page, Text
from benchmarks.reporting.written import TITLE
from datasets.acquire.telling import count_of

LEFT_ASIDE = (
    "These stored runs feed no cell, because their recipe, versions or files have changed since. To have them back, "
    "run them again."
)
WORTH = (
    "Only what runs by the paper's own schedule (tier full) on the real files in float32, or in numerics that a study "
    "lets stand for it, earns a verdict. What ran on a shorter schedule (reduced, smoke) or on other files "
    "stands apart; it decides nothing about the paper. [How a verdict is made](verdict.md), step by step."
)
SPREAD = (
    "On this page ± is the standard deviation over seeds of a mean over folds: of few seeds a rough one, and none "
    "where means coincide by chance. Verdicts estimate the same from the spread within every fold, unless folds have "
    "draws in common ([how](verdict.md)); pages on numerics tell that of a single fold. *90 of 100 runs*: where as "
    "many further runs of the recipe are expected, by that spread; the page of a table tells its degrees of freedom."
)
MEAN_ALONE = (
    "*Mean alone*: the mean agrees with the printed one and single folds do not, so the recipe is not shown to be the "
    "same."
)
SMOKE = (
    "they prove the path, not the learning. Counted is every cell with a run, also of controls and where nothing is "
    "published."
)
STUDIES = (
    "The networks on other sounds, in the layout of datasets that cannot be had here. No published number is held "
    "against these values; what the stand-in is made of, and what the paper's questions find there, stands on the page."
)


class FrontPage(JoinedPage):
    """All cells at a glance, those that ran in full in numbers, what ran otherwise, what is new and still to be run."""

    def taken(self, report: Report) -> dict[str, Any]:
        """What the page tells of some tables."""
        tables = report.tables
        ran, audited = _in_full(tables)
        rows, smoke, studies = _apart(tables)
        return {
            "tables": len(tables), "states": sum(map(states_of, tables), Counter()),
            "alone": sum(map(alone_of, tables), Counter()), "beside": beside(tables),
            "incomparable": incomparable(tables), "methods": methods_of(tables),
            "overview": [overview_row(table) for table in tables],
            "in_full": ran, "audited": audited, "apart": rows, "smoke": smoke, "studies": studies,
            "ended": ended_of(tables), "left_aside": _left_aside(report.left_aside),
            "todo": [(_link(one), plain_todo(report.todo[one.id])) for one in tables if one.id in report.todo],
        }  # fmt: skip

    def joined(self, parts: Sequence[dict[str, Any]]) -> Iterator[Page]:
        """The one page."""
        told = together_told(parts)
        blocks = [*opening(told), *overview_blocks(told["overview"], told["states"]), *behind(told)]
        yield Page("README", TITLE, blocks)


def together_told(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was taken of several reports (`FrontPage.taken`), as one."""
    smoke: dict[str, dict[str, int]] = {}
    for part in parts:
        for conditions, counts in part["smoke"].items():
            smoke.setdefault(conditions, {}).update(counts)
    lists = ("methods", "overview", "in_full", "audited", "apart", "studies", "left_aside", "todo")
    return {
        "tables": sum(part["tables"] for part in parts), "beside": sum(part["beside"] for part in parts),
        "incomparable": sum(part["incomparable"] for part in parts),
        **{name: sum((Counter(part[name]) for part in parts), Counter()) for name in ("states", "alone")},
        "smoke": smoke,
        "ended": {run: told for part in parts for run, told in part["ended"].items()},
        **{name: [one for part in parts for one in part[name]] for name in lists},
    }  # fmt: skip


def opening(told: Mapping[str, Any]) -> Iterator[Block]:
    """How many published numbers there are and what became of them."""
    number, more = sum(told["states"].values()), told["beside"]
    of = count_of(told["tables"], "table")
    apart = f", {number - more} of the papers' tables and {more} that stand beside them" if more else ""
    without = told["incomparable"]
    would = f" {without} of those not run in full could earn no verdict: {OTHERWISE}." if without else ""
    became = counted(told["states"], told["alone"])
    yield Text(f"{count_of(number, 'published number')} in {of}{apart}: {became}.{would}")
    yield from (Text(sentence) for sentence in method_sentences(told["methods"]))


def behind(told: Mapping[str, Any]) -> Iterator[Block]:
    """All that stands below the cells at a glance."""
    yield Text(WORTH)
    yield from _in_full_blocks(told["in_full"], told["audited"])
    is_told = any("±" in row[4] for row in told["in_full"])
    yield from _apart_blocks(told["apart"], told["studies"], told["smoke"], is_told)
    yield from newest_blocks(told["ended"])
    yield from _to_finish([(link, todo_from(plain)) for link, plain in told["todo"]])
    if told["left_aside"]:
        yield from (Heading("Left aside"), Text(LEFT_ASIDE), Bullets(told["left_aside"]))
    yield Heading("How this was made")
    yield Text(
        "`python -m benchmarks report` writes all pages from the stored runs; no result in them is typed by hand. "
        "`make <table> TIER=full YES=1` trains what is missing of a table, `python -m benchmarks land <table>` keeps "
        "its runs. The same data for programs: [report.json](report.json). For a browser `report --html` writes a "
        "site with more on every cell, which is too large to be kept here."
    )


def _in_full(tables: Sequence[TableResult]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The cells that ran under the paper's conditions, and those that are computed without training: a row for each."""
    ran: list[tuple[str, ...]] = [
        (
            *_where(table, one), wording.published(one), wording.reproduced(one),
            wording.span(one.interval, one.cell.decimals), _verdict(one), wording.runs(one),
        )
        for table in tables for one in table.main if one.cell.recipe != "audit" and one.n_runs
    ]  # fmt: skip
    audited: list[tuple[str, ...]] = [
        (*_where(table, one), wording.published(one), wording.as_printed(one), _verdict(one))
        for table in tables
        for one in table.main
        if one.cell.recipe == "audit"
    ]
    return ran, audited


def _in_full_blocks(ran: Sequence[Sequence[str]], audited: Sequence[Sequence[str]]) -> Iterator[Block]:
    head = ("table", "row", "column", "published", "ours", "90 of 100 runs", "verdict", "runs")
    if ran:
        yield Heading("Published and reproduced")
        yield Grid(head, _without_repeats(ran), left=(0, 1, 2, 6))
        yield from _spread(row[4] for row in ran)
        if any("mean alone" in row[6] for row in ran):
            yield Text(MEAN_ALONE)
    if audited:
        grid = Grid((*head[:4], "computed", "audit"), _without_repeats(audited), left=(0, 1, 2, 5))
        yield Folded(f"{len(audited)} cells that are computed without training", [grid])


def _spread(values: Iterable[str]) -> Iterator[Block]:
    """What ± says, below the values that have one."""
    if any("±" in value for value in values):
        yield Text(SPREAD)


def _verdict(one: CellResult) -> str:
    word = wording.decided(one)
    off = one.mean_alone
    reading = " (our reading)" if one.verdict and one.protocol == "our reading" else ""
    alone = f"; mean alone, off on {off[0]} of {off[1]} folds, {wording.most_off(one)} at most" if off else ""
    why = f"[why]({one.cell.id.split('.')[0]}/numerics.md)"
    numerics = f"; in {one.numerics} ({why})" if one.numerics != "float32" else ""
    return word + reading + alone + numerics


def _without_repeats(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Table and row are written once, where they begin."""
    written: list[tuple[str, ...]] = []
    for number, row in enumerate(rows):
        above = rows[number - 1] if number else ("", "")
        table = "" if row[0] == above[0] else row[0]
        written.append((table, "" if tuple(row[:2]) == tuple(above[:2]) else row[1], *row[2:]))
    return written


def _apart(tables: Sequence[TableResult]) -> tuple[list[tuple[str, ...]], dict[str, dict[str, int]], list[str]]:
    """What ran otherwise on the real files, cell by cell; counts of what proves the path, by conditions; studies."""
    rows: list[tuple[str, ...]] = []
    elsewhere: dict[str, dict[str, int]] = {}
    studies: list[str] = []
    for table in tables:
        for variant, results in table.others.items():
            ran = [one for one in (*results, *table.controls.get(variant, ())) if one.n_runs]
            told = wording.conditions(variant)
            if variant.tier == "smoke" or variant.corpus == "miniature":
                if ran:
                    elsewhere.setdefault(told, {})[table.id] = len(ran)
            elif variant.corpus == "real":
                rows += [(*_where(table, one), wording.reproduced(one), wording.runs(one), variant.name) for one in ran]
            else:
                studies.append(f"{_link(table)}, {told}: {wording.ran(results, table.controls.get(variant, ()))}")
    return rows, elsewhere, studies


def _apart_blocks(
    rows: Sequence[Sequence[str]], studies: Sequence[str], elsewhere: Mapping[str, Mapping[str, int]], is_told: bool
) -> Iterator[Block]:
    """is_told: whether it was said above what ± is."""
    if rows:
        yield Heading("Apart: other runs on the real files, no verdict")
        yield Grid(("table", "row", "column", "value", "runs", "tier"), _without_repeats(rows), (0, 1, 2, 5))
        yield from () if is_told else _spread(row[3] for row in rows)
    if studies:
        yield from (Heading("Apart: studies on stand-in files"), Text(STUDIES), Bullets(studies))
    if elsewhere:
        summed = "; ".join(f"{_cells(counts)} in {name} ({_by_table(counts)})" for name, counts in elsewhere.items())
        yield Text(f"Besides, there ran {summed}: {SMOKE}")


def _cells(counts: Mapping[str, int]) -> str:
    return count_of(sum(counts.values()), "cell")


def _by_table(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {table}" for table, count in counts.items())


def _to_finish(todo: Sequence[tuple[str, Todo]]) -> Iterator[Block]:
    """How many runs of the papers' own schedules are missing, and how long they are expected to take."""
    asked = [(link, one) for link, one in todo if one.missing]
    if not asked:
        return
    rows = [(link, *_missing(one)) for link, one in asked]
    total = together(one for _, one in asked)
    yield Heading("What it would take to finish")
    yield Text(
        "In tier full on the real files in float32, from what stored runs of the same recipe took; *guessed* is what "
        "nothing like it has been timed for. Runs of cells that could earn no verdict count as well; further seeds "
        "that an undecided cell may need do not. `python -m benchmarks run <table> --yes` goes on where it was "
        "stopped."
    )
    yield Grid(("table", "runs missing", "of", *CALLED.values()), [*rows, ("all, shared runs once", *_missing(total))])


def _missing(todo: Todo) -> tuple[str, ...]:
    there = Counter(todo.otherwise.values())
    beside = "".join(f" ({number} there in {numerics})" for numerics, number in there.items())
    return f"{len(todo.missing)}{beside}", str(len(todo.of)), *(todo.on(device) or wording.NOTHING for device in CALLED)


def _left_aside(found: Sequence[LeftAside]) -> list[str]:
    """Stored runs that feed no cell, with what has changed since."""
    by_reason: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for one in found:
        where = (one.paper, one.dataset, wording.conditions(one.variant), one.why)
        by_reason.setdefault(where, {})[one.setting] = one.runs
    return [
        f"{count_of(sum(settings.values()), 'run')} of `{'`, `'.join(settings)}` "
        f"({paper}, {dataset}, {conditions}): {why}"
        for (paper, dataset, conditions, why), settings in by_reason.items()
    ]


def _where(table: TableResult, one: CellResult) -> tuple[str, str, str]:
    return _link(table), one.cell.label, table.table.columns[one.cell.column].label


def _link(table: TableResult) -> str:
    return f"[{table.id}]({table.paper.id}/{table.table_id}.md)"
