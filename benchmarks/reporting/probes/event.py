"""What networks show of one clip with an event: their input, their masks, the probability of the event by frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.figure import stored_probes
from benchmarks.runs.files import file_sha256
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.scores import Scores

if TYPE_CHECKING:
    import pandas as pd

#: The names under which runs keep the maps of masks, fine to coarse.
MASKS = ("mask_full", "mask_half", "mask_quarter", "mask_eighth")
#: Seconds on both sides of an event in which nothing is looked for that competes with it (assumed: the collar).
GUARD = 0.5


@dataclass(frozen=True, eq=False)
class EventProbe:
    """What a run keeps of one clip. Times are in seconds."""

    run: Run
    item: str
    #: the label of the event, "" in a clip without one
    label: str
    #: seconds per frame
    hop: float
    #: (frames, bands), standardised by band
    input_map: np.ndarray
    #: (frames, bands) at the scales that the network has, fine to coarse; coarser ones have fewer frames and bands
    masks: tuple[np.ndarray, ...]
    #: (frames,)
    probability: np.ndarray | None
    #: onset and offset
    event: tuple[float, float] | None
    #: SHA-256 of the file that all this is from
    digest: str

    @property
    def competing(self) -> tuple[float, float] | None:
        """The loudest second that is no part of the event; None where the clip is too short to have one."""
        return loudest_second(self.input_map, self.hop, self.event)


def event_probe(run: Finished, references: "Mapping[str, pd.DataFrame]") -> EventProbe | None:
    """What a run keeps of a clip; of several, the one whose event is surest. None without such probes.

    references: what is true of the items of test sets, to one of which the clip belongs.
    """
    path = run.folder / "probes.npz"
    shown = stored_probes(path)
    if "input_map" not in shown:
        return None
    hop = Scores.load(run.scores_path(next(iter(references)))).hop
    if hop is None:
        return None
    truths, digest = list(references.values()), file_sha256(path)
    found = [_clip(run, shown, number, truths, hop, digest) for number in range(len(shown["items"]))]
    return max(found, key=_certainty)


def loudest_second(input_map: np.ndarray, hop: float, event: tuple[float, float] | None) -> tuple[float, float] | None:
    """Start and end of the second with the highest mean input (frames, bands), outside the event and its collar."""
    length = round(1 / hop)
    sums = np.concatenate([[0.0], np.cumsum(input_map.mean(axis=1, dtype=np.float64))])
    levels = sums[length:] - sums[:-length]
    starts = hop * np.arange(len(levels))
    if event is not None:
        levels = np.where((starts + length * hop > event[0] - GUARD) & (starts < event[1] + GUARD), -np.inf, levels)
    if not np.isfinite(levels).any():
        return None
    start = float(starts[levels.argmax()])
    return start, start + length * hop


def _clip(
    run: Finished, shown: dict[str, np.ndarray], number: int, references: "Sequence[pd.DataFrame]", hop: float,
    digest: str,
) -> EventProbe:  # fmt: skip
    item = str(shown["items"][number])
    label, event = _event(item, references)
    probability = shown["frame_probability"][number] if "frame_probability" in shown else None
    return EventProbe(
        run.run, item, label, hop, shown["input_map"][number].astype(np.float32),
        tuple(shown[name][number].astype(np.float32) for name in MASKS if name in shown),
        None if probability is None else probability.astype(np.float32), event, digest,
    )  # fmt: skip


def _event(item: str, references: "Sequence[pd.DataFrame]") -> tuple[str, tuple[float, float] | None]:
    """The first event of a clip."""
    for frame in references:
        if item in frame.index:
            rows = frame.loc[[item]]
            for label, onset, offset in zip(rows["label"], rows["onset"], rows["offset"], strict=True):
                if label:
                    return str(label), (float(onset), float(offset))
    return "", None


def _certainty(probe: EventProbe) -> float:
    """The highest probability within the event; lowest of all without an event."""
    if probe.event is None:
        return -1.0
    if probe.probability is None:
        return 0.0
    first, last = (int(time / probe.hop) for time in probe.event)
    return float(probe.probability[first : last + 1].max(initial=0.0))
