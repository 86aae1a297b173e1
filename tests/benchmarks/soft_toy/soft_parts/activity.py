"""Soft activity of several classes per frame: the kind of task, and its one metric."""

import numpy as np

from benchmarks.metrics.kinds import Kind
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.runs.scores import check_items

SOFT_ACTIVITY = Kind(
    name="soft activity of several classes in frames",
    things="seconds",
    takes=("linear", "logit", "probability"),
    per_frame=True,
    columns=("onset", "offset", "activity"),
    pooled=True,
    figures=("curves",),
)


def f1_optimum(scores, reference) -> MetricValue:
    """Percent: for each class the best F1 of its seconds over all thresholds, and the mean of those over classes.

    The score of a second is its largest frame; it is active where its soft activity is above one half.
    """
    scores = check_items(scores, list(dict.fromkeys(reference.index)), scores.classes)
    rows = {item: row for row, item in enumerate(scores.items)}
    values, parts = [], []
    for column, label in enumerate(scores.classes):
        of_class = reference[reference["label"] == label]
        at = np.array([rows[item] for item in of_class.index])
        first, last = (np.round(of_class[name].to_numpy() / scores.hop).astype(int) for name in ("onset", "offset"))
        said = np.array([scores.values[i, a:b, column].max() for i, a, b in zip(at, first, last, strict=True)])
        true = of_class["activity"].to_numpy() > 0.5
        best = max(np.unique(said), key=lambda threshold: f1(true, said >= threshold))
        found = said >= best
        hits, both = (np.bincount(at, of, len(rows)) for of in (2.0 * (true & found), 1.0 * true + found))
        of_items = MetricValue.ratio(hits, both, scores.items, 100.0, {})
        values.append(of_items.value)
        parts.append(of_items.per_item)
    return MetricValue(float(np.mean(values)), np.mean(parts, axis=0), scores.items, {}, is_share=False)


def f1(true, found) -> float:
    return 2 * (true & found).sum() / (true.sum() + found.sum())


F1_OPTIMUM = Metric("f1_optimum", 1, "%", True, f1_optimum, SOFT_ACTIVITY)
