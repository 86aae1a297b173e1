"""The value of each class at a threshold of its own, and that threshold."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult
from benchmarks.metrics import metric_of
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.bars.classes import draw_class_bars
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.told import SideBySide
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores, joined
from benchmarks.runs.truth import listed

if TYPE_CHECKING:
    import pandas as pd

#: Where the axis of percents ends, so that what stands at the end of a bar has room.
MOST = 112.0


class ClassesWords(Words):
    """What the values are."""

    values: str = "value at the threshold of the class (%)"


class Classes(FigureKind):
    """A group of bars per class, in it a bar per cell: mean and each seed; at its end the thresholds over seeds."""

    words: ClassesWords = ClassesWords()
    cells: SideBySide

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One, where the metric of the cells has thresholds by class."""
        found = {
            label: [_by_class(one, seed, asked.memo) for seed in one.evidence.complete_seeds]
            for label, one in self.cells.of(asked.result, asked.all).items()
            if one.evidence and (metric := metric_of(one.cell)) and metric.by_class
        }
        if not found:
            return
        classes = list(dict.fromkeys(label for seeds in found.values() for of_seed in seeds for label in of_seed))
        values = {name: _table(seeds, classes, 1) for name, seeds in found.items()}
        texts = {name: _spans(_table(seeds, classes, 0)) for name, seeds in found.items()}
        yield Figure(
            f"classes_{asked.result.table_id}_{self.cells.name}_{asked.variant.name}",
            f"{self.words.values}, mean and each seed; at the end of each bar the threshold of the class, or the least "
            f"and the greatest over seeds; {wording.conditions(asked.variant)}",
            [self.words.values, classes, {name: one.round(6).tolist() for name, one in values.items()}, texts],
            lambda: draw_class_bars(values, classes, self.words.values, texts, MOST),
        )


def _by_class(one: CellResult, seed: int, memo: Memo) -> dict[str, tuple[float, float]]:
    """Threshold and value of each class for a seed, all folds together, kept by the checksums of what is scored."""
    assert one.evidence is not None
    cell, metric = one.cell, metric_of(one.cell)
    assert metric is not None and metric.by_class is not None
    by_class, runs = metric.by_class, [scored for scored in one.evidence.scored if scored.seed == seed]
    names = (f"scores_{cell.test_set}.npz", f"reference_{cell.test_set}.csv")
    digests = [[scored.finished.result["files"].get(name) for name in names] for scored in runs]

    def counted() -> dict[str, Any]:
        import pandas as pd

        truths = [listed(scored.truth, cell.items, scored.finished) for scored in runs]
        scores = [_scores(scored, cell.test_set, truth) for scored, truth in zip(runs, truths, strict=True)]
        return dict(by_class(joined(scores), pd.concat(truths)))

    kept = memo.json("by_class", [digests, cell.items, metric.id, metric.version], counted)
    return {label: (threshold, value) for label, (threshold, value) in kept.items()}


def _scores(scored: Scored, test_set: str, truth: "pd.DataFrame") -> Scores:
    return Scores.load(scored.finished.scores_path(test_set)).select(list(dict.fromkeys(truth.index)))


def _table(seeds: Sequence[dict[str, tuple[float, float]]], classes: Sequence[str], place: int) -> np.ndarray:
    """Thresholds or values (seeds, classes); 0 where a class has none."""
    return np.array([[of_seed.get(label, (0.0, 0.0))[place] for label in classes] for of_seed in seeds])


def _spans(thresholds: np.ndarray) -> list[str]:
    """Least and greatest over seeds (seeds, classes), once where both are printed alike."""
    ends = zip(thresholds.min(axis=0), thresholds.max(axis=0), strict=True)
    return ["–".join(dict.fromkeys((f"{low:z.2f}", f"{high:z.2f}"))) for low, high in ends]
