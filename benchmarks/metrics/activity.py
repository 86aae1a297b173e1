"""F1 of soft activity with the best threshold of each class, as DCASE 2023 Task 4b ranks: sed_scores_eval counts.

Segments of one second; the score of a segment is the largest of the frames that it overlaps, and a class is active in
it where an interval whose soft activity is above one half overlaps it. All recordings of all folds are judged together.
The thresholds are chosen on the very test data (an oracle), one for each class; the mean is over classes.

The official baseline asks for times of 30 decimals, at which numpy's rounding moves the borders of segments: the soft
labels themselves would score 99.1 % against the official hard ones, and not 100. So the library's own six are taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.kinds import Kind, in_words
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.runs.scores import Scores, check_items

if TYPE_CHECKING:
    import pandas as pd

#: Seconds of a segment, and above which share of annotators a class is active (DCASE 2023 Task 4b).
SEGMENT, ACTIVE = 1.0, 0.5

SOFT_ACTIVITY = Kind(
    name="soft activity of many classes in frames",
    things="seconds",
    takes=("linear", "probability", "logit"),
    per_frame=True,
    any_number=True,
    columns=("onset", "offset", "activity", "seconds"),
    pooled=True,
    figures=("values", "curves"),
)


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

    `reference` has a row for each recording, class and interval with any soft activity (in [0, 1], "activity"), one
    with the label "" for a recording without, and how long each lasts ("seconds"). Classes are those of the scores; a
    class that is never active in the reference has no F1, and the mean is over the others. What a recording adds is the
    linearised ratio of its class counts at these thresholds. Raises InputError.
    """
    counted = count_classes(scores, reference)
    items = tuple(dict.fromkeys(reference.index))
    parts = [MetricValue.ratio(2 * one.tp, one.n_sys + one.n_ref, items, 100.0, {}) for one in counted.values()]
    value = float(np.mean([one.f1 for one in counted.values()]))
    return MetricValue(value, np.mean([one.per_item for one in parts], axis=0), items, {}, is_share=False)


def f1_best_thresholds_softmax(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """The same of the softmax of the outputs over the classes, as the authors' code scores since April 2023."""
    _check_kind(scores)
    softened = replace(scores, kind="logit").probabilities()
    return f1_best_thresholds(replace(scores, values=softened, kind="probability"), reference)


def count_classes(scores: Scores, reference: "pd.DataFrame") -> dict[str, ClassCounts]:
    """By class what sed_scores_eval finds best, and the counts of each recording. Raises InputError."""
    _check_kind(scores)
    items = list(dict.fromkeys(reference.index))
    scores = check_items(scores, items, scores.classes)
    seconds = _seconds(reference, items)
    truth = _events(reference, items, scores.classes)
    present = {label for events in truth.values() for _, _, label in events}
    if not present:
        raise InputError("reference: no class is active in any second, so there is no F1; check the annotations")
    kept = [place for place, label in enumerate(scores.classes) if label in present]
    classes = tuple(scores.classes[place] for place in kept)
    scores = replace(scores, classes=classes, values=scores.values[..., kept])
    frames = _score_frames(scores, seconds)
    best, _, _, thresholds, _ = _tool().best_fscore(frames, truth, seconds, segment_length=SEGMENT)
    active = _active_segments(truth, items, scores.classes, seconds)
    found = _segment_scores(scores, items, seconds)
    counted = {}
    for place, label in enumerate(classes):
        true = [one[:, place] for one in active]
        said = [one[:, place] > thresholds[label] for one in found]
        both = [a & b for a, b in zip(true, said, strict=True)]
        tp, n_sys, n_ref = (np.array([int(one.sum()) for one in of_items]) for of_items in (both, said, true))
        counted[label] = ClassCounts(float(thresholds[label]), 100 * float(best[label]), tp, n_sys, n_ref)
    return counted


def _check_kind(scores: Scores) -> None:
    if scores.hop is None or scores.hop > SEGMENT:
        raise InputError(
            f"scores: frames of {scores.hop} s are no parts of segments of {SEGMENT:g} s; give shorter ones"
        )
    if scores.kind not in SOFT_ACTIVITY.takes:
        raise InputError(f"scores: a {scores.kind} has no threshold; give {in_words(SOFT_ACTIVITY.takes)}")


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


def _seconds(reference: "pd.DataFrame", items: Sequence[str]) -> dict[str, float]:
    seconds = reference["seconds"][~reference.index.duplicated()]
    return {item: float(seconds[item]) for item in items}


def _events(reference: "pd.DataFrame", items: Sequence[str], classes: Sequence[str]) -> dict[str, list[Any]]:
    """By recording (onset, offset, class) of what is active; intervals that touch are one event."""
    events: dict[str, list[Any]] = {item: [] for item in items}
    active = reference[(reference["activity"] > ACTIVE) & reference["label"].isin(classes)]
    for item, label, onset, offset in zip(
        active.index, active["label"], active["onset"], active["offset"], strict=True
    ):
        events[item].append((float(onset), float(offset), label))
    return {item: _merged(sorted(of_item, key=lambda one: (one[2], one[0]))) for item, of_item in events.items()}


def _merged(events: Sequence[Any]) -> list[Any]:
    merged: list[Any] = []
    for onset, offset, label in events:
        if merged and merged[-1][2] == label and onset <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(offset, merged[-1][1]), label)
        else:
            merged.append((onset, offset, label))
    return merged


def _frames_of(scores: Scores, seconds: float) -> int:
    """How many of the frames, which are padded to the longest recording, are of one of so many seconds."""
    assert scores.hop is not None
    return min(int(np.ceil(round(seconds / scores.hop, 6))), scores.values.shape[1])


def _score_frames(scores: Scores, seconds: dict[str, float]) -> dict[str, Any]:
    from sed_scores_eval.base_modules.scores import create_score_dataframe

    assert scores.hop is not None
    frames = {}
    for item, values in zip(scores.items, scores.values, strict=True):
        count = _frames_of(scores, seconds[item])
        times = np.round(np.arange(count + 1) * scores.hop, 6)
        frames[item] = create_score_dataframe(values[:count].astype(np.float64), times, list(scores.classes))
    return frames


def _segment_scores(scores: Scores, items: Sequence[str], seconds: dict[str, float]) -> list[np.ndarray]:
    """Of each recording (segments, classes): the largest frame that a segment overlaps; -inf without any."""
    assert scores.hop is not None
    found = []
    for item, values in zip(scores.items, scores.values, strict=True):
        count = _frames_of(scores, seconds[item])
        best = np.full((int(np.ceil(seconds[item] / SEGMENT)), values.shape[1]), -np.inf)
        first = np.floor(np.round(np.arange(count) * scores.hop, 6) / SEGMENT).astype(int)
        last = np.ceil(np.round(np.arange(1, count + 1) * scores.hop, 6) / SEGMENT).astype(int)
        for touched in (first, np.minimum(last, len(best)) - 1):  # a frame lies in one segment, or across a border
            np.maximum.at(best, touched, values[:count])
        found.append(best)
    return found


def _active_segments(
    truth: dict[str, list[Any]], items: Sequence[str], classes: Sequence[str], seconds: dict[str, float]
) -> list[np.ndarray]:
    """Of each recording (segments, classes) bool: where an active interval overlaps."""
    found = []
    for item in items:
        active = np.zeros((int(np.ceil(seconds[item] / SEGMENT)), len(classes)), dtype=bool)
        for onset, offset, label in truth[item]:
            active[int(onset // SEGMENT) : int(np.ceil(offset / SEGMENT)), classes.index(label)] = True
        found.append(active)
    return found


METRICS = (
    Metric("f1_best_thresholds_1s", 1, "%", True, f1_best_thresholds, SOFT_ACTIVITY),
    Metric("f1_best_thresholds_1s_softmax", 1, "%", True, f1_best_thresholds_softmax, SOFT_ACTIVITY),
)
