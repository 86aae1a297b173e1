"""A task for each attention layer that the layer makes solvable: which of two sounds is marked?

A clip has two parts of changing length, one with sound A, one with sound B, and one of the two is marked; the class is
the sound in the marked part. The marker and the sounds lie at opposite ends of the frequency axis.

Why a network without attention fails, whatever its weights: its output is a mean over patches (maps averaged over time
and frequency, or states averaged over time, then a dense layer), and no patch holds both the marker and a sound, so
logit = g(sounds) + h(marker). Of the four clips that two orders of the sounds and two places of the marker make, those
of one class sum to the same logit as those of the other: at most three of four can be right, and what gradients find
is chance. Attention multiplies what the bands hold in a frame by a weight from all bands, and needs no more.

The network is what stands at the layer in question, for the layers behind it see whole frames and could gate them by
themselves: for l2 to l8 the pair of convolutional layers with its attention and pool, for l10 the read-out, which gets
frames as if they were states.
"""

import itertools
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import keras
from models.acrnn import Attention, ConvolutionalRNN, Scaling

#: From the marker's last band to the sounds' first are ten; a value behind the pool of a pair has seen at most eight.
BANDS, EDGE, FRAMES = 16, 4, 24
LEVEL, NOISE = 2.0, 0.5
WIDTH_DIVISOR, SIGMA = 8, 0.3
STEPS, BATCH, LEARNING_RATE, TESTED = 30, 32, 0.01, 128


def clips(count: int, channels: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """4 x count maps (channels, 16, 24) and their classes: for each noise and length of the parts, all four clips."""
    noise = NOISE * torch.randn(count, channels, BANDS, FRAMES, generator=generator)
    lengths = torch.randint(FRAMES // 3, 2 * FRAMES // 3 + 1, (count, 1), generator=generator)
    first = (torch.arange(FRAMES) < lengths).float()
    parts = (first, 1 - first)
    segments, classes = [], []
    for with_a, with_marker in itertools.product((0, 1), repeat=2):
        x = noise.clone()
        x[:, 0, -EDGE:] += LEVEL * parts[with_a][:, None]
        x[:, 1, -EDGE:] += LEVEL * parts[1 - with_a][:, None]
        x[:, :, :EDGE] += LEVEL * parts[with_marker][:, None, None]
        segments.append(x)
        classes.append(torch.full((count,), int(with_a != with_marker)))
    return torch.cat(segments), torch.cat(classes)


class Pair(nn.Module):
    """The pair of convolutional layers that ends with `layer`, the mean of what it leaves, a dense layer."""

    def __init__(self, network: ConvolutionalRNN, layer: Attention) -> None:
        super().__init__()
        self.pair = network.pairs[int(layer[1:]) // 2 - 1]
        self.channels = self.pair.conv1.in_channels
        self.output = nn.Linear(self.pair.conv2.out_channels, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 2) of maps."""
        return self.output(self.pair(x)[0].mean((2, 3)))


class ReadOut(nn.Module):
    """The read-out of states at l10, and the dense layer; a frame of maps in all bands is a state."""

    def __init__(self, network: ConvolutionalRNN) -> None:
        super().__init__()
        self.network = network
        self.channels = network.output.in_features // BANDS

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 2) of maps."""
        return self.network.output(self.network.read_out(x.flatten(1, 2).transpose(1, 2))[0])


def part(layer: Attention, attention: Attention, scaling: Scaling, seed: int) -> Pair | ReadOut:
    """The part of ACRNN at `layer`, with `attention` there or none."""
    network = ConvolutionalRNN(
        2, attention, scaling, padding="same", readout="mean", dropout=0.0, width_divisor=WIDTH_DIVISOR
    )
    made = ReadOut(network) if layer == "l10" else Pair(network, layer)
    keras.initialise(made, torch.Generator().manual_seed(seed), partial(nn.init.normal_, std=SIGMA))
    return made


def accuracy(attention: Attention, scaling: Scaling, seed: int) -> tuple[float, float]:
    """Shares of unseen clips that are classified right after training, with the attention and without."""
    return _trained(attention, attention, scaling, seed), _trained(attention, "none", scaling, seed)


def _trained(layer: Attention, attention: Attention, scaling: Scaling, seed: int) -> float:
    network = part(layer, attention, scaling, seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        x, classes = clips(BATCH // 4, network.channels, generator)
        optimizer.zero_grad()
        F.cross_entropy(network(x), classes).backward()
        optimizer.step()
    x, classes = clips(TESTED // 4, network.channels, generator)
    with torch.no_grad():  # by the batch's own statistics: the moving averages are slower than this training
        return float((network(x).argmax(-1) == classes).float().mean())
