"""Where the segments of clips lie in a tensor of features, and which of them make up an epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from datasets.errors import DataError
from datasets.features.cache import Features

SegmentMode = Literal["all", "random"]
EpochMode = Literal["concat", "resample"]


@dataclass(frozen=True)
class SegmentTable:
    """All segments of all clips and copies.

    rows, starts: (segments,) the row of the tensor and the place in it, in hops.
    first, counts: (copies, clips) where the segments of each begin in these lists, and how many they are.
    """

    rows: Tensor
    starts: Tensor
    first: Tensor
    counts: Tensor

    @classmethod
    def of(cls, sets: Sequence[Features], frames: int, hop: int) -> "SegmentTable":
        """The segments of `frames` frames every `hop` frames in each row (..., T) of the sets.

        Raises DataError if a row has fewer frames.
        """
        length = sets[0].array.shape[-1]
        if length < frames:
            raise DataError(
                f"{sets[0].items[0]}: {length} frames are fewer than a segment's {frames}; shorten segments"
            )
        per_row = 1 + (length - frames) // hop
        n_rows = sum(len(one.array) for one in sets)
        counts = torch.from_numpy(np.stack([one.counts for one in sets])) * per_row
        return cls(
            rows=torch.arange(n_rows).repeat_interleave(per_row),
            starts=torch.arange(per_row).repeat(n_rows),
            first=(counts.flatten().cumsum(0) - counts.flatten()).view_as(counts),
            counts=counts,
        )

    def pick(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and starts of segments by their positions in the lists."""
        return self.rows[positions], self.starts[positions]

    def every(self, first: Tensor, counts: Tensor) -> Tensor:
        """The positions of all segments of some clips, one after the other."""
        before = counts.cumsum(0) - counts
        return torch.arange(int(counts.sum())) + (first - before).repeat_interleave(counts)

    def epoch(
        self, clips: Tensor, segments: SegmentMode, copies: EpochMode, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Rows and starts of one epoch over `clips` in random order.

        segments: all of each clip, or one at random. copies: of each clip all, or one at random.
        """
        first, counts = self.first[:, clips], self.counts[:, clips]
        if copies == "resample":
            choice = torch.randint(len(first), (1, len(clips)), generator=generator)
            first, counts = first.gather(0, choice), counts.gather(0, choice)
        first, counts = first.flatten(), counts.flatten()
        if segments == "random":
            positions = first + (torch.rand(len(first), generator=generator) * counts).long()
        else:
            positions = self.every(first, counts)
        return self.pick(positions[torch.randperm(len(positions), generator=generator)])

    def grid(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and starts (clips, S) of all segments of unaltered clips.

        Where some clips have fewer segments than others (silent ones are dropped), theirs are repeated in turn;
        the mean over segments counts each once (benchmarks.metrics.accuracy).
        """
        first, counts = self.first[0, clips, None], self.counts[0, clips, None]
        return self.pick(first + torch.arange(int(counts.max())) % counts)


def statistics(features: Tensor, rows: Tensor, starts: Tensor, frames: int, hop: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (channels,) float64 of the segments at `rows` and `starts` of (rows, C, F, T)."""
    cover = torch.zeros(len(features), features.shape[-1], dtype=torch.float64)
    for start in starts.unique().tolist():
        cover[rows[starts == start], start * hop : start * hop + frames] += 1
    total = torch.zeros(2, features.shape[1], dtype=torch.float64)
    for part in cover.sum(1).nonzero().flatten().split(64):
        values = features[part].double()
        weights = cover[part]
        total[0] += torch.einsum("nt,nct->c", weights, values.sum(2))
        total[1] += torch.einsum("nt,nct->c", weights, values.square_().sum(2))
    mean, square = total / (cover.sum() * features.shape[2])
    return mean, (square - mean.square()).clamp_min(0).sqrt()


def mean_of(features: Tensor, rows: Tensor) -> Tensor:
    """The mean (C, F, T) float32 of some rows of features (rows, C, F, T)."""
    total = torch.zeros(features.shape[1:], dtype=torch.float64)
    for part in rows.split(64):
        total += features[part].double().sum(0)
    return (total / len(rows)).float()
