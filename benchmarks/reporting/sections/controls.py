"""Rows of ours that explain rows of the paper's."""

from collections.abc import Sequence

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.layout import grids
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading, Text

ABOUT = "Rows that the paper does not have, run to explain those that it has."
HEAD = ("row", "column", "value", "as printed", "correct", "seeds × folds")


def control_blocks(
    result: TableResult, controls: Sequence[CellResult], notes: Footnotes, level: int = 2
) -> list[Block]:
    """Rows of ours that explain rows of the paper's."""
    if not controls:
        return []
    label = {one.cell.row: one.cell.label + _why(result, one, notes) for one in controls}
    rows = [(one.cell.label, result.table.columns[one.cell.column].label, *value_row(one)[1:]) for one in controls]
    return [
        Heading("Controls", level),
        Text(ABOUT),
        *grids(result, controls, wording.so_far, lambda one: label[one.cell.row]),
        Folded("The same value by value", [Grid(HEAD, rows, left=(0, 1))]),
    ]


def _why(result: TableResult, one: CellResult, notes: Footnotes) -> str:
    return notes.mark(wording.sentence(result.table.controls[one.cell.row].note))


def value_row(result: CellResult) -> tuple[str, ...]:
    """A row without anything that is published: label, value, as printed, correct, seeds and folds."""
    return (
        result.cell.label, wording.reproduced(result), wording.digits(result), wording.fraction(result),
        wording.runs(result),
    )  # fmt: skip
