"""Error rate and F1 of events by their onsets, one class at a time: sed_eval counts, and here is what it is fed.

The error rate is (deletions + insertions) per event of the reference. With one class nothing can be substituted, so an
event that is found at a wrong time costs two errors (MTFA paper, section 3.3; DCASE 2017 Task 2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.counted import counted
from benchmarks.metrics.decisions import Rule, events, one_class, smoothed, starts
from benchmarks.metrics.kinds import EVENTS_OF_ONE_CLASS
from benchmarks.metrics.metric import Family, Metric, MetricValue, ZeroByZero
from benchmarks.runs.scores import Scores, check_items

if TYPE_CHECKING:
    import pandas as pd

#: sed_eval says NaN by default, and 0 with empty_system_output_handling="zero_score"; so does scikit-learn.
NOTHING_DETECTED = ZeroByZero(
    "n_sys",
    "where nothing was detected, precision is 0/0 and with it F1 (sed_eval: NaN); it counts as 0 in means, spreads and "
    "verdicts, by sed_eval's rule zero_score",
)


@dataclass(frozen=True)
class OnsetRule:
    """What the id of a metric of events says: the rule that makes frames active, and the collar of onsets."""

    rule: Rule
    collar_ms: int

    @property
    def collar(self) -> float:
        """The collar in seconds."""
        return self.collar_ms / 1000


@dataclass(frozen=True, eq=False)
class EventCounts:
    """What was found in each item, all (items,): events of the reference and of the system, and true positives."""

    items: tuple[str, ...]
    n_ref: np.ndarray
    n_sys: np.ndarray
    tp: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Deletions and insertions of each item."""
        return self.n_ref + self.n_sys - 2 * self.tp

    def totals(self) -> dict[str, int]:
        """Sums over the items; fp are insertions, fn deletions."""
        n_ref, n_sys, tp = (int(counts.sum()) for counts in (self.n_ref, self.n_sys, self.tp))
        return {"n_ref": n_ref, "n_sys": n_sys, "tp": tp, "fp": n_sys - tp, "fn": n_ref - tp}


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """Error rate and F1 (percent) at each threshold, all (thresholds,)."""

    thresholds: np.ndarray
    error_rate: np.ndarray
    f1: np.ndarray


def event_error_rate(scores: Scores, reference: "pd.DataFrame", rule: Rule, collar: float) -> MetricValue:
    """Deletions and insertions per event of the reference; `collar` in seconds. Raises InputError."""
    found = count_events(scores, reference, rule, collar)
    return MetricValue.ratio(found.errors, found.n_ref, found.items, 1.0, found.totals())


def event_f1(scores: Scores, reference: "pd.DataFrame", rule: Rule, collar: float) -> MetricValue:
    """F1 in percent, from the counts of all items together; `collar` in seconds. Raises InputError.

    Where nothing is detected it is 0, see NOTHING_DETECTED.
    """
    found = count_events(scores, reference, rule, collar)
    return MetricValue.ratio(2 * found.tp, found.n_ref + found.n_sys, found.items, 100.0, found.totals())


def count_events(scores: Scores, reference: "pd.DataFrame", rule: Rule, collar: float) -> EventCounts:
    """What sed_eval counts, item by item: onsets at most `collar` seconds apart match, offsets do not matter.

    `reference` has a row per item, label "" where it holds no event; an item with several events stands in several
    rows. Items without any event take part: what is found there is an insertion. Raises InputError where the items of
    the scores are not those of the reference, where the reference has no event, and where one lies beyond the scores.
    """
    return counted(lambda: _count(scores, reference, rule, collar), scores, reference, "events", rule, float(collar))


def _count(scores: Scores, reference: "pd.DataFrame", rule: Rule, collar: float) -> EventCounts:
    import sed_eval

    label, hop = one_class(scores)
    scores, truth = _matched(scores, reference)
    evaluator = sed_eval.sound_event.EventBasedMetrics(
        [label], evaluate_onset=True, evaluate_offset=False, t_collar=float(collar)
    )
    counts = [[0, 0, 0]]
    for item, true, found in zip(scores.items, truth, events(rule.active(scores), hop), strict=True):
        evaluator.evaluate(_event_list(item, label, true), _event_list(item, label, found))
        counts.append([int(evaluator.overall[name]) for name in ("Nref", "Nsys", "Ntp")])
    n_ref, n_sys, tp = np.diff(np.array(counts), axis=0).T
    return EventCounts(scores.items, n_ref, n_sys, tp)


def threshold_curve(
    scores: Scores, reference: "pd.DataFrame", thresholds: Sequence[float] | np.ndarray, median_ms: int, collar: float
) -> ThresholdCurve:
    """Error rate and F1 at each of many thresholds, with the counts of `count_events` but all items at once.

    Raises InputError as `count_events` does.
    """
    _, hop = one_class(scores)
    scores, truth = _matched(scores, reference)
    probabilities = smoothed(scores, median_ms)
    near = _near(truth, probabilities.shape[1], hop, collar)
    n_ref = sum(map(len, truth))
    error_rate, f1 = np.empty(len(thresholds)), np.empty(len(thresholds))
    for position, threshold in enumerate(thresholds):
        begins = starts(probabilities > threshold)
        n_sys, tp = int(begins.sum()), _matches(begins, near)
        error_rate[position] = (n_ref + n_sys - 2 * tp) / n_ref
        f1[position] = 100 * 2 * tp / (n_ref + n_sys)
    return ThresholdCurve(np.asarray(thresholds, dtype=np.float64), error_rate, f1)


def _near(truth: Sequence[list[tuple[float, float]]], frames: int, hop: float, collar: float) -> list[np.ndarray]:
    """Which frames an onset may stand in to match the first event of each item, the second, ...: (items, frames)."""
    times = np.arange(frames) * hop
    most = max(map(len, truth))
    onsets = np.full((most, len(truth)), np.nan)
    for item, found in enumerate(truth):
        onsets[: len(found), item] = [onset for onset, _ in found]
    return [np.abs(row[:, None] - times) <= collar for row in onsets]


def _matches(begins: np.ndarray, near: Sequence[np.ndarray]) -> int:
    """The number of onsets that match, in all items: each event in turn takes the first onset near it that is left.

    All collars are equal, so later events can use nothing earlier, and no matching has more pairs.
    """
    total, left = 0, begins
    for number, frames in enumerate(near):
        candidates = left & frames
        hit = candidates.any(axis=1)
        total += int(hit.sum())
        if number + 1 < len(near):
            taken = np.where(hit, candidates.argmax(axis=1), -1)
            left = left & (np.arange(left.shape[1]) > taken[:, None])
    return total


def _matched(scores: Scores, reference: "pd.DataFrame") -> tuple[Scores, list[list[tuple[float, float]]]]:
    """The scores in the order of the reference, and the events (onset, offset) of each item by time."""
    label, hop = one_class(scores)
    missing = [name for name in ("label", "onset", "offset") if name not in reference.columns]
    if missing:
        raise InputError(f"reference: no column {missing[0]!r}, so it names no events; check the dataset of the metric")
    scores = check_items(scores, list(map(str, reference.index.unique())), scores.classes)
    truth: dict[str, list[tuple[float, float]]] = {item: [] for item in scores.items}
    end = (scores.values.shape[1] + 1) * hop
    columns = (reference[name] for name in ("label", "onset", "offset"))
    for item, named, onset, offset in zip(map(str, reference.index), *columns, strict=True):
        if problem := _problem(named, onset, offset, label, end):
            raise InputError(f"reference: {item}: {problem}")
        if named:
            truth[item].append((float(onset), float(offset)))
    if not any(truth.values()):
        raise InputError("reference: no item holds an event, so there is no rate per event; test on more items")
    return scores, [sorted(found) for found in truth.values()]


def _problem(named: str, onset: float, offset: float, label: str, end: float) -> str | None:
    """What is wrong with a row of the reference, None if nothing is; `end` is where the scores end, in seconds."""
    if named not in ("", label):
        return f"an event of class {named!r}, but the scores are of {label!r}; check the dataset"
    if not named:
        return None if np.isnan(onset) and np.isnan(offset) else "onset or offset without a class; check the dataset"
    if not 0 <= onset <= offset:
        return f"an event from {onset:g} to {offset:g} s; check the dataset"
    if offset > end:
        return f"an event until {offset:g} s, where the scores end at {end:g} s; check the hop and the dataset"
    return None


def _event_list(item: str, label: str, found: list[tuple[float, float]]) -> list[dict[str, object]]:
    """Events as sed_eval takes them."""
    return [{"filename": item, "event_label": label, "onset": onset, "offset": offset} for onset, offset in found]


@cache
def _named(metric_id: str) -> Metric | None:
    """The metric of an id such as event_er_onset_500ms_above_0.4_median_540ms; None for any other text."""
    found = re.fullmatch(r"event_(er|f1)_onset_([1-9]\d*)ms_(.+)", metric_id)
    rule = Rule.named(found[3]) if found else None
    if found is None or rule is None:
        return None
    onsets = OnsetRule(rule, int(found[2]))
    is_f1 = found[1] == "f1"
    scored = partial(event_f1 if is_f1 else event_error_rate, rule=rule, collar=onsets.collar)
    zero_by_zero = NOTHING_DETECTED if is_f1 else None
    unit = "%" if is_f1 else ""
    told = (
        f"frames with a probability above {rule.threshold:g}, then smoothed by a median filter of {rule.median_ms} ms; "
        "each run of active frames is an event, which is right where a true one of its own begins within "
        f"{found[2]} ms (sed_eval); the error rate is that of missed and false events to true ones, 1.00 of an output "
        "without any event, whose F1, with a precision of 0/0, counts as 0"
    )
    return Metric(
        metric_id, 1, unit, is_f1, scored, EVENTS_OF_ONE_CLASS, onsets, zero_by_zero=zero_by_zero, rule=told
    )  # fmt: skip


_EXAMPLES = ("event_er_onset_500ms_above_0.5_median_540ms", "event_f1_onset_500ms_above_0.5_median_540ms")
METRICS = (Family(_named, _EXAMPLES),)
