"""F1 of soft activity with the best threshold of each class, as DCASE 2023 Task 4b ranks: sed_scores_eval counts.

All recordings of all folds are judged together, in segments of one second (benchmarks.metrics.segments). The challenge
chooses the thresholds on the very test data (an oracle), one for each class; the mean is over classes. Beside it stands
the same with thresholds that each network brings from the recordings that validated it.

The official baseline asks for times of 30 decimals, at which numpy's rounding moves the borders of segments: the soft
labels themselves would score 99.1 % against the official hard ones, and not 100. So the library's own six are taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.metric import AtThreshold, Chosen, Metric, MetricValue
from benchmarks.metrics.segments import SEGMENT, SOFT_ACTIVITY, Segmented, check_kind
from benchmarks.runs.scores import Scores
from datasets.contract import SELECTION

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Of one class: its best threshold, the F1 there in percent, and by recording, (items,) each, what was found.

    A segment is found where its score is above the threshold.
    """

    threshold: float
    f1: float
    tp: np.ndarray
    n_sys: np.ndarray
    n_ref: np.ndarray


def f1_best_thresholds(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent: the mean over the scored classes of their F1 at the best threshold (F1_MO).

    Of the reference see Segmented. Classes are those of the scores; a class that is never active in the reference has
    no F1, and the mean is over the others. What a recording adds is the linearised ratio of its class counts at these
    thresholds. Raises InputError.
    """
    judged = Segmented.of(scores, reference)
    counted = _best(judged)
    parts = [_ratio(one.tp, one.n_sys, one.n_ref, judged.items) for one in counted.values()]
    value = float(np.mean([one.f1 for one in counted.values()]))
    return MetricValue(value, np.mean([one.per_item for one in parts], axis=0), judged.items, {}, is_share=False)


def f1_best_thresholds_softmax(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """The same of the softmax of the outputs over the classes, as the authors' code scores since April 2023."""
    return f1_best_thresholds(_softened(scores), reference)


def f1_chosen_thresholds(scores: Scores, reference: "pd.DataFrame", chosen: Sequence[Chosen] = ()) -> MetricValue:
    """Percent: the mean over the classes of their F1 at thresholds that no test recording had a part in.

    Each run's threshold of a class is the best one on the recordings that chose its weights; a class that is never
    active there is never found. A class that is found nowhere has the F1 0. Raises InputError, also for recordings
    without thresholds.
    """
    judged = Segmented.of(scores, reference)
    of_item = {item: number for number, one in enumerate(chosen) for item in one.judged}
    if missing := [item for item in judged.items if item not in of_item]:
        raise InputError(
            f"scores: no thresholds for {missing[0]}, which come from a run's validation recordings; score stored runs"
        )
    best = [count_classes(one.scores, one.reference) for one in chosen]
    thresholds = np.array(
        [[one[label].threshold if label in one else np.inf for label in judged.classes] for one in best]
    )
    said = [found > thresholds[of_item[item]] for item, found in zip(judged.items, judged.found, strict=True)]
    return _macro(judged, said)


def f1_all_active(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent: the mean over the classes of the F1 of calling every second active, whatever the scores are.

    No threshold that is the best one gives less. Raises InputError.
    """
    judged = Segmented.of(scores, reference)
    return _macro(judged, [np.ones_like(active) for active in judged.active])


def best_thresholds(scores: Scores, reference: "pd.DataFrame") -> dict[str, AtThreshold]:
    """The best threshold of each class, and its F1 in percent. Raises InputError."""
    return {label: AtThreshold(one.threshold, one.f1) for label, one in count_classes(scores, reference).items()}


def best_softmax(scores: Scores, reference: "pd.DataFrame") -> dict[str, AtThreshold]:
    """The same of the softmax of the outputs over the classes."""
    return best_thresholds(_softened(scores), reference)


def count_classes(scores: Scores, reference: "pd.DataFrame") -> dict[str, ClassCounts]:
    """By class what sed_scores_eval finds best, and the counts of each recording. Raises InputError."""
    return _best(Segmented.of(scores, reference))


def _softened(scores: Scores) -> Scores:
    check_kind(scores)
    return replace(scores, values=replace(scores, kind="logit").probabilities(), kind="probability")


def _best(judged: Segmented) -> dict[str, ClassCounts]:
    frames = _score_frames(judged)
    best, _, _, thresholds, _ = _tool().best_fscore(frames, judged.events, judged.seconds, segment_length=SEGMENT)
    limits = np.array([thresholds[label] for label in judged.classes])
    of_items = _both([found > limits for found in judged.found], judged.active)
    tp, n_sys, n_ref = (np.array([one.sum(axis=0) for one in some]) for some in of_items)
    return {
        label: ClassCounts(float(limits[at]), 100 * float(best[label]), tp[:, at], n_sys[:, at], n_ref[:, at])
        for at, label in enumerate(judged.classes)
    }


def _macro(judged: Segmented, said: Sequence[np.ndarray]) -> MetricValue:
    """The mean over the classes of their F1 where this was said of each recording's segments, (segments, classes)."""
    tp, n_sys, n_ref = (np.array([one.sum(axis=0) for one in of_items]) for of_items in _both(said, judged.active))
    parts = [_ratio(*of_class, judged.items) for of_class in zip(tp.T, n_sys.T, n_ref.T, strict=True)]
    value = float(np.mean([one.value for one in parts]))
    return MetricValue(value, np.mean([one.per_item for one in parts], axis=0), judged.items, {}, is_share=False)


def _both(
    said: Sequence[np.ndarray], true: Sequence[np.ndarray]
) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray], Sequence[np.ndarray]]:
    """By recording (segments, classes): what is found and active, what is found, what is active."""
    return [a & b for a, b in zip(said, true, strict=True)], said, true


def _ratio(tp: np.ndarray, n_sys: np.ndarray, n_ref: np.ndarray, items: tuple[str, ...]) -> MetricValue:
    return MetricValue.ratio(2 * tp, n_sys + n_ref, items, 100.0, {})


def _tool() -> Any:
    """The official tool, which is an extra: it has no wheels, and where there is no compiler it cannot be installed."""
    try:
        from sed_scores_eval import segment_based
    except ImportError:
        raise InputError(
            "sed_scores_eval: not installed, and F1 at the best thresholds is computed by it; "
            "run `pip install 'resound[soft]'` or `pip install sed_scores_eval==0.0.4`, which need a C compiler"
        ) from None
    return segment_based


def _score_frames(judged: Segmented) -> Mapping[str, Any]:
    from sed_scores_eval.base_modules.scores import create_score_dataframe

    hop = judged.scores.hop
    assert hop is not None
    frames = {}
    for item in judged.items:
        values = judged.frames(item)
        times = np.round(np.arange(len(values) + 1) * hop, 6)
        frames[item] = create_score_dataframe(values, times, list(judged.classes))
    return frames


_RULE = (
    "a second has the largest of {} of its frames; F1 of each class at the threshold that is best for it on these very "
    "seconds, all recordings together (sed_scores_eval), the mean over classes"
)
METRICS = (
    Metric(
        "f1_best_thresholds_1s", 1, "%", True, f1_best_thresholds, SOFT_ACTIVITY, by_class=best_thresholds,
        rule=_RULE.format("the scores"),
    ),
    Metric(
        "f1_best_thresholds_1s_softmax", 1, "%", True, f1_best_thresholds_softmax, SOFT_ACTIVITY, by_class=best_softmax,
        rule=_RULE.format("the softmax of the scores over the classes"),
    ),
    Metric(
        "f1_validation_thresholds_1s", 1, "%", True, f1_chosen_thresholds, SOFT_ACTIVITY, chosen_on=SELECTION,
        rule="the same with the thresholds that are best for the recordings that validate",
    ),
    Metric(
        "f1_all_active_1s", 1, "%", True, f1_all_active, SOFT_ACTIVITY,
        rule="every second is called active, whatever its scores; F1 of each class, the mean over classes",
    ),
)  # fmt: skip
