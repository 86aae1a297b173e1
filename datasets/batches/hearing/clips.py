"""How clips with one class each are heard: in segments, or as vectors for estimators."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.batches.hearing.ear import Ear, Heard, Piece, spans_of
from datasets.batches.hearing.sound import Sound

#: Hops of samples that vectors are made of at least.
LEAST = 16
#: Segments that are judged together: an hour has thousands.
TOGETHER = 64


@dataclass(frozen=True)
class ClipEar(Ear):
    """Segments x (1, S, C, F, T) of a sound of any length, as ClipDataModule tests with.

    segment_frames, segment_hop: length of segments and distance between their beginnings, in frames. What is behind the
    last whole segment is not heard, as in the clips of the data.
    """

    task = "clips"

    segment_frames: int
    segment_hop: int

    def hear(self, sound: Sound) -> Heard:
        """The segments; a sound that is shorter than one has silence behind it."""
        second = self.extractor.hop / getattr(self.extractor, "analysis_rate", self.extractor.rate)
        length = self.segment_frames * second
        sound = sound.at_least(round((self.segment_frames - 1) * second * sound.rate), "a segment")
        segments = self._cut(self.features(sound))
        if not self.extractor.segmented or len(segments) == self._windows(sound):
            spans = spans_of(len(segments), self.segment_hop * second, length)
            return Heard(self._pieces(segments, spans), sound.seconds, sound.notes)
        notes = (*sound.notes, "its silent segments are left out, so that seconds cannot be told")
        return Heard(self._pieces(segments, None), sound.seconds, notes)

    def _pieces(self, segments: torch.Tensor, spans: NDArray[np.float64] | None) -> list[Piece]:
        """Segments (S, C, F, T), standardised, as many at a time as a network judges together."""
        wide = (*self.mean.shape, *[1] * (3 - self.mean.ndim))
        parts = [slice(first, first + TOGETHER) for first in range(0, len(segments), TOGETHER)]
        # No operation in place: where they overlap, segments share their memory.
        scaled = (segments[part].float().sub(self.mean.view(wide)).div_(self.std.view(wide)) for part in parts)
        return [Piece(x[None], None if spans is None else spans[part]) for x, part in zip(scaled, parts, strict=True)]

    def _cut(self, features: NDArray[Any]) -> torch.Tensor:
        rows = torch.from_numpy(features)[None] if not self.extractor.segmented else torch.from_numpy(features)
        segments = rows.unfold(3, self.segment_frames, self.segment_hop)  # (rows, C, F, S, T)
        return segments.permute(0, 3, 1, 2, 4).flatten(0, 1)

    def _windows(self, sound: Sound) -> int:
        """How many segments an extractor that cuts them itself would make if none were silent."""
        rate = getattr(self.extractor, "analysis_rate", self.extractor.rate)
        count = -(-len(sound.samples) * rate // sound.rate)
        length, step = self.extractor.hop * (self.segment_frames - 1), self.extractor.hop * self.segment_hop
        return int(1 + (count - length) // step)


@dataclass(frozen=True)
class VectorEar(Ear):
    """What estimators are given of a whole sound: a vector (1, d), or frames (1, T, d), not standardised."""

    task = "clips"

    def hear(self, sound: Sound) -> Heard:
        """The vector or the frames, which are judged together."""
        sound = sound.at_least(LEAST * self.extractor.hop, "the features take")
        return Heard([Piece(np.array(self.features(sound))[None], None)], sound.seconds, sound.notes)
