"""How often each class of a dataset is heard: its hard labels, and the sums of its soft ones."""

from collections.abc import Iterator

import numpy as np

from benchmarks.audit.labels import recorded
from benchmarks.judge.table import TableResult
from benchmarks.reporting.drawing.bars.classes import draw_class_bars
from benchmarks.reporting.figures import FactKind, Figure, Words
from benchmarks.reporting.told import DatasetName


class LabelWords(Words):
    """What both bars are called."""

    hard: str = "hard labels"
    soft: str = "sum of soft labels"


class Labels(FactKind):
    """Two bars per class, the most frequent class first, with their numbers; as counted for the audit."""

    words: LabelWords = LabelWords()
    dataset: DatasetName

    def figures(self, result: TableResult) -> Iterator[Figure]:
        """One."""
        counts = recorded(result.paper, self.dataset)
        classes = sorted(counts.hard, key=lambda label: -counts.hard[label])
        bars = {
            name: np.array([[by_class[label] for label in classes]], dtype=np.float64)
            for name, by_class in ((self.words.hard, counts.hard), (self.words.soft, counts.soft))
        }
        texts = {name: [f"{int(value)}" for value in values[0]] for name, values in bars.items()}
        most = 1.08 * max(float(values.max()) for values in bars.values())
        title = result.paper.datasets[self.dataset].title
        yield Figure(
            f"labels_{result.table_id}_{self.dataset}",
            f"{title}, {counts.recordings} recordings: in how many of {counts.seconds} complete seconds each scored "
            f"class counts as heard, and the sum of its soft labels (its whole part is printed). Counted on "
            f"the official labels, whatever was run; {result.table.title}",
            [classes, {name: values.tolist() for name, values in bars.items()}],
            lambda: draw_class_bars(bars, classes, "seconds", texts, most),
        )
