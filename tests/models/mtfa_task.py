"""A task that the hourglass makes solvable: which of two clicks has a hum around it?

A clip has two clicks in its upper bands, one in each half, and a hum in its lower bands, before and after one of the
two. The frames of that click are the targets. The hum keeps its distance.

Why a network without the hourglass fails, whatever its weights: a value of the features, and one of a mask at full
resolution, has seen five frames to either side (a stem and two blocks of 3x3 convolutions), and a frame is judged by
its own values alone, for a mean over bands and a dense layer stand where the paper's GRUs would carry news from frame
to frame. Nothing within five frames of a click tells the two apart, so half of their frames are right. The hourglass
sees the hum where eight frames have become one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.mtfa import MTFA, Attention

FRAMES, BANDS, HALF = 64, 16, 32
#: Frames of a click, and the distance of the hum's stretches from the click's first frame: nearest and farthest.
CLICK, NEAREST, FARTHEST = 2, 8, 13
LEVEL, NOISE = 2.0, 0.5
CHANNELS, STEPS, BATCH, LEARNING_RATE, TESTED = 8, 80, 16, 0.01, 128


def clips(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Maps (count, 1, 64, 16), targets (count, 64), and which frames belong to a click (count, 64)."""
    x = NOISE * torch.randn(count, 1, FRAMES, BANDS, generator=generator)
    places = torch.randint(FARTHEST, HALF - FARTHEST, (count, 2), generator=generator) + torch.tensor([0, HALF])
    chosen = torch.randint(2, (count,), generator=generator)
    after = torch.arange(FRAMES) - places[:, :, None]  # frames since the first of each click
    clicks = (after >= 0) & (after < CLICK)
    distance = torch.maximum(-after, after - CLICK + 1)
    hums = (distance >= NEAREST) & (distance <= FARTHEST)
    mine = torch.arange(count), chosen
    x[:, 0, :, BANDS // 2 :] += LEVEL * clicks.any(1)[:, :, None]
    x[:, 0, :, : BANDS // 2] += LEVEL * hums[mine][:, :, None]
    return x, clicks[mine].float(), clicks.any(1)


class Branches(nn.Module):
    """The two branches of MTFA, and a dense layer that judges each frame by its own values."""

    def __init__(self, attention: Attention, seed: int) -> None:
        super().__init__()
        self.network = MTFA(BANDS, CHANNELS, 1, attention, "mean", seed=seed)
        self.output = nn.Linear(CHANNELS, 1)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of maps."""
        return self.output(self.network.sequence(self.network.attend(x))).squeeze(-1)


def accuracy(against: Attention, seed: int) -> tuple[float, float]:
    """Shares of click frames in unseen clips that are right after training: with the hourglass, and `against` it."""
    return _trained("hourglass", seed), _trained(against, seed)


def _trained(attention: Attention, seed: int) -> float:
    network = Branches(attention, seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        x, targets, clicks = clips(BATCH, generator)
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(network(x)[clicks], targets[clicks]).backward()
        optimizer.step()
    x, targets, clicks = clips(TESTED, generator)
    with torch.no_grad():  # by the batch's own statistics: the moving averages are slower than this training
        return float(((network(x) > 0) == (targets > 0.5))[clicks].float().mean())
