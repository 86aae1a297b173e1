"""The front page over all tables."""

from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.judge.aside import LeftAside
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Bullets, Grid, Heading, Page, Text

LEFT_ASIDE = (
    "These stored runs feed no cell, because recipe, versions or files have changed since; they wait to be redone."
)
WORTH = (
    "Only tier full on the real files in float32 is the paper's experiment and earns a verdict. What ran on a shorter "
    "schedule or on other files stands apart; it says nothing about the paper."
)


class FrontPage(PageKind):
    """Every table with its counts, every cell that is not only quoted, and apart from them what ran otherwise."""

    def pages(self, report: Report) -> Iterator[Page]:
        """The one page."""
        yield Page("README", "Published numbers, run again", _blocks(report.tables, report.left_aside))


def _blocks(tables: Sequence[TableResult], left_aside: Sequence[LeftAside]) -> list[Block]:
    counts: Counter[str] = sum((table.counts for table in tables), Counter())
    total = sum(counts.values())
    of = f"{len(tables)} table{'s' if len(tables) > 1 else ''}"
    return [
        Text(f"{total} published numbers in {of}: {wording.counted(counts)}."),
        Text(WORTH),
        _summary(tables),
        Heading("Published and reproduced"),
        _cells(tables),
        *_apart(tables),
        *_left_aside(left_aside),
        Heading("How this was made"),
        Text(
            "`python -m benchmarks report` writes all pages from the stored runs; no result in them is typed by hand. "
            "`make <table> TIER=full` trains what is missing of a table, `python -m benchmarks land <table>` keeps its "
            "runs. The same data for programs: [report.json](report.json). For a browser `report` writes `index.html`, "
            "one file with all figures, which is too large to be kept here."
        ),
    ]


def _left_aside(found: Sequence[LeftAside]) -> list[Block]:
    """Stored runs that feed no cell, with what has changed since."""
    by_reason: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for one in found:
        where = (one.paper, one.dataset, wording.conditions(one.variant), one.why)
        by_reason.setdefault(where, {})[one.setting] = one.runs
    lines = [
        f"{sum(settings.values())} runs of `{'`, `'.join(settings)}` ({paper}, {dataset}, {conditions}): {why}"
        for (paper, dataset, conditions, why), settings in by_reason.items()
    ]
    return [Heading("Left aside"), Text(LEFT_ASIDE), Bullets(lines)] if lines else []


def _summary(tables: Sequence[TableResult]) -> Grid:
    used = [word for word in wording.COUNTED if any(table.counts[word] for table in tables)]
    rows = [
        (
            f"[{table.id}]({table.paper.id}/{table.table_id}.md)",
            table.table.title,
            *(str(table.counts[word] or "") for word in used),
        )
        for table in tables
    ]
    return Grid(("table", "of", *map(_word, used)), rows, left=(0, 1))


def _cells(tables: Sequence[TableResult]) -> Grid:
    rows = [
        (
            *_where(table, one),
            wording.published(one),
            wording.as_printed(one) if one.cell.recipe == "audit" else wording.reproduced(one),
            _verdict(one),
            wording.runs(one),
            _tier(table, one),
        )
        for table in tables
        for one in table.main
        if one.cell.recipe == "audit" or one.n_runs or _tier(table, one) != wording.NOTHING
    ]
    head = ("table", "row", "column", "published", "reproduced", "verdict", "runs", "tier")
    return Grid(head, _without_repeats(rows), left=(0, 1, 2, 5, 7))


def _verdict(one: CellResult) -> str:
    word = wording.decided(one)
    off = one.folds_off
    reading = " (our reading)" if one.verdict and one.protocol == "our reading" else ""
    alone = f"; mean alone, off on {off[0]} of {off[1]} folds" if one.status == "reproduced" and off and off[0] else ""
    return word + reading + alone


def _without_repeats(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Table and row are written once, where they begin."""
    written: list[tuple[str, ...]] = []
    for number, row in enumerate(rows):
        above = rows[number - 1] if number else ("", "")
        table = "" if row[0] == above[0] else row[0]
        written.append((table, "" if row[:2] == above[:2] else row[1], *row[2:]))
    return written


def _tier(table: TableResult, one: CellResult) -> str:
    """The tier of the row; where nothing of it ran in full, the tiers that are shown apart."""
    if one.cell.recipe == "audit":
        return "audit"
    if one.n_runs:
        return "full"
    apart = [
        variant.tier
        for variant, results in table.others.items()
        if variant.corpus == "real" and any(other.cell.id == one.cell.id and other.n_runs for other in results)
    ]
    return f"{', '.join(dict.fromkeys(apart))}: below" if apart else wording.NOTHING


def _apart(tables: Sequence[TableResult]) -> list[Block]:
    """What ran otherwise on the real files, cell by cell; what ran on other files, as a count."""
    rows: list[tuple[str, ...]] = []
    elsewhere: dict[str, int] = {}
    studies: list[str] = []
    for table in tables:
        for variant, results in table.others.items():
            ran = [one for one in results if one.n_runs]
            if variant.corpus == "real":
                value = [(*_where(table, one), wording.reproduced(one), wording.runs(one), variant.name) for one in ran]
                rows += [row for row, one in zip(value, ran, strict=True) if one.mean is not None]
            elif variant.corpus == "standin" and variant.tier != "smoke":
                studies.append(f"[{table.id}]({table.paper.id}/{table.table_id}.md), {wording.conditions(variant)}")
            else:
                elsewhere[wording.conditions(variant)] = elsewhere.get(wording.conditions(variant), 0) + len(ran)
    blocks: list[Block] = []
    if rows:
        grid = Grid(("table", "row", "column", "value", "runs", "tier"), _without_repeats(rows), (0, 1, 2, 5))
        blocks += [Heading("Apart: shorter schedules on the real files, no verdict"), grid]
    if studies:
        about = "The networks on real sounds in the layout of datasets that cannot be had here; no published number:"
        blocks += [Heading("Apart: studies on stand-in files"), Text(about), Bullets(studies)]
    if elsewhere:
        told = "; ".join(f"{count} cells in {name}" for name, count in elsewhere.items())
        blocks += [Text(f"On generated files ran {told}: they prove the path, not the learning; see the pages.")]
    return blocks


def _where(table: TableResult, one: CellResult) -> tuple[str, str, str]:
    link = f"[{table.id}]({table.paper.id}/{table.table_id}.md)"
    return link, one.cell.label, table.table.columns[one.cell.column].label


def _word(word: str) -> str:
    return f"audit {word}" if word.startswith(("holds", "fails")) else word
