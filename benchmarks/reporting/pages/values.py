"""The page on where the values come from that a paper's settings rest on."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import get_args

from benchmarks.audit.origins import Stated, changed, stated
from benchmarks.reporting import wording
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Grid, Heading, Page, Text
from benchmarks.reporting.terms import coded, named
from benchmarks.spec import TIERS, Paper
from benchmarks.spec.bricks import Origin, Sourced
from datasets.acquire.telling import enumerated

ABOUT = (
    "Everything that the settings of this paper are made of: what they state, what they leave to the defaults of their "
    "classes, and what these do besides. *paper*: its text says so; *code*: code of its authors, or of the work it "
    "cites, does; *inferred*: it follows from something published that is no result; *fitted*: chosen among what was "
    "tried because a published number comes out with it; *assumed*: nothing says so."
)
AGAINST = "Where what was trained differs from what the paper, or its source, says:"
FITTED = "Chosen because a published number comes out with it; that number is then no evidence for the rest:"
SETTINGS = (
    "By these names commands know the settings. The tables of this page name those that a value is of, or tell the "
    "numbers of many. *Feeds*: the rows of each table that it trains, controls among them."
)
#: So many settings, and columns, are named; of more settings the numbers are told.
NAMED = 4
PARTS = {"data": "data module", "model": "network", "trainer": "training"}


class ValuePages(PageKind):
    """A page per paper: every value of its settings with its origin."""

    by_paper = True

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of all papers."""
        for tables in report.papers.values():
            paper = tables[0].paper
            yield Page(f"{paper.id}/values", f"{paper.id}: where every value comes from", list(_blocks(paper)))


def _blocks(paper: Paper) -> Iterator[Block]:
    full = _settings_of({name: stated(paper, name) for name in paper.settings})
    counts = Counter(one.sourced.origin for one in full)
    yield Text(ABOUT)
    told = ", ".join(f"{counts[origin]} {origin}" for origin in get_args(Origin) if counts[origin])
    yield Text(f"{len(full)} values in tier full: {told}.")
    against = [one for one in full if one.sourced.contradicts]
    if against:
        yield Heading("Against the paper")
        yield Text(AGAINST)
        yield _grid(paper, against, full, lambda sourced: sourced.contradicts or "", "what is said")
    fitted = [one for one in full if one.sourced.origin == "fitted"]
    if fitted:
        yield Heading("Fitted")
        yield Text(FITTED)
        yield _grid(paper, fitted, full, lambda sourced: sourced.tried or "", "what was tried")
    yield Heading("Settings")
    yield Text(SETTINGS)
    yield _settings(paper)
    yield Heading("All values")
    yield _grid(paper, full, full, _where, "where")
    for tier in TIERS[1:]:
        others = _settings_of(
            {name: changed(paper, name, tier) for name, setting in paper.settings.items() if tier in setting.tiers}
        )
        if others:
            yield Heading(f"Otherwise in tier {tier}")
            yield _grid(paper, others, others, _where, "where")


def _settings(paper: Paper) -> Grid:
    """Every setting with its number, its name, what it is, and the rows that it feeds."""
    lines = [
        (str(number), f"`{name}`", setting.title, "; ".join(_feeds(paper, name)) or wording.NOTHING)
        for number, (name, setting) in enumerate(paper.settings.items(), 1)
    ]
    return Grid(("number", "setting", "what it is", "feeds"), lines, left=(1, 2, 3))


def _feeds(paper: Paper, setting: str) -> Iterator[str]:
    """The rows of each table that a setting trains, with the columns of those that others train, too.

    Means of columns are not told, nor columns that the paper does not have: they rest on the others' runs.
    """
    for table, described in paper.tables.items():
        columns: dict[str, dict[str, None]] = {}
        shared = set()
        for cell in (*paper.table_cells(table), *paper.control_cells(table)):
            trained = {source.setting for source in cell.sources if source.dataset} if cell.recipe == "train" else set()
            if setting in trained:
                column, of_row = described.columns[cell.column], columns.setdefault(cell.label, {})
                of_row.update({} if cell.parts or column.added else {column.label: None})
            if trained - {setting}:
                shared.add(cell.label)
        rows: dict[str, list[str]] = {}
        for label, of_row in columns.items():
            which = enumerated(of_row) if len(of_row) <= NAMED else f"{len(of_row)} columns"
            rows.setdefault(f" ({which})" if label in shared and of_row else "", []).append(label)
        told = [f"{enumerated(labels)}{which}" for which, labels in rows.items()]
        yield from [f"{table}: {'; '.join(told)}"] if told else []


def _settings_of(by_setting: Mapping[str, Iterable[Stated]]) -> dict[Stated, list[str]]:
    """Every value once, with the settings that have it."""
    found: dict[tuple[str, str, str], tuple[Stated, list[str]]] = {}
    for setting, values in by_setting.items():
        for one in values:
            key = (one.part, one.name, one.sourced.model_dump_json())
            found.setdefault(key, (one, []))[1].append(setting)
    ordered = sorted(found.values(), key=lambda item: (_rank(item[0]), item[0].name))
    return dict(ordered)


def _rank(one: Stated) -> tuple[int, str]:
    """Settings' own values before those of classes, which go by their names."""
    return (list(PARTS).index(one.part), "") if one.part in PARTS else (len(PARTS), one.part)


def _grid(
    paper: Paper,
    shown: Iterable[Stated],
    settings: Mapping[Stated, Sequence[str]],
    last: Callable[[Sourced], str],
    called: str,
) -> Grid:
    rows = [
        (
            PARTS.get(one.part, f"`{one.part}`"),
            named(one.name, one.part),
            coded(one.name, one.sourced.value),
            one.sourced.origin,
            last(one.sourced),
            _named(settings[one], list(paper.settings)),
        )
        for one in shown
    ]
    head = ("part", "what", "value", "origin", called, "settings")
    return Grid(head, rows, left=tuple(range(len(head))))


def _where(sourced: Sourced) -> str:
    return "; ".join(text for text in (sourced.where, sourced.note) if text)


def _named(settings: Sequence[str], known: Sequence[str]) -> str:
    """Settings by name; many by their numbers: "13 of 34: 1–9, 12, 15–17"."""
    if len(settings) == len(known):
        return "all"
    if len(settings) <= NAMED:
        return ", ".join(f"`{name}`" for name in settings)
    numbers = sorted(known.index(name) + 1 for name in settings)
    runs = [list(run) for _, run in groupby(enumerate(numbers), key=lambda one: one[1] - one[0])]
    ranges = [f"{run[0][1]}–{run[-1][1]}" if len(run) > 1 else str(run[0][1]) for run in runs]
    return f"{len(settings)} of {len(known)}: {', '.join(ranges)}"
