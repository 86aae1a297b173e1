"""Soft activity in segments of one second, as DCASE 2023 Task 4b judges it: what is active, and what scores say.

The score of a segment is the largest of the frames that it overlaps, and a class is active in it where an interval
whose soft activity is above one half overlaps it. A class that is never active in the reference is not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.errors import InputError
from benchmarks.metrics.kinds import Kind, in_words
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

#: Onset and offset in seconds, and the class.
Event = tuple[float, float, str]


@dataclass(frozen=True, eq=False)
class Segmented:
    """Recordings in segments.

    scores: of the recordings in the order of the reference, and of the classes that are active in some second.
    seconds: how long each lasts. events: what is active in it; intervals that touch are one event.
    active, found: of each (segments, classes), whether the class is active, and its score (-inf without a frame).
    """

    scores: Scores
    seconds: dict[str, float]
    events: dict[str, list[Event]]
    active: list[np.ndarray]
    found: list[np.ndarray]

    @classmethod
    def of(cls, scores: Scores, reference: "pd.DataFrame") -> "Segmented":
        """Scores against a reference with a row per recording, class and interval of soft activity.

        "activity" is in [0, 1], "seconds" how long the recording lasts; a recording without any activity has a row with
        the label "". Raises InputError for scores that are not of these recordings, for frames longer than a segment,
        and where no class is ever active.
        """
        check_kind(scores)
        items = list(dict.fromkeys(reference.index))
        scores = check_items(scores, items, scores.classes)
        lasting = reference["seconds"][~reference.index.duplicated()]
        seconds = {item: float(lasting[item]) for item in items}
        events = _events(reference, items, scores.classes)
        present = {label for of_item in events.values() for _, _, label in of_item}
        if not present:
            raise InputError("reference: no class is active in any second, so there is no F1; check the annotations")
        kept = [place for place, label in enumerate(scores.classes) if label in present]
        classes = tuple(scores.classes[place] for place in kept)
        scores = replace(scores, classes=classes, values=scores.values[..., kept])
        return cls(scores, seconds, events, _active(events, classes, seconds), _found(scores, seconds))

    @property
    def items(self) -> tuple[str, ...]:
        """The recordings."""
        return self.scores.items

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are judged."""
        return self.scores.classes

    def frames(self, item: str) -> np.ndarray:
        """The scores (frames, classes) of a recording, without what it was padded with, float64."""
        values = self.scores.values[self.scores.items.index(item)]
        return values[: _frames_of(self.scores, self.seconds[item])].astype(np.float64)


def check_kind(scores: Scores) -> None:
    """Raise InputError for scores that are none of frames within a segment, or have no threshold."""
    if scores.hop is None or scores.hop > SEGMENT:
        raise InputError(
            f"scores: frames of {scores.hop} s are no parts of segments of {SEGMENT:g} s; give shorter ones"
        )
    if scores.kind not in SOFT_ACTIVITY.takes:
        raise InputError(f"scores: a {scores.kind} has no threshold; give {in_words(SOFT_ACTIVITY.takes)}")


def _events(reference: "pd.DataFrame", items: Sequence[str], classes: Sequence[str]) -> dict[str, list[Event]]:
    events: dict[str, list[Event]] = {item: [] for item in items}
    active = reference[(reference["activity"] > ACTIVE) & reference["label"].isin(classes)]
    for item, label, onset, offset in zip(
        active.index, active["label"], active["onset"], active["offset"], strict=True
    ):
        events[item].append((float(onset), float(offset), label))
    return {item: _merged(sorted(of_item, key=lambda one: (one[2], one[0]))) for item, of_item in events.items()}


def _merged(events: Sequence[Event]) -> list[Event]:
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


def _found(scores: Scores, seconds: dict[str, float]) -> list[np.ndarray]:
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


def _active(events: dict[str, list[Event]], classes: Sequence[str], seconds: dict[str, float]) -> list[np.ndarray]:
    found = []
    for item, of_item in events.items():
        active = np.zeros((int(np.ceil(seconds[item] / SEGMENT)), len(classes)), dtype=bool)
        for onset, offset, label in of_item:
            active[int(onset // SEGMENT) : int(np.ceil(offset / SEGMENT)), classes.index(label)] = True
        found.append(active)
    return found
