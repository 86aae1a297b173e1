"""Recordings as seconds: which frames a second and its neighbours have, and how often a second is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SecondTable:
    """All complete seconds of some recordings, numbered through, and where their frames lie in one tensor of frames.

    begins: (recordings + 1,) the first frame of each recording, and how many there are in all.
    recordings, lows, highs, firsts: (seconds,) the recording of each second, the first second of this recording and the
    one behind its last, and the second's first frame. per_second: frames of every second.
    """

    begins: Tensor
    recordings: Tensor
    lows: Tensor
    highs: Tensor
    firsts: Tensor
    per_second: int

    @classmethod
    def of(cls, frames: Sequence[int], seconds: Sequence[int], per_second: int) -> "SecondTable":
        """The table of recordings that follow on each other, by how many frames and complete seconds each has.

        A recording may have frames behind its last complete second.
        """
        begins, counts = torch.tensor([0, *frames]).cumsum(0), torch.tensor(seconds)
        recordings = torch.arange(len(counts)).repeat_interleave(counts)
        highs = counts.cumsum(0)
        lows = (highs - counts)[recordings]
        firsts = begins[recordings] + (torch.arange(len(lows)) - lows) * per_second
        return cls(begins, recordings, lows, highs[recordings], firsts, per_second)

    def to(self, device: torch.device) -> "SecondTable":
        """The same on a device."""
        return SecondTable(
            self.begins.to(device), self.recordings.to(device), self.lows.to(device), self.highs.to(device),
            self.firsts.to(device), self.per_second,
        )  # fmt: skip

    def seconds_of(self, recordings: Tensor) -> Tensor:
        """The seconds of some recordings, in the order of the table."""
        return torch.isin(self.recordings, recordings).nonzero().flatten()

    def frames_of(self, recordings: Sequence[int]) -> Tensor:
        """All frames of some recordings, one recording after the other."""
        edges = self.begins.tolist()
        return torch.cat([torch.arange(edges[one], edges[one + 1]) for one in recordings])

    def second_of_frame(self) -> Tensor:
        """The second of every frame (frames,); the number of all seconds where it is in no complete one."""
        count = len(self.firsts)
        found = torch.full((int(self.begins[-1]),), count)
        seconds = torch.arange(count)
        found[self.frames(seconds[:, None]).flatten()] = seconds.repeat_interleave(self.per_second)
        return found

    def around(self, seconds: Tensor, reach: int) -> Tensor:
        """Seconds (B, 2 reach + 1) around each of (B,); one that the recording does not have is the central one again.

        So the authors of `maestro` fill chunks at the ends of recordings (their code).
        """
        near = seconds[:, None] + torch.arange(-reach, reach + 1, device=seconds.device)
        inside = (near >= self.lows[seconds, None]) & (near < self.highs[seconds, None])
        return torch.where(inside, near, seconds[:, None])

    def frames(self, seconds: Tensor) -> Tensor:
        """Frames (B, n x per_second) of seconds (B, n), in their order."""
        own = torch.arange(self.per_second, device=seconds.device)
        return (self.firsts[seconds][..., None] + own).flatten(1)


def balanced_weights(classes: Tensor, alpha: float) -> Tensor:
    """Weights (n,), float64, with which items of these classes (n,) are drawn, with replacement.

    A class's share is alpha / (number of classes that occur) + (1 - alpha) times its share of the items (maestro,
    section 4.4; the formula is that of pytorch-balanced-sampler, which the paper names): alpha 0 leaves the classes as
    they are, alpha 1 makes them equal.
    """
    _, places, sizes = classes.unique(return_inverse=True, return_counts=True)
    shares = alpha / len(sizes) + (1 - alpha) * sizes.double() / len(classes)
    return (shares / sizes)[places]


def draw_balanced(weights: Tensor, batch_size: int, generator: torch.Generator) -> Tensor:
    """Positions of an epoch: as many whole batches as the items (n,) fill, at least one, drawn with replacement."""
    batches = max(1, len(weights) // batch_size)
    return torch.multinomial(weights, batches * batch_size, replacement=True, generator=generator)
