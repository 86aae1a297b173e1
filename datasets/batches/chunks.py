"""Recordings as rows of frames: which frames are active, where chunks of frames begin, how a batch is gathered."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from datasets.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def chunk_starts(total: int, frames: int | None, hop: int) -> Tensor:
    """Where the chunks of a recording of `total` frames begin: every `hop` frames, and a last one that ends with it.

    frames: the length of a chunk; None for whole recordings. Raises DataError if the recording is shorter than that.
    """
    if frames is None:
        return torch.zeros(1, dtype=torch.long)
    if not 0 < frames <= total or hop < 1:
        raise DataError(
            f"chunks of {frames} frames every {hop} cannot be cut from recordings of {total}; change chunk_frames or "
            "chunk_hop"
        )
    starts = list(range(0, total - frames + 1, hop))
    return torch.tensor(starts if starts[-1] == total - frames else [*starts, total - frames])


def draw_chunks(rows: Tensor, starts: Tensor, per_row: int | None, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows and starts of the chunks of one epoch, in random order: of each row all, or `per_row` different ones."""
    if per_row is None or per_row >= len(starts):
        chosen = starts.repeat(len(rows))
        per_row = len(starts)
    else:
        drawn = torch.rand((len(rows), len(starts)), generator=generator).argsort(dim=1)
        chosen = starts[drawn[:, :per_row].flatten()]
    mixed = torch.randperm(len(chosen), generator=generator)
    return rows.repeat_interleave(per_row)[mixed], chosen[mixed]


def gather(values: Tensor, rows: Tensor, starts: Tensor, frames: int, context: int = 0) -> Tensor:
    """Chunks (B, frames + 2 context, ...) of values (N, T, ...), the border frames repeated beyond the ends."""
    total = values.shape[1]
    places = starts[:, None] + torch.arange(-context, frames + context, device=starts.device)
    places = places.clamp_(0, total - 1).add_(rows[:, None] * total)
    return values.flatten(0, 1).index_select(0, places.flatten()).unflatten(0, places.shape)


def event_roll(reference: "pd.DataFrame", items: Sequence[str], total: int, hop: float) -> Tensor:
    """Which of the `total` frames of each item are active: (items, total) uint8.

    reference: index item, columns onset and offset (seconds, NaN without an event). Active are the frames from
    floor(onset / hop) to ceil(offset / hop), the official event roll.
    """
    roll = torch.zeros((len(items), total), dtype=torch.uint8)
    rows = {item: row for row, item in enumerate(items)}
    events = reference[reference["onset"].notna() & reference.index.isin(rows)]
    for item, onset, offset in zip(events.index, events["onset"], events["offset"], strict=True):
        roll[rows[item], math.floor(onset / hop) : math.ceil(offset / hop)] = 1
    return roll


def band_statistics(features: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation (D,) float32 of each band over all frames of some rows of features (N, T, D).

    Summed in float64 about the first frame's values, so that nothing cancels. A band that never changes has
    deviation 1.
    """
    ones = torch.ones(features.shape[1], dtype=torch.float64)
    centre = features[rows[0], 0].double()
    total, squares = torch.zeros_like(centre), torch.zeros_like(centre)
    for row in rows.tolist():
        values = features[row].double().sub_(centre)
        total += ones @ values
        squares += ones @ values.square_()
    count = len(rows) * features.shape[1]
    mean = total / count
    deviation = (squares / count - mean.square()).clamp_min(0).sqrt()
    return (centre + mean).float(), torch.where(deviation > 0, deviation, 1.0).float()
