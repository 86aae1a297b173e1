"""What of a table ran under other conditions than the paper's."""

from collections.abc import Iterator, Sequence

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.conditions import condition_sentences
from benchmarks.reporting.opening.layout import grids
from benchmarks.reporting.opening.result import spoken
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading, Text
from benchmarks.reporting.sections.controls import control_blocks, value_row
from benchmarks.reporting.sections.derived import derived_blocks
from benchmarks.reporting.sections.main_table import column_title

OTHER_HEAD = ("row", "value", "as printed", "correct", "seeds × folds")
APART = "Another experiment than the paper's, so there is no verdict."
ELSEWHERE = "The files are other ones, too, so nothing published stands beside these values."
VALUES = "Means over folds and seeds, ± the standard deviation over seeds"


def other_tables(result: TableResult, notes: Footnotes) -> list[Block]:
    """All that ran under other conditions, without the paper's numbers; tier smoke behind a title."""
    blocks: list[Block] = []
    for variant, results in result.others.items():
        if variant.tier != "smoke":
            blocks += variant_blocks(result, variant, results, notes)
    for variant, results in result.others.items():
        if variant.tier == "smoke":
            title = f"{spoken(variant)}: proves the path, says nothing of any method"
            blocks.append(Folded(title, variant_blocks(result, variant, results, notes)[1:]))
    return [Heading("What ran otherwise"), *blocks] if blocks else []


def variant_blocks(
    result: TableResult, variant: Variant, results: Sequence[CellResult], notes: Footnotes
) -> list[Block]:
    """What ran under one variant: under which conditions, the values in the layout of the paper, what lies beside."""
    controls = result.controls.get(variant, ())
    told = condition_sentences(result, variant, (*results, *controls))
    ran = [one for one in results if one.n_runs]
    apart = APART if variant.corpus == "real" else f"{APART} {ELSEWHERE}"
    blocks: list[Block] = [
        Heading(f"{spoken(variant)}{_items_each(results)}", 3),
        Text(" ".join([apart, *told])),
    ]
    if ran:
        blocks += [*grids(result, ran, wording.so_far), Text(f"{VALUES}; {_runs(ran)}.")]
        blocks += list(_details(result, ran))
    if variant.tier != "smoke":
        blocks += derived_blocks(result, variant, notes, 4)
    return [*blocks, *control_blocks(result, controls, notes, 4)]


def _details(result: TableResult, ran: Sequence[CellResult]) -> Iterator[Block]:
    """Exact counts and runs, column by column, behind one title."""
    inner: list[Block] = []
    for column, of_column in result.columns(tuple(ran)).items():
        if of_column:
            title = column_title(result, column, with_margin=False)  # nothing is held against the paper here
            inner += [Heading(title, 4), Grid(OTHER_HEAD, [value_row(one) for one in of_column])]
    yield Folded("The same value by value: as the paper would print it, right decisions, runs", inner)


def _runs(ran: Sequence[CellResult]) -> str:
    """Seeds × folds, where they are the same in all cells."""
    found = list(dict.fromkeys(wording.runs(one) for one in ran))
    if len(found) == 1 and "×" in found[0]:
        seeds, _, folds = found[0].partition(" × ")
        parts = folds if folds.endswith("columns") else f"{folds} fold{'' if folds == '1' else 's'}"
        return f"{seeds} seed{'' if seeds == '1' else 's'} on {parts}"
    return f"seeds × folds: {', '.join(found)}"


def _items_each(results: Sequence[CellResult]) -> str:
    """How many items the test sets have, where a table has several; a range where they differ."""
    values = [one for cell in results if cell.evidence and not cell.cell.parts for one in cell.evidence.measured]
    sizes = sorted({one.value.n for one in values})
    if not sizes or len({cell.cell.test_set for cell in results}) < 2:
        return ""
    return f", {' to '.join(map(str, dict.fromkeys((sizes[0], sizes[-1]))))} items in each test"
