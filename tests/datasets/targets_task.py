"""A task that targets solve which stand where the official encoder puts them: which frames beside an edge are active?

A short training hardly feels targets that are a frame late, for few frames lie beside an edge.
"""

from typing import Any

import dcase_util
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.batches.chunks import event_roll

LABEL, HOP, FRAMES, EVENTS = "whistle", 0.02, 101, 50
#: Seconds within which events begin and end.
FIRST, LAST, LONGEST = 0.1, 1.9, 0.8


def late(seed: int) -> tuple[float, float]:
    """Frames beside an edge that are as dcase_util has them: in the targets of training, and in those a frame late."""
    draw = np.random.default_rng(seed)
    onsets = draw.uniform(FIRST, LAST - LONGEST, EVENTS)
    offsets = onsets + draw.uniform(2 * HOP, LONGEST, EVENTS)
    items = [f"mixture {number}" for number in range(EVENTS)]
    reference = pd.DataFrame({"onset": onsets, "offset": offsets}, index=items)
    found = event_roll(reference, items, FRAMES, HOP).numpy()
    official = np.stack([_official(*event) for event in zip(items, onsets, offsets, strict=True)])
    return _right(found, official), _right(np.roll(found, 1, axis=1), official)


def _official(item: str, onset: float, offset: float) -> NDArray[Any]:
    encoder = dcase_util.data.EventRollEncoder(label_list=[LABEL], time_resolution=HOP)
    event = {"filename": item, "event_label": LABEL, "onset": onset, "offset": offset}
    return encoder.encode(dcase_util.containers.MetaDataContainer([event]), length_frames=FRAMES).data[0]


def _right(found: NDArray[Any], official: NDArray[Any]) -> float:
    """The share of right frames among those that have a neighbour of the other kind."""
    changes = np.diff(official, axis=1) != 0
    beside = np.pad(changes, ((0, 0), (1, 0))) | np.pad(changes, ((0, 0), (0, 1)))
    return float((found == official)[beside].mean())
