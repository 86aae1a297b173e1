"""The error rates of a table of events: a panel per class, and in it a bar per row and side."""

from collections.abc import Iterator

from benchmarks.metrics import metric_of
from benchmarks.metrics.events import OnsetRule
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.bars.groups import draw_error_rates
from benchmarks.reporting.drawing.bars.values import Mark
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.spec import Cell


class Errors(FigureKind):
    """Mean and each seed; beside published ones only where the files are the real ones.

    Sides and panels follow the labels of columns: "dev, babycry, ER" is side "dev" of panel "babycry".
    """

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for all error rates."""
        result, variant = asked.result, asked.variant
        panels: dict[str, dict[str, list[Mark]]] = {}
        paper = wording.published_label(variant)
        for one in asked.cells:
            if rule_of_errors(one.cell) and one.mean is not None and one.evidence is not None:
                side, panel = _place(result.table.columns[one.cell.column].label)
                seeds = tuple(one.evidence.seed_values.values())
                mark = Mark(one.cell.label, one.mean, seeds, one.cell.target if paper else None)
                panels.setdefault(panel, {}).setdefault(side, []).append(mark)
        if not panels:
            return
        plain = {panel: {side: [vars(mark) for mark in marks] for side, marks in sides.items()}
                 for panel, sides in panels.items()}  # fmt: skip
        yield Figure(
            f"errors_{result.table_id}_{variant.name}",
            f"Error rates (lower is better), mean and each seed; {result.table.title}; "
            f"{wording.conditions(variant, asked.cells)}",
            [paper, plain],
            lambda: draw_error_rates(panels, paper),
        )


def rule_of_errors(cell: Cell) -> OnsetRule | None:
    """How a cell's error rate is computed; None where it is not an error rate of events."""
    metric = metric_of(cell)
    if metric is None or metric.higher_is_better or not isinstance(metric.parameters, OnsetRule):
        return None
    return metric.parameters


def _place(label: str) -> tuple[str, str]:
    """Side and panel of a column by its label."""
    before, _, _ = label.rpartition(", ")
    side, _, panel = before.rpartition(", ")
    return side, panel
