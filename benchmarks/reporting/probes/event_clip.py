"""What networks show of one clip with an event: their input, their masks, the probability of the event by frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.judge.table import CellResult
from benchmarks.reporting.drawing.maps.heatmaps import EventMaps
from benchmarks.reporting.probes.kept import FILE, stored_probes
from benchmarks.runs.files import file_sha256
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.scores import Scores

if TYPE_CHECKING:
    import pandas as pd

#: What runs keep: the input of clips, and the probability of the event in their frames.
INPUT, PROBABILITY = "input_map", "frame_probability"
#: Seconds on both sides of an event in which nothing is looked for that competes with it (assumed: the collar).
GUARD = 0.5


@dataclass(frozen=True, eq=False)
class EventProbe:
    """What a run keeps of one clip."""

    run: Run
    item: str
    clip: EventMaps
    #: SHA-256 of the file that all this is from
    digest: str


def clip_with_event(one: CellResult, cells: Sequence[CellResult], masks: Sequence[str] = ()) -> EventProbe | None:
    """What the first run behind a cell shows of a clip; its truth is looked for in every test set of `cells`.

    masks: the names of the maps that are shown beside the input, as far as the run keeps them.
    """
    assert one.evidence is not None
    of_dataset = [each for each in cells if each.cell.dataset == one.cell.dataset and each.evidence]
    references = {each.cell.test_set: each.evidence.scored[0].truth for each in of_dataset if each.evidence}
    return event_probe(one.evidence.scored[0].finished, references, masks)


def event_probe(
    run: Finished, references: "Mapping[str, pd.DataFrame]", masks: Sequence[str] = ()
) -> EventProbe | None:
    """What a run keeps of a clip; of several, the one whose event is surest. None without such probes.

    references: what is true of the items of test sets, to one of which the clip belongs.
    """
    shown = stored_probes(run.folder)
    if INPUT not in shown:
        return None
    hop = Scores.load(run.scores_path(next(iter(references)))).hop
    if hop is None:
        return None
    truths, digest = list(references.values()), file_sha256(run.folder / FILE)
    clips = [_clip(shown, number, truths, hop, masks) for number in range(len(shown["items"]))]
    surest = max(range(len(clips)), key=lambda number: _certainty(clips[number]))
    return EventProbe(run.run, str(shown["items"][surest]), clips[surest], digest)


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
    shown: dict[str, np.ndarray], number: int, references: "Sequence[pd.DataFrame]", hop: float, masks: Sequence[str]
) -> EventMaps:
    label, event = _event(str(shown["items"][number]), references)
    input_map = shown[INPUT][number].astype(np.float32)
    probability = shown[PROBABILITY][number].astype(np.float32) if PROBABILITY in shown else None
    kept = tuple(shown[name][number].astype(np.float32) for name in masks if name in shown)
    return EventMaps(label, hop, input_map, kept, probability, event, loudest_second(input_map, hop, event))


def _event(item: str, references: "Sequence[pd.DataFrame]") -> tuple[str, tuple[float, float] | None]:
    """The first event of a clip."""
    for frame in references:
        if item in frame.index:
            rows = frame.loc[[item]]
            for label, onset, offset in zip(rows["label"], rows["onset"], rows["offset"], strict=True):
                if label:
                    return str(label), (float(onset), float(offset))
    return "", None


def _certainty(clip: EventMaps) -> float:
    """The highest probability within the event; lowest of all without an event."""
    if clip.event is None:
        return -1.0
    if clip.probability is None:
        return 0.0
    first, last = (int(time / clip.hop) for time in clip.event)
    return float(clip.probability[first : last + 1].max(initial=0.0))
