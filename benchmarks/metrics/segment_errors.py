"""Error rate and F1 of soft activity at one threshold for all classes, in segments of one second: sed_eval counts.

DCASE 2023 Task 4b lists them beside its ranking (ER_m, F1_m, F1_M): frames above one half in a row are an event, both
ends of which are cut to whole seconds, so that one within a second is none (official baseline, code). All recordings of
all folds are judged together, and classes as in benchmarks.metrics.segments. The code joins the recordings of a fold
one behind the other before it cuts, so that there seconds may begin elsewhere than in the recording; here each is cut
by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.counted import counted
from benchmarks.metrics.kinds import in_words
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.metrics.segments import ACTIVE, SEGMENT, SOFT_ACTIVITY, Event, Segmented
from benchmarks.runs.scores import ScoreKind, Scores

if TYPE_CHECKING:
    import pandas as pd

Statistic = Literal["error_rate", "f1_micro", "f1_macro"]
#: The kinds of scores of which one half is a threshold.
HALVED: tuple[ScoreKind, ...] = ("linear", "probability")


@dataclass(frozen=True, eq=False)
class SegmentCounts:
    """What sed_eval counts in each recording: segments of the reference and the system, true positives, errors.

    n_ref, n_sys, tp: (items, classes); errors: (items,), substitutions, deletions and insertions of all classes.
    """

    items: tuple[str, ...]
    n_ref: np.ndarray
    n_sys: np.ndarray
    tp: np.ndarray
    errors: np.ndarray


def count_segments(scores: Scores, reference: "pd.DataFrame") -> SegmentCounts:
    """The counts at the threshold of one half; of the reference see Segmented. Raises InputError."""
    return counted(lambda: _count(scores, reference), scores, reference, "segments", ACTIVE, SEGMENT)


def _count(scores: Scores, reference: "pd.DataFrame") -> SegmentCounts:
    from sed_eval.sound_event import SegmentBasedMetrics

    if scores.kind not in HALVED:
        raise InputError(f"scores: one half is no threshold of a {scores.kind}; give {in_words(HALVED)}")
    judged = Segmented.of(scores, reference)
    classes = list(judged.classes)
    counts, errors = [], []
    for item in judged.items:
        found = _events(judged.frames(item) > ACTIVE, classes, float(scores.hop or SEGMENT))
        evaluator: Any = SegmentBasedMetrics(classes, time_resolution=SEGMENT)
        lists = [_listed(item, events) for events in (judged.events[item], found)]
        evaluator.evaluate(*lists, evaluated_length_seconds=judged.seconds[item])
        by_class = evaluator.class_wise
        counts.append([[by_class[label][name] for label in classes] for name in ("Nref", "Nsys", "Ntp")])
        errors.append(sum(evaluator.overall[name] for name in ("S", "D", "I")))
    n_ref, n_sys, tp = np.array(counts).transpose(1, 0, 2)
    return SegmentCounts(judged.items, n_ref, n_sys, tp, np.array(errors))


def segment_statistic(scores: Scores, reference: "pd.DataFrame", statistic: Statistic) -> MetricValue:
    """The error rate, or F1 in percent: of all counts together (micro), or the mean of the classes' own (macro).

    A class that is found nowhere has the F1 0 and its part in the mean, as the official baseline counts it (its code:
    what sed_eval leaves open is 0, and the sum is over all classes). Raises InputError.
    """
    found = count_segments(scores, reference)
    if statistic == "error_rate":
        return MetricValue.ratio(found.errors, found.n_ref.sum(axis=1), found.items, 1.0, {})
    above, below = 2 * found.tp, found.n_sys + found.n_ref
    if statistic == "f1_micro":
        return MetricValue.ratio(above.sum(axis=1), below.sum(axis=1), found.items, 100.0, {})
    parts = [MetricValue.ratio(*one, found.items, 100.0, {}) for one in zip(above.T, below.T, strict=True)]
    per_item = np.mean([one.per_item for one in parts], axis=0)
    return MetricValue(float(np.mean([one.value for one in parts])), per_item, found.items, {}, is_share=False)


def _events(active: np.ndarray, classes: Sequence[str], hop: float) -> list[Event]:
    """Runs of active frames (frames, classes), whose ends are cut to whole seconds; one within a second is none."""
    events = []
    for column, label in enumerate(classes):
        for is_active, run in groupby(enumerate(active[:, column]), key=lambda one: bool(one[1])):
            places = [place for place, _ in run]
            onset, offset = (float(np.floor(round(place * hop, 6))) for place in (places[0], places[-1] + 1))
            if is_active and offset > onset:
                events.append((onset, offset, label))
    return events


def _listed(item: str, events: Sequence[Event]) -> list[dict[str, object]]:
    """Events as sed_eval takes them."""
    return [
        {"filename": item, "event_label": label, "onset": onset, "offset": offset} for onset, offset, label in events
    ]


_RULE = (
    f"frames above {ACTIVE:g} in a row are an event, whose ends are cut to whole seconds; counted in seconds, all "
    "recordings together (sed_eval): F1_m of all counts, F1_M the mean over classes, 0 for one that is found nowhere"
)


def _metric(name: str, statistic: Statistic) -> Metric:
    is_f1 = statistic != "error_rate"
    scored = partial(segment_statistic, statistic=statistic)
    version = 3 if statistic == "f1_macro" else 1
    return Metric(name, version, "%" if is_f1 else "", is_f1, scored, SOFT_ACTIVITY, only=HALVED, rule=_RULE)


METRICS = (
    _metric("segment_er_1s_above_0.5", "error_rate"),
    _metric("segment_f1_micro_1s_above_0.5", "f1_micro"),
    _metric("segment_f1_macro_1s_above_0.5", "f1_macro"),
)
