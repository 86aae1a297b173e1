"""How recordings with soft activity of classes are heard: frame by frame, each second in its context."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from datasets.batches.hearing.ear import Ear, Heard, Piece, spans_of
from datasets.batches.hearing.sound import Sound
from datasets.batches.seconds import SecondTable
from datasets.errors import DataError


class Recording(NamedTuple):
    """A whole recording as it is predicted.

    frames: (1, T, D). places: (seconds, n_frames) the frames of the chunk around each second; None where the recording
    is predicted in one pass. query: (seconds, d) what is known of each second beside its frames; None without.
    """

    frames: Tensor
    places: Tensor | None
    query: Tensor | None


@dataclass(frozen=True)
class ActivityEar(Ear):
    """A recording as ActivityDataModule tests with it.

    per_second: frames of every second. chunk_seconds: around each second; None for one pass. hop: of scores, seconds.
    query: the name of what networks are given beside frames, which no ear can make; None without.
    """

    task = "activity"

    per_second: int
    chunk_seconds: int | None
    hop: float
    query: str | None = None

    def hear(self, sound: Sound) -> Heard:
        """The recording. Raises DataError for networks that hear more than its frames."""
        if self.query is not None:
            raise DataError(f"this network hears {self.query} beside the frames, which is not made of single files")
        sound = sound.at_least(sound.rate, "a second")
        frames = torch.from_numpy(self.features(sound)).float()
        seconds = len(frames) // self.per_second
        if len(self.mean):
            frames = frames.sub_(self.mean).div_(self.std)
        if self.chunk_seconds is None:
            spans = spans_of(len(frames), self.hop, self.hop)
            return Heard([Piece(Recording(frames[None], None, None), spans)], sound.seconds, sound.notes)
        table = SecondTable.of([len(frames)], [seconds], self.per_second)
        places = table.frames(table.around(torch.arange(seconds), self.chunk_seconds // 2))
        whole = frames[None, : seconds * self.per_second]
        parts = seconds if self.hop == 1.0 else seconds * self.per_second
        return Heard(
            [Piece(Recording(whole, places, None), spans_of(parts, self.hop, self.hop))], sound.seconds, sound.notes
        )
