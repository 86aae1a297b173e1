"""PiczakCNN, the baseline of the ACRNN paper, and the module that trains it.

Source: K. J. Piczak, "Environmental sound classification with convolutional neural networks" (MLSP 2015), and the
notebooks of its public repository, paper-2015-esc-convnet ("code" below).
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import kernels
from models.optimizers import SteppedSGD
from models.tasks.clips import ClipClassification

Variant = Literal["short", "long", "t2"]
Borders = Literal["none", "partial", "same"]

#: Frames of a segment; t2 is the short network with padded pools that Table 2 of the ACRNN paper counts (fitted).
FRAMES: dict[Variant, int] = {"short": 41, "long": 101, "t2": 41}
#: Mel bands, filters of both convolutions, cells of both hidden layers.
BANDS, FILTERS, HIDDEN = 60, 80, 5000


class MaxPool(nn.Module):
    """Max-pooling of (B, C, F, T) over `size` (F, T), moving 1 along frequency and the window's length along time.

    Windows that reach over the edge are left out, or cut off (`partial`), or the maps are padded on both sides so that
    every position of frequency has a window ("same" padding of Keras).
    """

    def __init__(self, size: tuple[int, int], padding: Borders) -> None:
        super().__init__()
        self.size, self.stride, self.padding = size, (1, size[1]), padding

    def forward(self, maps: Tensor) -> Tensor:
        """The pooled maps (B, C, F', T')."""
        if self.padding == "same":
            borders = [self._borders(maps.shape[axis], axis - 2) for axis in (3, 2)]
            maps = F.pad(maps, [side for pair in borders for side in pair], value=-torch.inf)
        return F.max_pool2d(maps, self.size, self.stride, ceil_mode=self.padding == "partial")

    def _borders(self, length: int, axis: int) -> tuple[int, int]:
        """What to add before and after an axis of this length; the odd one goes behind, as in Keras."""
        windows = -(-length // self.stride[axis])
        total = max(0, (windows - 1) * self.stride[axis] + self.size[axis] - length)
        return total // 2, total - total // 2


class PiczakCNN(nn.Module):
    """Two convolutional and two hidden layers over log-mel segments with delta (B, 2, 60, frames) -> logits.

    variant: short (41 frames), long (101 frames) or t2.
    dropout: probability at the inputs of the second convolution, the second hidden layer and the output (code).
    partial_pools: whether the pools' last, incomplete windows count. They did in the library that the code uses, so
        there the short network has 320 values behind the pools, here by default 240 (the pools as published).
    width_divisor: divides all layer widths, for quick trials.
    seed: of the generator that draws the initial weights.
    """

    def __init__(
        self,
        num_classes: int = 50,
        variant: Variant = "short",
        dropout: float = 0.5,
        partial_pools: bool = False,
        width_divisor: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.input_shape = (2, BANDS, FRAMES[variant])
        padding: Borders = "same" if variant == "t2" else "partial" if partial_pools else "none"
        filters, hidden = FILTERS // width_divisor, HIDDEN // width_divisor
        self.conv1 = nn.Conv2d(2, filters, (57, 6))
        self.pool1 = MaxPool((4, 3), padding)
        self.conv2 = nn.Conv2d(filters, filters, (1, 3))
        self.pool2 = MaxPool((1, 3), padding)
        with torch.no_grad():
            values = self._second(self._first(torch.zeros(1, *self.input_shape))).shape[1]
        self.hidden1 = kernels.Linear(values, hidden)
        self.hidden2 = kernels.Linear(hidden, hidden)
        self.output = kernels.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(dropout)
        self._initialise(torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """The code's initial weights: uniform in ±0.001 and ±0.1, Gaussian of deviation 0.01; biases 0.1, then 0."""
        nn.init.uniform_(self.conv1.weight, -0.001, 0.001, generator=generator)
        nn.init.uniform_(self.conv2.weight, -0.1, 0.1, generator=generator)
        nn.init.constant_(self.conv1.bias, 0.1)  # type: ignore[arg-type]
        nn.init.zeros_(self.conv2.bias)  # type: ignore[arg-type]
        for layer in (self.hidden1, self.hidden2, self.output):
            nn.init.normal_(layer.weight, std=0.01, generator=generator)
            nn.init.zeros_(layer.bias)

    # ReLU stands behind the pools, for a maximum commutes with it.
    def _first(self, x: Tensor) -> Tensor:
        return self.pool1(self.conv1(x)).relu()

    def _second(self, maps: Tensor) -> Tensor:
        return self.pool2(self.conv2(maps)).relu().flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, num_classes) of segments x (B, 2, 60, frames)."""
        hidden = self.hidden1(self._second(self.dropout(self._first(x)))).relu()
        hidden = self.hidden2(self.dropout(hidden)).relu()
        return self.output(self.dropout(hidden))


class PiczakModule(SteppedSGD, ClipClassification):
    """PiczakCNN trained as its author's code does; the network's arguments are those of PiczakCNN.

    learning_rate: 0.002 for short segments, 0.01 for long ones (code); it stays unless `drops` names epochs.
    l2: coefficient of sum(w²) over the weights of all layers (code: weight decay 0.001).
    momentum: of Nesterov's kind (code).
    """

    version = 2  # maps lie channels last, where dropout draws in another order
    network: PiczakCNN

    def __init__(
        self,
        num_classes: int = 50,
        variant: Variant = "short",
        dropout: float = 0.5,
        partial_pools: bool = False,
        width_divisor: int = 1,
        seed: int = 0,
        learning_rate: float = 0.002,
        drops: Sequence[int] = (),
        l2: float = 1e-3,
        momentum: float = 0.9,
    ) -> None:
        network = PiczakCNN(num_classes, variant, dropout, partial_pools, width_divisor, seed)
        super().__init__(learning_rate, drops, l2, momentum, network)
        self.save_hyperparameters()
