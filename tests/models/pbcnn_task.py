"""Tasks that the attentions of the PB-CNN paper make solvable: is the sound that a clip has the marked one?

The marker and the sounds lie at opposite ends of an axis; the class says whether they go together.

* time: sounds A and B, in bands of their own, each have one half of the clip; the marker lies beside one of them, at
  the other end of the bands. The class is the sound that it marks. A weight per frame from all bands tells which half.
* frequency: the same with the axes exchanged; a weight per band from all frames.
* pixel: a clip has a sound or none, and a marker or none; the class is whether it has exactly one of them. A weight per
  channel from the whole clip tells of the marker where the sound is.

Why a block without attention fails, whatever its weights: behind it stand a mean over the maps and a dense layer, and
nothing that its convolution and pool have seen holds both marker and sound, so logit = g(sounds) + h(marker). Of the
four clips that the sounds and the marker make, those of one class sum to the same logit as those of the other: at most
three of four can be right, and what gradients find is chance. Attention multiplies what one of them leaves by a weight
from the other.

Attention along the wrong axis fails for another reason: over a whole axis the halves add up, so that the means from
which it weighs are the same for all four clips.
"""

import itertools
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from models.pbcnn import Attention, PBCNNModule

Task = Literal["time", "frequency", "pixel"]

#: From the marker's last band to the sounds' first are 15; a value behind the pool has seen four, with W_v six.
SIZE, EDGE, LEVEL, NOISE = 24, 4, 2.0, 0.5
CHANNELS, REDUCTION, STEPS, BATCH, LEARNING_RATE, TESTED = 16, 4, 100, 32, 0.03, 128
#: Steps of a learned gamma that is pushed out of its range.
PUSHES = 5


def clips(task: Task, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """4 x count maps (1, 24, 24) and their classes: for each noise, all four clips."""
    noise = NOISE * torch.randn(count, 1, SIZE, SIZE, generator=generator)
    bands = torch.arange(SIZE)
    marker, a, b = (bands < EDGE).float(), (bands >= SIZE - 2).float(), ((bands - SIZE + 5).abs() < 1).float()
    first = (torch.arange(SIZE) < SIZE // 2).float()
    halves = (first, 1 - first)
    found, classes = [], []
    for with_sound, with_marker in itertools.product((0, 1), repeat=2):
        if task == "pixel":
            added = (with_sound * (a + b) + with_marker * marker)[:, None]
        else:
            added = torch.outer(a, halves[with_sound]) + torch.outer(b, halves[1 - with_sound])
            added = added + torch.outer(marker, halves[with_marker])
        found.append(noise + LEVEL * (added.mT if task == "frequency" else added))
        classes.append(torch.full((count,), int(with_sound != with_marker)))
    return torch.cat(found), torch.cat(classes)


def accuracy(task: Task, against: Attention, seed: int) -> tuple[float, float]:
    """Shares of unseen clips that are right after training, with the attention of the task, and with `against`."""
    return _trained(task, task, seed), _trained(task, against, seed)


def _trained(task: Task, attention: Attention, seed: int) -> float:
    # Gamma stands at 1: one that is learned starts from nothing, which costs more steps.
    network = PBCNNModule(
        attention, SIZE, SIZE, (CHANNELS,), gamma=1.0, reduction=REDUCTION, dropout=0.0, num_classes=2, seed=seed
    ).network
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        x, classes = clips(task, BATCH // 4, generator)
        optimizer.zero_grad()
        F.cross_entropy(network(x), classes).backward()
        optimizer.step()
    x, classes = clips(task, TESTED // 4, generator)
    with torch.no_grad():  # by the batch's own statistics: the moving averages are slower than this training
        return float((network(x).argmax(-1) == classes).float().mean())


def clamped(seed: int) -> tuple[float, float]:
    """Gammas within [0, 1] that were pushed below, and above: by the module's own optimizer, and by a plain one."""
    own, plain = (PBCNNModule(channels=(4, 4), n_mels=8, n_frames=8, seed=seed, learning_rate=1.0) for _ in range(2))
    optimizers = (own.configure_optimizers(), torch.optim.Adam(plain.parameters(), lr=1.0))
    return tuple(_pushed(*pair) for pair in zip((own, plain), optimizers, strict=True))  # type: ignore[return-value]


def _pushed(module: PBCNNModule, optimizer: torch.optim.Optimizer) -> float:
    for _ in range(PUSHES):
        optimizer.zero_grad()
        low, high = (layer.gamma for layer in module.network.pixel_attentions)
        (low - high).backward()
        optimizer.step()
    gammas = module.gammas(torch.empty(0))
    return float(((gammas >= 0) & (gammas <= 1)).float().mean())
