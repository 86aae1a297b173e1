"""Accuracy of scenes: what the segments of a file say together, judged by sed_eval.

A file belongs to the class with the largest sum, over its segments, of log posteriors (PB-CNN paper, equation 21).
Where there is a log-likelihood per class, as of one mixture model per class, the priors are equal and the sum is that
of the log-likelihoods (official DCASE 2016 baseline). A tie goes to the class that comes first in `Scores.classes`
(assumed).
"""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.metrics.accuracy import true_classes
from benchmarks.metrics.kinds import ONE_CLASS_PER_CLIP
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.runs.scores import ScoreKind, Scores

if TYPE_CHECKING:
    import pandas as pd


def log_posterior_decisions(scores: Scores) -> np.ndarray:
    """(items,) index of the class with the largest sum of log posteriors over the segments (equation 21).

    Raises InputError for scores that have none.
    """
    return _log_posteriors(scores).argmax(axis=-1)


def accuracy_file_log_posterior(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent of files whose class is right, whatever their class; sed_eval's overall accuracy of scenes."""
    right, ties = _judged(scores, reference)
    value = 100 * _sed_eval(scores, reference).results_overall_metrics()["accuracy"]
    return MetricValue(value, right, scores.items, {"ties": ties})


def accuracy_file_log_posterior_classwise(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent: the mean over the classes of the shares of their files that are right; sed_eval's class-wise average.

    Of classes without a file nothing can be said; the mean is over the others.
    """
    right, ties = _judged(scores, reference)
    true = true_classes(scores, reference)
    present, files = np.unique(true, return_counts=True)
    each = dict(zip(present.tolist(), files.tolist(), strict=True))
    value = 100 * _sed_eval(scores, reference).results_class_wise_average_metrics()["accuracy"]["accuracy"]
    share = np.array([len(true) / (len(present) * each[one]) for one in true.tolist()])
    return MetricValue(value, right * share, scores.items, {"ties": ties}, is_share=False)


def _log_posteriors(scores: Scores) -> np.ndarray:
    """(items, classes) float64: of segments the sum."""
    values = np.asarray(scores.values, dtype=np.float64)
    if scores.kind == "logit":
        values = values - values.max(axis=-1, keepdims=True)
        values = values - np.log(np.exp(values).sum(axis=-1, keepdims=True))
    elif scores.kind != "log_likelihood":
        values = np.log(np.maximum(scores.probabilities(), np.finfo(np.float64).tiny))
    return values.sum(axis=1) if values.ndim == 3 else values


def _judged(scores: Scores, reference: "pd.DataFrame") -> tuple[np.ndarray, int]:
    """(items,) 1.0 where the decision is right and 0.0 where not; and how many items several classes are best for."""
    sums = _log_posteriors(scores)
    ties = int(((sums == sums.max(axis=-1, keepdims=True)).sum(axis=-1) > 1).sum())
    return (sums.argmax(axis=-1) == true_classes(scores, reference)).astype(np.float64), ties


def _sed_eval(scores: Scores, reference: "pd.DataFrame"):  # type: ignore[no-untyped-def]  # sed_eval has no types
    """sed_eval's metrics of scenes, fed with the decisions; its classes are those that the reference has."""
    import sed_eval

    true, decided = true_classes(scores, reference), log_posterior_decisions(scores)
    metrics = sed_eval.scene.SceneClassificationMetrics([scores.classes[place] for place in np.unique(true)])
    metrics.evaluate(_scenes(scores, true), _scenes(scores, decided))
    return metrics


def _scenes(scores: Scores, places: np.ndarray) -> list[dict[str, str]]:
    return [
        {"filename": item, "scene_label": scores.classes[place]}
        for item, place in zip(scores.items, places.tolist(), strict=True)
    ]


_TAKES: tuple[ScoreKind, ...] = ("logit", "probability", "log_likelihood")
_GIVEN = "a file is given the class of the highest sum of log probabilities over its segments"
METRICS = (
    Metric(
        "accuracy_file_log_posterior", 1, "%", True, accuracy_file_log_posterior, ONE_CLASS_PER_CLIP,
        only=_TAKES, decide=log_posterior_decisions, rule=f"{_GIVEN}; the share of files that is right",
    ),
    Metric(
        "accuracy_file_log_posterior_classwise", 1, "%", True, accuracy_file_log_posterior_classwise,
        ONE_CLASS_PER_CLIP, only=_TAKES, decide=log_posterior_decisions,
        rule=f"{_GIVEN}; the share of each class's files that is right, the mean over classes",
    ),
)  # fmt: skip
