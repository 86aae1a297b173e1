"""The values of a table, a panel per column: bars of few rows, dots of many."""

from collections.abc import Iterable, Iterator

from benchmarks.judge.table import CellResult
from benchmarks.metrics import kind_of
from benchmarks.metrics.kinds import TAGS_PER_CLIP
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.bars.values import Mark, draw_bars, draw_dots
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.told import SideBySide
from datasets.acquire.telling import enumerated

#: Up to so many rows a table is drawn as bars, above as dots; one of tagging always, as areas begin at 50.
MOST_BARS = 6


class Values(FigureKind):
    """Mean and folds (or seeds) of each row; beside published ones only where the files are the real ones.

    Told of cells, it has these alone, in one panel.
    """

    cells: SideBySide | None = None

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for all columns."""
        result, variant, cells = asked.result, asked.variant, asked.cells
        paper = wording.published_label(variant)
        columns = {
            described.label: [_mark(one, bool(paper)) for one in cells if one.cell.column == column]
            for column, described in result.table.columns.items()
        }
        if self.cells is not None:
            chosen = self.cells.of(result, asked.all)
            cells = list(chosen.values())
            columns = {
                self.cells.title(result, cells): [_mark(one, bool(paper), label) for label, one in chosen.items()]
            }
        panels = {label: marks for label, marks in columns.items() if marks}
        if not panels:
            return
        unit = cells[0].cell.unit
        name, draw = "bars", draw_bars
        if max(map(len, panels.values())) > MOST_BARS or kind_of(cells[0].cell) == TAGS_PER_CLIP:
            name, draw = "dots", draw_dots
        each = "each fold" if any(one.evidence and len(one.evidence.fold_values) > 1 for one in cells) else "each seed"
        plain = {label: [vars(mark) for mark in marks] for label, marks in panels.items()}
        yield Figure(
            f"{name}_{result.table_id}_{variant.name}",
            f"{result.table.title}; {wording.conditions(variant, cells)}{_of_folds(cells)}",
            [unit, paper, each, plain],
            lambda: draw(panels, unit, paper, each),
        )


def _of_folds(cells: Iterable[CellResult]) -> str:
    """Of which folds alone values are, where some are not of all."""
    partial = dict.fromkeys(one.partial for one in cells if one.partial)
    return f"; of {enumerated(partial)} alone" if partial else ""


def _mark(one: CellResult, with_published: bool, label: str = "") -> Mark:
    assert one.evidence is not None and one.mean is not None
    by_fold, by_seed = one.evidence.fold_values, one.evidence.seed_values
    values = tuple((by_fold if len(by_fold) > 1 else by_seed).values())
    return Mark(label or one.cell.label, one.mean, values, one.cell.target if with_published else None)
