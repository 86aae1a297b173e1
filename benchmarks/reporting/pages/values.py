"""The page on where the values come from that a paper's settings rest on."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import get_args

from benchmarks.audit.origins import Stated, changed, stated
from benchmarks.reporting import wording
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Grid, Heading, Page, Text
from benchmarks.reporting.terms import named
from benchmarks.spec import TIERS, Paper
from benchmarks.spec.bricks import Origin, Sourced

ABOUT = (
    "Everything that the settings of this paper are made of: what they state, what they leave to the defaults of their "
    "classes, and what these do besides. *paper*: its text says so; *code*: code of its authors, or of the work it "
    "cites, does; *inferred*: it follows from something published that is no result; *fitted*: chosen among what was "
    "tried because a published number comes out with it; *assumed*: nothing says so."
)
AGAINST = "Where what was trained differs from what the paper, or its source, says:"
FITTED = "Chosen because a published number comes out with it; that number is then no evidence for the rest:"
#: So many settings are named; more are counted.
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
    yield Heading("All values")
    yield _grid(paper, full, full, _where, "where")
    for tier in TIERS[1:]:
        others = _settings_of(
            {name: changed(paper, name, tier) for name, setting in paper.settings.items() if tier in setting.tiers}
        )
        if others:
            yield Heading(f"Otherwise in tier {tier}")
            yield _grid(paper, others, others, _where, "where")


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
            wording.value(one.sourced.value),
            one.sourced.origin,
            last(one.sourced),
            _named(settings[one], len(paper.settings)),
        )
        for one in shown
    ]
    head = ("part", "what", "value", "origin", called, "settings")
    return Grid(head, rows, left=tuple(range(len(head))))


def _where(sourced: Sourced) -> str:
    return "; ".join(text for text in (sourced.where, sourced.note) if text)


def _named(settings: Sequence[str], of: int) -> str:
    if len(settings) == of:
        return "all"
    return ", ".join(f"`{name}`" for name in settings) if len(settings) <= NAMED else f"{len(settings)} of {of}"
