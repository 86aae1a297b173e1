"""From scores per frame to events: sigmoid, median filter, threshold, runs of active frames."""

import re
from dataclasses import dataclass

import numpy as np

from benchmarks.errors import InputError
from benchmarks.runs.scores import Scores


@dataclass(frozen=True)
class Rule:
    """When a frame is active: its probability is strictly greater than `threshold`, after a median filter.

    The official DCASE 2017 Task 2 system thresholds first and filters the zeros and ones. A median of zeros and ones is
    the thresholded median of the probabilities (zero padding included, as no threshold is negative), so the filter
    stands first here, and one filtering serves every threshold.
    """

    threshold: float
    median_ms: int

    @classmethod
    def named(cls, name: str) -> "Rule | None":
        """The rule of a name such as above_0.4_median_540ms; None for any other text, 0.40 for 0.4 included."""
        found = re.fullmatch(r"above_(0\.\d*[1-9])_median_([1-9]\d*)ms", name)
        return cls(float(found[1]), int(found[2])) if found else None

    def active(self, scores: Scores) -> np.ndarray:
        """(items, frames) bool. Raises InputError for scores that are not those of one class per frame."""
        return smoothed(scores, self.median_ms) > self.threshold


def smoothed(scores: Scores, median_ms: int) -> np.ndarray:
    """(items, frames) probabilities of the one class, float64, after a median filter of int(median_ms / hop) frames.

    The ends are padded with zeros (MTFA paper, section 3.2; the padding is that of the official system). Raises
    InputError for scores of several classes or of whole clips, for decisions, and for an even number of frames.
    """
    from scipy.ndimage import median_filter

    probabilities = frame_probabilities(scores)
    _, hop = one_class(scores)
    width = int(median_ms / 1000 / hop + 1e-9)
    if width % 2 == 0:
        raise InputError(
            f"scores: a median filter of {median_ms} ms is {width} frames of {hop:g} s, but it takes an odd "
            "number; choose another length"
        )
    half = width // 2  # one line with zeros between the items: scipy's filter is fast along one axis only
    line = np.pad(np.pad(probabilities, ((0, 0), (half, 0))).ravel(), (0, half))
    filtered = median_filter(line, size=width, mode="constant")[: len(line) - half]
    return filtered.reshape(len(probabilities), -1)[:, half:]


def frame_probabilities(scores: Scores) -> np.ndarray:
    """(items, frames) probabilities of the one class, float64: the sigmoid where they are logits.

    They are computed in float64 whatever the file holds, so a threshold does not depend on how scores are stored.
    Raises InputError for scores of several classes or of whole clips, and for decisions.
    """
    from scipy.special import expit

    one_class(scores)
    if scores.kind == "decision":
        raise InputError("scores: decisions have no probabilities; a metric of events needs logits or probabilities")
    values = np.asarray(scores.values[:, :, 0], dtype=np.float64)
    return expit(values) if scores.kind == "logit" else values


def one_class(scores: Scores) -> tuple[str, float]:
    """The class and the hop in seconds of scores per frame. Raises InputError for several classes or whole clips."""
    if scores.hop is None:
        raise InputError("scores: no hop, so they are not per frame; use a metric of clips, such as accuracy")
    if len(scores.classes) != 1:
        raise InputError(f"scores: {len(scores.classes)} classes, but events are judged one class at a time")
    return scores.classes[0], scores.hop


def starts(active: np.ndarray) -> np.ndarray:
    """(items, frames) bool: whether a run of active frames begins here."""
    begins = active.copy()
    begins[:, 1:] &= ~active[:, :-1]
    return begins


def events(active: np.ndarray, hop: float) -> list[list[tuple[float, float]]]:
    """(onset, offset) in seconds of every maximal run of active frames, item by item, by time.

    The onset is the first active frame times `hop`, the offset the first inactive one after it. No run is too short,
    and no gap (the official system has no further step).
    """
    edges = np.diff(np.pad(active, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    found: list[list[tuple[float, float]]] = [[] for _ in active]
    for (item, first), (_, last) in zip(np.argwhere(edges == 1), np.argwhere(edges == -1), strict=True):
        found[item].append((float(first * hop), float(last * hop)))
    return found
