"""The error rate by which validation on whole clips is judged: onset-only, from frames, with numpy alone.

It equals sed_eval's event-based error rate of one class on events that begin and end on frames. What a table prints is
computed elsewhere, by the official tool, from the official lists.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class OnsetRule:
    """How events are read off frames, and which onsets match.

    hop: seconds per frame. collar: tolerance of an onset in seconds. median_frames: of the filter over decisions, odd.
    threshold: the probability above which a frame is active.
    """

    hop: float
    collar: float
    median_frames: int
    threshold: float = 0.5

    @property
    def logit(self) -> float:
        """The logit above which a frame is active."""
        return math.log(self.threshold / (1 - self.threshold))

    def median_filtered(self, active: Frames) -> Frames:
        """Decisions (B, T) after the median, with silence before and behind the clip."""
        half = self.median_frames // 2
        sums = np.pad(np.cumsum(np.pad(active, ((0, 0), (half, half))), axis=1), ((0, 0), (1, 0)))
        return np.asarray(sums[:, self.median_frames :] - sums[:, : -self.median_frames] > half)

    def onsets(self, active: Frames) -> npt.NDArray[np.float64]:
        """Seconds at which the runs of one clip (T,) begin; every run is an event."""
        return self.hop * np.flatnonzero(np.diff(active.astype(np.int8), prepend=0) == 1).astype(np.float64)

    def matches(self, reference: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> int:
        """The largest number of pairs of sorted onsets within the collar; pairing from the left finds it."""
        pairs = here = there = 0
        while here < len(reference) and there < len(found):
            if abs(reference[here] - found[there]) <= self.collar:
                pairs, here, there = pairs + 1, here + 1, there + 1
            elif reference[here] < found[there]:
                here += 1
            else:
                there += 1
        return pairs


@dataclass
class OnsetErrors:
    """Counts over the clips of an epoch: events of the reference, and those missed or found where there is none."""

    rule: OnsetRule
    references: int = 0
    deletions: int = 0
    insertions: int = 0

    def add(self, active: Frames, reference: Frames) -> None:
        """Count whole clips: raw decisions and targets, both (B, T); the decisions are filtered here."""
        for clip, target in zip(self.rule.median_filtered(active), reference, strict=True):
            wanted, found = self.rule.onsets(target), self.rule.onsets(clip)
            right = self.rule.matches(wanted, found)
            self.references += len(wanted)
            self.deletions += len(wanted) - right
            self.insertions += len(found) - right

    @property
    def error_rate(self) -> float:
        """Errors per event of the reference, pooled over all clips; NaN if there is no such event."""
        return (self.deletions + self.insertions) / self.references if self.references else float("nan")
