"""How recordings with events in time are heard: all their frames, as many at a time as the data's have."""

from dataclasses import dataclass

import torch

from datasets.batches.chunks import gather
from datasets.batches.hearing.ear import Ear, Heard, Piece, cut, spans_of
from datasets.batches.hearing.sound import Sound

#: Hops of samples that are heard at least; of a piece that would be shorter, at the end, nothing is.
LEAST = 8


@dataclass(frozen=True)
class FrameEar(Ear):
    """Frames x (1, 1, T + 2 context, D), as FrameDataModule tests with.

    context: frames on either side. frames: of the data's recordings; a longer sound is heard in pieces of so many.
    """

    task = "frames"

    context: int
    frames: int

    def hear(self, sound: Sound) -> Heard:
        """The pieces."""
        second = self.extractor.hop / self.extractor.rate
        sound = sound.at_least(LEAST * self.extractor.hop, "the features take")
        parts = cut(sound, max(LEAST, self.frames - 1) * second, LEAST * self.extractor.hop)
        notes = sound.notes
        if len(parts) > 1:
            length = (self.frames - 1) * second
            notes = (*notes, f"{sound.seconds:.2f} s are heard in pieces of {length:.2f} s, the length of the data's")
        pieces = []
        for begin, samples in parts:
            values = torch.from_numpy(self.features(Sound(sound.path, samples, sound.rate, sound.seconds)))[None]
            zero = torch.zeros(1, dtype=torch.long)
            x = gather(values, zero, zero, values.shape[1], self.context)
            x = x.float().sub_(self.mean).div_(self.std)[:, None]
            pieces.append(Piece(x, spans_of(values.shape[1], second, second, begin)))
        return Heard(pieces, sound.seconds, notes)
