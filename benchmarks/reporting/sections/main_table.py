"""A table under the paper's own conditions."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading
from benchmarks.reporting.sections.audited import audit_grid, quantity_blocks
from benchmarks.reporting.sections.wide import groups, ran_rows, wide_grid

MAIN_HEAD = (
    "row", "published", "reproduced", "as printed", "correct", "90 % interval", "seeds × folds", "verdict", "protocol",
    "at half / double margin", "item noise",
)  # fmt: skip
LEGEND = (
    "*Reproduced* is the mean over folds and seeds, ± the standard deviation over seeds where there are two or more; "
    "*as printed* the same, shortened as the paper does; *correct* the exact count of decisions. In the *90 % "
    "interval* one more run of the same recipe is expected, which is what a published number is; *s* is the standard "
    "deviation over seeds of a mean over folds, from the spread within each fold, pooled over folds and alike "
    "settings, and *df* are its degrees of freedom. Where a second seed gave the same scores nothing is drawn. "
    "*Reproduced* as a verdict means that this interval, seen from the published value, lies within the margin; "
    "*deviates*, that it lies outside; *under a fitted reading*, that the published values had a say in what was run; "
    "*the mean alone*, that folds are known to differ. *Item noise* is how the value would vary with other test items "
    "(bootstrap, 90 %); it does not enter the verdict where the test items are the same."
)


def main_tables(result: TableResult, notes: Footnotes) -> list[Block]:
    """The table under the paper's own conditions, a grid per column."""
    if result.table.kind == "audit":
        return [audit_grid(result, result.main, notes), *quantity_blocks(result, notes)]
    if not groups(result.table):
        grids = [block for title, grid in _column_grids(result, notes) for block in (Heading(title), grid)]
        return [*grids, *quantity_blocks(result, notes)]
    labelled = [relabelled(one, wording.label(one, notes)) for one in result.main]
    blocks: list[Block] = [Heading("Published"), wide_grid(result, labelled, lambda one: wording.published(one))]
    if ran := ran_rows(result.main):
        blocks += [Heading("Reproduced"), wide_grid(result, ran, wording.reproduced)]
        blocks += [Heading("Verdicts"), wide_grid(result, ran, _short_verdict)]
    columns = [Folded(title, [grid]) for title, grid in _column_grids(result, notes)]
    return [*blocks, Heading("Column by column"), *columns]


def _column_grids(result: TableResult, notes: Footnotes) -> Iterator[tuple[str, Grid]]:
    """Title and grid of each column, with all that is known of its cells; places that are empty are left out."""
    filled = tuple(one for one in result.main if one.cell.published is not None or one.cell.recipe != "quoted")
    for column, results in result.columns(filled).items():
        if result.table.columns[column].audited:
            yield column_title(result, column), audit_grid(result, results, notes)
        else:
            rows = [_main_row(one, notes) for one in results]
            yield column_title(result, column, notes), Grid(MAIN_HEAD, rows, left=(0, 7, 8, 9))


def _main_row(result: CellResult, notes: Footnotes) -> tuple[str, ...]:
    noise = result.item_noise
    return (
        wording.label(result, notes),
        wording.published(result, notes),
        wording.reproduced(result),
        wording.as_printed(result),
        wording.fraction(result),
        wording.interval(result, notes),
        wording.runs(result),
        wording.verdict(result, notes),
        wording.protocol(result, notes),
        wording.at_other_margins(result),
        wording.span((noise.low, noise.high) if noise else None, result.cell.decimals),
    )


def relabelled(one: CellResult, label: str) -> CellResult:
    """The cell under another label."""
    return replace(one, cell=one.cell.model_copy(update={"label": label}))


def _short_verdict(one: CellResult) -> str:
    """The verdict as one word; its reasons stand column by column."""
    return wording.NOTHING if one.cell.published is None else wording.decided(one)


def column_title(result: TableResult, column: str, notes: Footnotes | None = None) -> str:
    """The label of a column with its unit and margin, and with `notes` why it is here."""
    described = result.table.columns[column]
    why = notes.mark(wording.sentence(described.added)) if notes and described.added else ""
    facts = [described.unit] if described.unit else []
    facts += [] if described.margin is None else [f"margin ± {described.margin:g}"]
    facts += [
        f"{one.cell.label} ± {one.cell.margin:g}" for one in result.main
        if one.cell.column == column and one.cell.margin not in (None, described.margin) and one.cell.recipe == "train"
    ]  # fmt: skip
    return (f"{described.label} ({', '.join(facts)})" if facts else described.label) + why
