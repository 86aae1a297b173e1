"""How scores made elsewhere look beside the rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.audit import printed
from benchmarks.metrics import Metric, MetricValue
from benchmarks.reporting import wording
from benchmarks.reporting.blocks import Block, Footnotes, Grid, Heading, Text
from benchmarks.reporting.cells import CellResult, TableResult
from benchmarks.reporting.markdown import blocks_markdown


@dataclass(frozen=True)
class Rival:
    """A row of the table beside the new one: what is printed, what came out again, and the test of the difference."""

    result: CellResult
    #: first complete seed against the new scores, on the same items; None where nothing is stored
    only_new_right: int | None = None
    only_row_right: int | None = None
    p: float | None = None
    p_holm: float | None = None


@dataclass(frozen=True)
class Comparison:
    """New scores in one column of a table. Values are in the unit of the column."""

    name: str
    table: TableResult
    column: str
    metric: Metric
    folds: Mapping[int, MetricValue]
    rivals: Sequence[Rival]
    note: str | None = None

    @property
    def value(self) -> float:
        """The mean over folds."""
        return float(np.mean([value.value for value in self.folds.values()]))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "table": self.table.id,
            "column": self.column,
            "metric": self.metric.id,
            "value": self.value,
            "folds": {str(fold): value.value for fold, value in self.folds.items()},
            "n_items": sum(value.n for value in self.folds.values()),
            "note": self.note,
            "rows": [
                {
                    "id": rival.result.cell.id,
                    "label": rival.result.cell.label,
                    "published": rival.result.cell.published,
                    "corrected": rival.result.cell.corrected,
                    "mean": rival.result.mean,
                    "tier": rival.result.variant.tier if rival.result.n_runs else None,
                    "only_new_right": rival.only_new_right,
                    "only_row_right": rival.only_row_right,
                    "p": rival.p,
                    "p_holm": rival.p_holm,
                }
                for rival in self.rivals
            ],
        }

    def to_markdown(self) -> str:
        """The column with the new row below the paper's, the folds, and the tests against stored runs."""
        described, notes = self.table.table.columns[self.column], Footnotes()
        title = f"{self.table.id}, {described.label} ({described.unit}): {self.table.table.title}"
        blocks: list[Block] = [Heading(title), self._rows(notes)]
        if self.note:
            blocks.append(Text(self.note))
        values = [f"{value.value:.{described.decimals + 1}f}" for value in self.folds.values()]
        head = ("row", *(f"fold {fold}" for fold in self.folds))
        blocks += [Grid(head, [(self.name, *values)]), *self._tests()]
        return blocks_markdown(blocks, notes)

    def _rows(self, notes: Footnotes) -> Grid:
        rows = [
            (
                rival.result.cell.label,
                wording.published(rival.result, notes),
                wording.reproduced(rival.result),
                wording.as_printed(rival.result),
                wording.fraction(rival.result),
                rival.result.variant.name if rival.result.n_runs else wording.NOTHING,
            )
            for rival in self.rivals
        ]
        cell = self.rivals[0].result.cell
        right, n = (sum(count) for count in zip(*((one.correct, one.n) for one in self.folds.values()), strict=True))
        new = (
            f"**{self.name}**",
            wording.NOTHING,
            f"**{self.value:.{cell.decimals + 1}f}**",
            f"{printed(self.value, cell.decimals, cell.truncates):.{cell.decimals}f}",
            f"{right}/{n}",
            "yours",
        )
        return Grid(("row", "published", "value", "as printed", "correct", "runs"), [*rows, new], left=(0, 5))

    def _tests(self) -> list[Block]:
        tested = [rival for rival in self.rivals if rival.p is not None]
        if not tested:
            return [Text("No stored runs of this table cover these items, so there is nothing to test against.")]
        rows = [
            (
                rival.result.cell.label,
                str(rival.only_new_right),
                str(rival.only_row_right),
                f"{rival.p:.3g}",
                f"{rival.p_holm:.3g}",
            )
            for rival in tested
        ]
        head = ("against", f"only {self.name} right", "only the row right", "p (McNemar)", "p (Holm)")
        text = "Exact McNemar test on the same clips, against the first seed of each row that is stored:"
        return [Text(text), Grid(head, rows)]
