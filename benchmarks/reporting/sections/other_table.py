"""What of a table ran under other conditions than the paper's."""

from collections.abc import Sequence

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading, Text
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.sections.controls import control_blocks, value_row
from benchmarks.reporting.sections.derived import derived_blocks
from benchmarks.reporting.sections.main_table import column_title
from benchmarks.reporting.sections.wide import groups, ran_rows, wide_grid

OTHER_HEAD = ("row", "value", "as printed", "correct", "seeds × folds")
APART = "Not the paper's experiment: no verdict, and not to be read beside the table above."


def other_tables(result: TableResult, variant: Variant, results: Sequence[CellResult], notes: Footnotes) -> list[Block]:
    """What ran under other conditions, without the paper's numbers."""
    blocks: list[Block] = [
        Heading(f"Apart from the table: {wording.conditions(variant)}{_items_each(results)}"), Text(APART),
    ]  # fmt: skip
    if groups(result.table):
        blocks += [
            wide_grid(result, ran_rows(results), wording.reproduced),
            Text("Means over seeds, ± their standard deviation."),
            *control_blocks(result, result.controls.get(variant, ()), notes, 3),
            *claim_blocks(result.claims_apart.get(variant, ()), 3),
        ]
        for column, of_column in result.columns(tuple(results)).items():
            rows = [value_row(one) for one in of_column if one.n_runs]
            blocks += [Folded(column_title(result, column), [Grid(OTHER_HEAD, rows)])] if rows else []
        return blocks
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if one.n_runs]
        if not ran:
            continue
        label = result.table.columns[column].label
        rows = [value_row(one) for one in ran]
        blocks += [Heading(f"{label}, {wording.conditions(variant)}", 3), Grid(OTHER_HEAD, rows)]
    if variant.tier != "smoke":
        blocks += derived_blocks(result, variant, notes, 3)
    blocks += control_blocks(result, result.controls.get(variant, ()), notes, 3)
    return [*blocks, *claim_blocks(result.claims_apart.get(variant, ()), 3)]


def _items_each(results: Sequence[CellResult]) -> str:
    """How many items the test sets have, where a table has several; a range where they differ."""
    values = [one for cell in results if cell.evidence and not cell.cell.parts for one in cell.evidence.measured]
    sizes = sorted({one.value.n for one in values})
    if not sizes or len({cell.cell.test_set for cell in results}) < 2:
        return ""
    return f", {' to '.join(map(str, dict.fromkeys((sizes[0], sizes[-1]))))} items in each test"
