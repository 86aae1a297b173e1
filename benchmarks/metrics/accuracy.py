"""Accuracy of clip decisions: which of the classes a clip belongs to.

A tie goes to the class that comes first in `Scores.classes` (assumed; no paper says), which for the scores of a run and
for those that are compared is the official order of the dataset's labels. Ties are counted.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.kinds import ONE_CLASS_PER_CLIP
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.runs.scores import Scores

if TYPE_CHECKING:
    import pandas as pd


def mean_probability_decisions(scores: Scores) -> np.ndarray:
    """(items,) index of the class with the highest mean segment probability (ACRNN paper, section 4.1).

    Raises InputError for scores without probabilities.
    """
    return _mean_probabilities(scores).argmax(axis=-1)


def single_decisions(scores: Scores) -> np.ndarray:
    """(items,) index of the class with the largest score, where there is one score per clip and class.

    Raises InputError where there are several segments per clip.
    """
    return _single_scores(scores).argmax(axis=-1)


def _mean_probabilities(scores: Scores) -> np.ndarray:
    """(items, classes) probabilities, of segments their mean, each counted once (Scores.counts)."""
    probabilities = scores.probabilities()
    if probabilities.ndim < 3:
        return probabilities
    if scores.counts is None:
        return probabilities.mean(axis=1)
    is_one = np.arange(probabilities.shape[1]) < scores.counts[:, None]
    return (probabilities * is_one[..., None]).sum(axis=1) / scores.counts[:, None]


def _single_scores(scores: Scores) -> np.ndarray:
    """(items, classes) scores of clips that are not cut."""
    values = scores.values
    if values.ndim == 3 and values.shape[1] == 1:  # a clip that is one segment
        values = values[:, 0]
    if values.ndim != 2:
        raise InputError(
            f"scores: {values.shape[1]} segments per item, but this metric takes one decision per item; "
            "use accuracy_clip_mean_probability"
        )
    return values


def accuracy_clip_mean_probability(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent of clips whose class has the highest mean segment probability (ACRNN paper, section 4.1)."""
    return _accuracy(scores, _mean_probabilities(scores), reference)


def accuracy_clip_decision(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent of clips whose class a classifier names in its one decision per clip (ESC paper, section 4)."""
    return _accuracy(scores, _single_scores(scores), reference)


def confusion_matrix(
    scores: Iterable[Scores], reference: "pd.DataFrame", decide: Callable[[Scores], np.ndarray]
) -> np.ndarray:
    """Clip decisions counted by true class (rows) and decided class (columns), pooled over the given scores.

    decide: the metric's rule (Metric.decide). The scores (usually one per fold) must share their classes. Raises
    InputError otherwise.
    """
    from sklearn.metrics import confusion_matrix as counts_of

    pooled = list(scores)
    classes = pooled[0].classes
    if any(one.classes != classes for one in pooled):
        raise InputError("scores: their classes differ, so that their decisions cannot be pooled; check their datasets")
    true = np.concatenate([true_classes(one, reference) for one in pooled])
    decided = np.concatenate([decide(one) for one in pooled])
    return counts_of(true, decided, labels=range(len(classes)))


def _accuracy(scores: Scores, values: np.ndarray, reference: "pd.DataFrame") -> MetricValue:
    """Of the largest of the values (items, classes). Counts the items of which several classes have it ("ties")."""
    from sklearn.metrics import accuracy_score

    true, decided = true_classes(scores, reference), values.argmax(axis=-1)
    ties = int(((values == values.max(axis=-1, keepdims=True)).sum(axis=-1) > 1).sum())
    value = 100 * float(accuracy_score(true, decided))
    return MetricValue(value, (true == decided).astype(np.float64), scores.items, {"ties": ties})


def true_classes(scores: Scores, reference: "pd.DataFrame") -> np.ndarray:
    """(items,) index of the true class of each item. Raises InputError for items or classes that are not known."""
    labels = reference["label"].to_dict()
    unknown = [item for item in scores.items if item not in labels]
    if unknown:
        raise InputError(f"scores: {len(unknown)} items without a reference, first {unknown[0]}; check the dataset")
    index = {name: position for position, name in enumerate(scores.classes)}
    odd = [item for item in scores.items if labels[item] not in index]
    if odd:
        raise InputError(f"scores: no class {labels[odd[0]]!r}, which {odd[0]} belongs to; check the class names")
    return np.array([index[labels[item]] for item in scores.items])


METRICS = (
    Metric(
        "accuracy_clip_mean_probability", 5, "%", True, accuracy_clip_mean_probability, ONE_CLASS_PER_CLIP,
        only=("probability", "logit", "log_likelihood"), decide=mean_probability_decisions,
        rule="a clip is given the class of the highest mean probability over its segments; the share that is right",
    ),
    Metric(
        "accuracy_clip_decision", 3, "%", True, accuracy_clip_decision, ONE_CLASS_PER_CLIP, decide=single_decisions,
        rule="a clip is given the class with the highest score, of which it has one vector; the share that is right",
    ),
)  # fmt: skip
