"""The page of one table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.figure import Figure
from benchmarks.reporting.figures.choose import table_figures
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading, Page, Text
from benchmarks.reporting.sections.classes import class_blocks
from benchmarks.reporting.sections.details import (
    check_blocks,
    claim_blocks,
    data_blocks,
    figure_blocks,
    fold_blocks,
    quantity_blocks,
)
from benchmarks.reporting.sections.provenance import provenance_blocks
from benchmarks.reporting.sections.wide import groups, ran_rows, wide_grid

MAIN_HEAD = (
    "row", "published", "reproduced", "as printed", "correct", "90 % interval", "seeds × folds", "verdict", "protocol",
    "at half / double margin", "item noise",
)  # fmt: skip
OTHER_HEAD = ("row", "value", "as printed", "correct", "seeds × folds")
LEGEND = (
    "*Reproduced* is the mean over folds and seeds, ± the standard deviation over seeds where there are two or more; "
    "*as printed* the same, shortened as the paper does; *correct* the exact count of decisions. In the *90 % "
    "interval* one more run of the same recipe is expected, which is what a published number is. *Reproduced* as a "
    "verdict means that this interval, seen from the published value, lies within the margin; *deviates*, that it lies "
    "outside. *Item noise* is how the value would vary with other test items (bootstrap, 90 %); it does not enter "
    "the verdict where the test items are the same."
)
APART = "Not the paper's experiment: no verdict, and not to be read beside the table above."


def table_page(result: TableResult, cache: Path) -> tuple[Page, list[Figure]]:
    """The page of a table, and the figures that it shows: the table, what stands behind it, what ran otherwise."""
    notes, paper = Footnotes(), result.paper
    about = f"{result.id} of *{paper.title}* ({paper.authors}, {paper.year}; {paper.reference})."
    blocks: list[Block] = [Text(about)]
    if result.unscored:
        blocks.append(Text(wording.unscored(result.unscored)))
    blocks += main_tables(result, notes)
    if result.table.kind == "train":
        blocks.append(Text(LEGEND))
    if result.table.note:
        blocks.append(Text(wording.sentence(result.table.note)))
    blocks += derived_blocks(result, Variant(), notes)
    blocks += control_blocks(result, result.controls.get(Variant(), ()), notes)
    blocks += claim_blocks(result.claims)
    figures = table_figures(result, Variant(), result.main, cache)
    blocks += _behind(result, result.main, figures, cache)
    for variant, results in result.others.items():
        apart = table_figures(result, variant, results, cache)
        figures += apart
        blocks += [*other_tables(result, variant, results, notes), *_behind(result, results, apart, cache)]
    blocks += check_blocks(result)
    return Page(f"{paper.id}/{result.table_id}", f"{result.id}: {result.table.title}", blocks, notes), figures


def _behind(result: TableResult, results: Sequence[CellResult], figures: Sequence[Figure], cache: Path) -> list[Block]:
    """What stands behind the cells of one variant."""
    with_controls = (*results, *result.controls.get(results[0].variant, ()))
    return [
        *figure_blocks(result, figures, results, cache),
        *class_blocks(result, with_controls, cache),
        *fold_blocks(result, with_controls),
        *data_blocks(result, results),
        *provenance_blocks(results),
    ]


def main_tables(result: TableResult, notes: Footnotes) -> list[Block]:
    """The table under the paper's own conditions, a grid per column."""
    if result.table.kind == "audit":
        return [_audit_grid(result.main, result, notes), *quantity_blocks(result, notes)]
    if not groups(result.table):
        grids = [block for title, grid in _column_grids(result, notes) for block in (Heading(title), grid)]
        return [*grids, *quantity_blocks(result, notes)]
    labelled = [_relabelled(one, wording.label(one, notes)) for one in result.main]
    blocks: list[Block] = [Heading("Published"), wide_grid(result, labelled, lambda one: wording.published(one))]
    if ran := ran_rows(result.main):
        blocks += [Heading("Reproduced"), wide_grid(result, ran, wording.reproduced)]
        blocks += [Heading("Verdicts"), wide_grid(result, ran, _short_verdict)]
    columns = [Folded(title, [grid]) for title, grid in _column_grids(result, notes)]
    return [*blocks, Heading("Column by column"), *columns]


def _column_grids(result: TableResult, notes: Footnotes) -> Iterator[tuple[str, Grid]]:
    """Title and grid of each column, with all that is known of its cells."""
    for column, results in result.columns(result.main).items():
        if result.table.columns[column].audited:
            yield _column_title(result, column), _audit_grid(results, result, notes)
        else:
            rows = [_main_row(one, notes) for one in results]
            yield _column_title(result, column, notes), Grid(MAIN_HEAD, rows, left=(0, 7, 8, 9))


def _relabelled(one: CellResult, label: str) -> CellResult:
    return replace(one, cell=one.cell.model_copy(update={"label": label}))


def _short_verdict(one: CellResult) -> str:
    """The verdict as one word; its reasons stand column by column."""
    return wording.NOTHING if one.cell.published is None else wording.decided(one)


def _column_title(result: TableResult, column: str, notes: Footnotes | None = None) -> str:
    described = result.table.columns[column]
    why = notes.mark(wording.sentence(described.added)) if notes and described.added else ""
    facts = [described.unit] if described.unit else []
    facts += [] if described.margin is None else [f"margin ± {described.margin:g}"]
    return (f"{described.label} ({', '.join(facts)})" if facts else described.label) + why


def control_blocks(
    result: TableResult, controls: Sequence[CellResult], notes: Footnotes, level: int = 2
) -> list[Block]:
    """Rows of ours that explain rows of the paper's."""
    if not controls:
        return []
    marked = [_relabelled(one, one.cell.label + _why(result, one, notes)) for one in controls]
    about = Text("Rows that the paper does not have, run under the same conditions to explain those that it has.")
    if groups(result.table):
        return [Heading("Controls", level), about, wide_grid(result, marked, wording.reproduced)]
    rows = [
        (one.cell.label, result.table.columns[one.cell.column].label, *_other_row(one)[1:]) for one in marked
    ]  # fmt: skip
    head = ("row", "column", "value", "as printed", "correct", "seeds × folds")
    return [Heading("Controls", level), about, Grid(head, rows, left=(0, 1))]


def _why(result: TableResult, one: CellResult, notes: Footnotes) -> str:
    return notes.mark(wording.sentence(result.table.controls[one.cell.row].note))


def other_tables(result: TableResult, variant: Variant, results: Sequence[CellResult], notes: Footnotes) -> list[Block]:
    """What ran under other conditions; beside the paper's numbers only where the files are the real ones."""
    blocks: list[Block] = [
        Heading(f"Apart from the table: {wording.conditions(variant)}{_items_each(results)}"), Text(APART),
    ]  # fmt: skip
    is_real = variant.corpus == "real"
    if groups(result.table):
        blocks += [
            wide_grid(result, ran_rows(results), wording.reproduced),
            Text("Means over seeds, ± their standard deviation."),
            *control_blocks(result, result.controls.get(variant, ()), notes, 3),
            *claim_blocks(result.claims_apart.get(variant, ()), 3),
        ]
        for column, of_column in result.columns(tuple(results)).items():
            rows = [_other_row(one) for one in of_column if one.n_runs]
            blocks += [Folded(_column_title(result, column), [Grid(OTHER_HEAD, rows)])] if rows else []
        return blocks
    head = (*OTHER_HEAD, *(("paper, tier full",) if is_real else ()))
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if one.n_runs]
        if not ran:
            continue
        label = result.table.columns[column].label
        rows = [(*_other_row(one), *((wording.published(one, notes),) if is_real else ())) for one in ran]
        blocks += [Heading(f"{label}, {wording.conditions(variant)}", 3), Grid(head, rows)]
    if variant.tier != "smoke":
        blocks += derived_blocks(result, variant, notes, 3)
    blocks += control_blocks(result, result.controls.get(variant, ()), notes, 3)
    return [*blocks, *claim_blocks(result.claims_apart.get(variant, ()), 3)]


def derived_blocks(result: TableResult, variant: Variant, notes: Footnotes, level: int = 2) -> list[Block]:
    """The best of some rows in each column, in print and in ours: lines that the paper does not have."""
    rows = []
    for name, cells in result.derived.get(variant, {}).items():
        line = result.table.derived[name]
        for column in result.table.columns:
            of_column = [one for one in cells if one.cell.column == column]
            in_print = [one for one in of_column if one.cell.published is not None]
            ran = [one for one in of_column if one.mean is not None]
            if not in_print or not (ran or variant.earns_verdict):
                continue
            best = max(in_print, key=lambda one: one.cell.published or 0.0)
            ours = max(ran, key=lambda one: one.mean or 0.0) if ran else None
            printed = (f"{wording.published(best)} ({best.cell.label})",) if variant.corpus == "real" else ()
            reproduced = f"{wording.reproduced(ours)} ({ours.cell.label})" if ours else wording.NOTHING
            label = line.label + notes.mark(wording.sentence(line.note))
            rows.append((label, result.table.columns[column].label, *printed, reproduced))
    if not rows:
        return []
    head = ("row", "column", *(("published",) if variant.corpus == "real" else ()), "reproduced")
    return [Heading("Lines that the table could have", level), Grid(head, rows, left=(0, 1))]


def _items_each(results: Sequence[CellResult]) -> str:
    """How many items the test sets have, where a table has several; a range where they differ."""
    values = [one for cell in results if cell.evidence and not cell.cell.parts for one in cell.evidence.scored]
    sizes = sorted({one.value.n for one in values})
    if not sizes or len({cell.cell.test_set for cell in results}) < 2:
        return ""
    return f", {' to '.join(map(str, dict.fromkeys((sizes[0], sizes[-1]))))} test items per class and set"


def _main_row(result: CellResult, notes: Footnotes) -> tuple[str, ...]:
    noise = result.item_noise
    return (
        wording.label(result, notes),
        wording.published(result, notes),
        wording.reproduced(result),
        wording.as_printed(result),
        wording.fraction(result),
        wording.span(result.interval, result.cell.decimals),
        wording.runs(result),
        wording.verdict(result, notes),
        wording.protocol(result, notes),
        wording.at_other_margins(result.verdict),
        wording.span((noise.low, noise.high) if noise else None, result.cell.decimals),
    )


def _other_row(result: CellResult) -> tuple[str, ...]:
    return (
        result.cell.label, wording.reproduced(result), wording.as_printed(result), wording.fraction(result),
        wording.runs(result),
    )  # fmt: skip


def _audit_grid(results: Sequence[CellResult], table: TableResult, notes: Footnotes) -> Grid:
    rows = []
    for one in results:
        note = one.check["note"] if one.check else None
        computed = wording.NOTHING if one.mean is None else f"{one.mean:.{one.cell.decimals + 2}f}"
        rows.append(
            (
                one.cell.label,
                table.table.columns[one.cell.column].label,
                wording.published(one, notes),
                computed + (notes.mark(wording.sentence(note)) if note else ""),
                wording.as_printed(one),
                f"**{one.status}**" if one.check else one.status,
            )
        )
    return Grid(("row", "quantity", "published", "computed", "as printed", "audit"), rows, left=(0, 1, 5))
