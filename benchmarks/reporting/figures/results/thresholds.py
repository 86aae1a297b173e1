"""Error rate and F1 of events against the threshold."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult
from benchmarks.metrics.events import OnsetRule, threshold_curve
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.lines.thresholds import Line, draw_thresholds
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.figures.results.errors import rule_of_errors
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import listed
from benchmarks.spec import Cell

#: Where error rate and F1 are computed for the curves.
THRESHOLDS = np.arange(1, 100) / 100


class Thresholds(FigureKind):
    """A figure per test set, in it a panel per class, in it a line per row: mean and range over seeds."""

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for each test set."""
        by_set: dict[str, dict[str, list[Line]]] = {}
        for one in asked.cells:
            if (how := rule_of_errors(one.cell)) and not one.cell.parts:
                panel = asked.result.table.columns[one.cell.column].label.rpartition(", ")[0]
                by_set.setdefault(one.cell.test_set, {}).setdefault(panel, []).append(_line(one, how, asked.memo))
        for test_set, panels in by_set.items():
            yield Figure(
                f"thresholds_{asked.result.table_id}_{test_set}_{asked.variant.name}",
                f"Error rate and F1 against the threshold on {test_set}: mean and range over seeds; the mark is the "
                f"threshold of the row, the vertical line stands at 0.5; {wording.conditions(asked.variant)}",
                {panel: [_plain(line) for line in lines] for panel, lines in panels.items()},
                partial(draw_thresholds, panels, THRESHOLDS),
            )


def _line(one: CellResult, how: OnsetRule, memo: Memo) -> Line:
    """The curves of a cell, (seeds, thresholds); of each seed the mean over folds."""
    assert one.evidence is not None
    by_seed = []
    for seed in one.evidence.complete_seeds:
        runs = [scored for scored in one.evidence.scored if scored.seed == seed]
        by_seed.append(np.mean([curve(scored, one.cell, how, memo) for scored in runs], axis=0))
    error_rate, f1 = np.stack(by_seed, axis=1)
    return Line(one.cell.label, how.rule.threshold, error_rate, f1)


def curve(scored: Scored, cell: Cell, how: OnsetRule, memo: Memo) -> np.ndarray:
    """Error rate and F1 of a run at all thresholds (2, thresholds), kept by the checksums of scores and reference."""
    run, files = scored.finished, scored.finished.result["files"]
    digests = [
        files.get(f"{kind}_{cell.test_set}.{ending}") for kind, ending in (("scores", "npz"), ("reference", "csv"))
    ]

    def counted() -> dict[str, list[float]]:
        truth = listed(scored.truth, cell.items, run)
        scores = Scores.load(run.scores_path(cell.test_set)).select(list(truth.index.unique()))
        found = threshold_curve(scores, truth, THRESHOLDS, how.rule.median_ms, how.collar)
        return {"error_rate": found.error_rate.tolist(), "f1": found.f1.tolist()}

    asked = [*digests, cell.items, how.rule.median_ms, how.collar_ms, THRESHOLDS.tolist()]
    kept = memo.json("thresholds", asked, counted)
    return np.array([kept["error_rate"], kept["f1"]])


def _plain(line: Line) -> list[Any]:
    return [line.label, line.threshold, line.error_rate.round(6).tolist(), line.f1.round(6).tolist()]
