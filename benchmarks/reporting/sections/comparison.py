"""How scores made elsewhere look beside the rows of a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.audit.checks import printed
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import Metric, MetricValue
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Footnotes, Grid, Heading, Text
from benchmarks.reporting.render.markdown import blocks_markdown
from benchmarks.spec import Column


@dataclass(frozen=True)
class Rival:
    """A row of the table beside the new one: what is printed, what came out again, and the test of the difference."""

    result: CellResult
    #: first complete seed against the new scores, on the same items; None where nothing is stored
    p: float | None = None
    p_holm: float | None = None
    #: where items are right or wrong: how many only one side got right
    only_new_right: int | None = None
    only_row_right: int | None = None
    #: where they add to a rate: new value less the row's, with the 95 % interval, in the unit of the column
    difference: float | None = None
    low: float | None = None
    high: float | None = None


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
    #: what the table says besides of the same items, by column
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The mean over folds."""
        return float(np.mean([value.value for value in self.folds.values()]))

    @property
    def is_share(self) -> bool:
        """Whether the value is the share of items that are right."""
        return all(value.is_share for value in self.folds.values())

    @property
    def counts(self) -> dict[str, int]:
        """What was counted for the value, over all folds: of events tp, fp, fn and so on; nothing for shares."""
        total: Counter[str] = Counter()
        for value in self.folds.values():
            total.update(value.counts)
        return dict(total)

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
            "counts": self.counts,
            "beside": dict(self.beside),
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
                    "difference": rival.difference,
                    "low": rival.low,
                    "high": rival.high,
                    "p": rival.p,
                    "p_holm": rival.p_holm,
                }
                for rival in self.rivals
            ],
        }

    def to_markdown(self) -> str:
        """The column with the new row below the paper's, the folds, and the tests against stored runs."""
        table, notes = self.table.table, Footnotes()
        described = table.columns[self.column]
        unit = f" ({described.unit})" if described.unit else ""
        blocks: list[Block] = [Heading(f"{self.table.id}, {described.label}{unit}: {table.title}"), self._rows(notes)]
        if not self.is_share:
            rule = f"{self.name} is scored by `{self.metric.id}` on {sum(one.n for one in self.folds.values())} items."
            blocks.append(Text(rule))
        if self.note:
            blocks.append(Text(self.note))
        if len(self.table.paper.datasets[str(described.dataset)].folds) > 1:
            values = [f"{value.value:.{described.decimals + 1}f}" for value in self.folds.values()]
            blocks.append(Grid(("row", *(f"fold {fold}" for fold in self.folds)), [(self.name, *values)]))
        return blocks_markdown([*blocks, *self._tests()], notes)

    def _rows(self, notes: Footnotes) -> Grid:
        beside = [(name, self.table.table.columns[name]) for name in self.beside]
        rows = [
            (
                rival.result.cell.label,
                wording.published(rival.result, notes),
                wording.reproduced(rival.result),
                wording.as_printed(rival.result),
                *(text for name, _ in beside for text in self._beside(rival, name)),
                wording.fraction(rival.result),
                rival.result.variant.name if rival.result.n_runs else wording.NOTHING,
            )
            for rival in self.rivals
        ]
        cell = self.rivals[0].result.cell
        new = (
            f"**{self.name}**",
            wording.NOTHING,
            f"**{self.value:.{cell.decimals + 1}f}**",
            f"{printed(self.value, cell.decimals, cell.truncates):.{cell.decimals}f}",
            *(
                text for name, column in beside
                for text in (wording.NOTHING, f"**{self.beside[name]:.{column.decimals + 1}f}**")
            ),
            self._fraction(),
            "yours",
        )  # fmt: skip
        extra = [text for _, column in beside for text in (f"{_short(column)}, published", _short(column))]
        counted = "events" if "tp" in self.counts else "correct"
        head = ("row", "published", "value", "as printed", *extra, counted, "runs")
        return Grid(head, [*rows, new], left=(0, len(head) - 1))

    def _beside(self, rival: Rival, column: str) -> tuple[str, str]:
        """What a row says in another column: as printed, and as it came out again under the same conditions."""
        shown = rival.result
        results = self.table.others.get(shown.variant, self.table.main)
        other = next(one for one in results if (one.cell.row, one.cell.column) == (shown.cell.row, column))
        return wording.published(other), wording.reproduced(other)

    def _fraction(self) -> str:
        """The new row's right decisions of all; for events what was found, missed and invented."""
        if not self.is_share:
            found = "{tp} found, {fn} missed, {fp} false"
            return found.format(**self.counts) if "tp" in self.counts else wording.NOTHING
        right, n = (sum(of) for of in zip(*((one.correct, one.n) for one in self.folds.values()), strict=True))
        return f"{right}/{n}"

    def _tests(self) -> list[Block]:
        tested = [rival for rival in self.rivals if rival.p is not None]
        if not tested:
            return [Text("No stored runs of this table cover these items, so there is nothing to test against.")]
        if self.is_share:
            text = "Exact McNemar test on the same clips, against the first seed of each row that is stored:"
            head = ("against", f"only {self.name} right", "only the row right", "p (McNemar)", "p (Holm)")
            found = [(str(rival.only_new_right), str(rival.only_row_right)) for rival in tested]
        else:
            described = self.table.table.columns[self.column]
            unit = self.table.paper.datasets[str(described.dataset)].bootstrap_unit
            text = (
                f"Paired bootstrap on the same items (unit: {unit}), against the first seed of each row that is "
                f"stored; the difference is {self.name} less the row:"
            )
            head = ("against", "difference", "95 % interval", "p (bootstrap)", "p (Holm)")
            found = [_difference(rival, described.decimals + 1) for rival in tested]
        rows = [
            (rival.result.cell.label, *numbers, f"{rival.p:.3g}", f"{rival.p_holm:.3g}")
            for rival, numbers in zip(tested, found, strict=True)
        ]
        return [Text(text), Grid(head, rows)]


def _difference(rival: Rival, decimals: int) -> tuple[str, str]:
    assert rival.difference is not None and rival.low is not None and rival.high is not None
    return f"{rival.difference:+.{decimals}f}", wording.span((rival.low, rival.high), decimals)


def _short(column: Column) -> str:
    """How the label of a column in a group ends, with its unit: "F1 (%)"."""
    ending = column.label.rpartition(", ")[2]
    return f"{ending} ({column.unit})" if column.unit else ending
