"""The convolutional RNN of Zhang et al. (2020) with frame-level attention, and the module that trains it.

Where the paper (arXiv:2007.07241, sections 3.2, 3.3 and 4.1) leaves a choice open, the docstrings say "inferred" (it
follows from what the paper says), "fitted" (a printed number comes out with it) or "assumed".
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from models import keras
from models.kernels import conv_norm_relu
from models.optimizers import SteppedSGD
from models.tasks.clips import ClipClassification
from models.tasks.predicting import predicting

Attention = Literal["none", "l2", "l4", "l6", "l8", "l10"]
Scaling = Literal["softmax", "sigmoid"]
Padding = Literal["l12", "l34", "l14", "l12+56", "l34+56", "l16", "same", "valid"]
Readout = Literal["last", "mean"]
Directions = Literal["concat", "sum"]
RecurrentInit = Literal["orthogonal", "gaussian"]

#: l1-l2, l3-l4, l5-l6, l7-l8: filters, kernel and pool (frequency, time), section 3.2.
PAIRS = ((32, (3, 5), (4, 3)), (64, (3, 1), (4, 1)), (128, (1, 5), (1, 3)), (256, (3, 3), (2, 2)))
#: GRU cells per direction in l9 and l10 (the paper has 256; that it means each direction is fitted: parameter count).
CELLS = 256
#: Deviation of the Gaussian that initialises the weights, section 4.1.
INIT_SIGMA = 0.05

#: The pairs that are convolved without padding.
UNPADDED: dict[Padding, frozenset[int]] = {
    "l12": frozenset({0}),
    "l34": frozenset({1}),
    "l14": frozenset({0, 1}),
    "l12+56": frozenset({0, 2}),
    "l34+56": frozenset({1, 2}),
    "l16": frozenset({0, 1, 2}),
    "same": frozenset(),
    "valid": frozenset({0, 1, 2, 3}),
}


class FrameAttention(nn.Module):
    """Weights of the frames of feature maps (section 3.3.1): (B, C, F, T) -> (B, T).

    A 3x3 convolution to one channel (inferred: the map has one), mean over frequency, then softmax over time or an
    element-wise sigmoid.
    """

    def __init__(self, channels: int, scaling: Scaling) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 3, padding=1)
        self.scaling = scaling

    def forward(self, maps: Tensor) -> Tensor:
        """The weight of every frame."""
        scores = self.conv(maps).mean((1, 2))
        return scores.softmax(-1) if self.scaling == "softmax" else scores.sigmoid()


class ConvPair(nn.Module):
    """Two convolutions with batch norm and ReLU (in this order: assumed), then max-pooling.

    Frame attention, if any, stands behind the second ReLU, before the pool (assumed).
    """

    def __init__(
        self,
        inputs: int,
        filters: int,
        kernel: tuple[int, int],
        pool: tuple[int, int],
        padded: bool,
        attention: FrameAttention | None,
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2) if padded else (0, 0)
        self.shrinks = (0, 0) if padded else (kernel[0] - 1, kernel[1] - 1)  # per convolution
        self.pools = pool
        self.conv1 = nn.Conv2d(inputs, filters, kernel, padding=padding)
        self.norm1 = keras.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, kernel, padding=padding)
        self.norm2 = keras.BatchNorm2d(filters)
        self.attention = attention
        self.pool = nn.MaxPool2d(pool)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Pooled maps (B, filters, F', T') and the attention weights (B, T), None without attention."""
        maps = conv_norm_relu(self.conv1, self.norm1, maps)
        if self.attention is None:
            return conv_norm_relu(self.conv2, self.norm2, maps, self.pools), None
        maps = conv_norm_relu(self.conv2, self.norm2, maps)
        weights = self.attention(maps)
        return self.pool(maps * weights[:, None, None, :]), weights

    def pooled(self, size: int, axis: int) -> int:
        """What the pair makes of a size along frequency (axis 0) or time (axis 1)."""
        return (size - 2 * self.shrinks[axis]) // self.pools[axis]


class ConvolutionalRNN(nn.Module):
    """Eight convolutional and two bidirectional GRU layers over Log-GT segments (B, 2, 128, 128) -> logits.

    attention: the layer whose output frames are weighted. At l2 to l8 the maps are multiplied by the weights, scaled
        by `scaling`; at l10 the weighted sum of the states (softmax, eq. 3 and 4) is what is classified.
    padding: which pairs of layers are convolved unpadded; fitted, for six of the choices give the published 3.81 M
        parameters with 10 classes, of which "l12" is the default (assumed).
    readout: without attention at l10, the last state of each direction (assumed) or the mean state.
    directions: states of the two directions concatenated (section 3.3.2) or summed.
    rnn_init: orthogonal recurrent matrices (fitted to the FLOPs of table 2) or Gaussian as all other weights, which is
        what section 4.1 says; the controls of table 3 have it.
    dropout: probability, after each GRU layer.
    width_divisor: divides all layer widths, for quick trials.
    input_shape: channels, frequency bands, frames of a segment.
    seed: of the generator that draws the initial weights.

    Raises ValueError if nothing of `input_shape` is left after pooling.
    """

    def __init__(
        self,
        num_classes: int = 10,
        attention: Attention = "none",
        scaling: Scaling = "softmax",
        padding: Padding = "l12",
        readout: Readout = "last",
        directions: Directions = "concat",
        rnn_init: RecurrentInit = "orthogonal",
        dropout: float = 0.5,
        width_divisor: int = 1,
        input_shape: tuple[int, int, int] = (2, 128, 128),
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.readout, self.directions = readout, directions
        channels, bands, frames = input_shape
        pairs = []
        for number, (filters, kernel, pool) in enumerate(PAIRS):
            width = filters // width_divisor
            gate = FrameAttention(width, scaling) if attention == f"l{2 * number + 2}" else None
            pair = ConvPair(channels, width, kernel, pool, number not in UNPADDED[padding], gate)
            channels, bands, frames = width, pair.pooled(bands, 0), pair.pooled(frames, 1)
            pairs.append(pair)
        if bands < 1 or frames < 1:
            raise ValueError(f"input_shape {input_shape} is too small for padding {padding!r}: nothing is left")
        self.pairs = nn.ModuleList(pairs)
        cells = CELLS // width_divisor
        states = 2 * cells if directions == "concat" else cells
        self.rnns = nn.ModuleList([keras.GRU(channels * bands, cells), keras.GRU(states, cells)])
        self.dropout = nn.Dropout(dropout)
        self.attention = nn.Linear(states, 1, bias=False) if attention == "l10" else None  # eq. 3: no bias
        self.output = nn.Linear(states, num_classes)
        gaussian = partial(nn.init.normal_, std=INIT_SIGMA)
        recurrent = gaussian if rnn_init == "gaussian" else nn.init.orthogonal_
        keras.initialise(self, torch.Generator().manual_seed(seed), gaussian, recurrent)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, num_classes) of segments x (B, channels, frequency, time)."""
        return self.classify(x)[0]

    def classify(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits (B, num_classes), and the attention weights (B, T), None without attention."""
        maps = x.contiguous(memory_format=torch.channels_last)
        weights: Tensor | None = None
        for pair in self.pairs:
            maps, gate = pair(maps)
            weights = gate if gate is not None else weights
        states = maps.permute(0, 3, 2, 1).flatten(2)  # (B, T, F x C): frequency and channel of a step in one vector
        states = self.dropout(self._join(self.rnns[0](states)[0]))
        vector, gate = self.read_out(self.rnns[1](states)[0])
        return self.output(vector), weights if gate is None else gate

    def read_out(self, states: Tensor) -> tuple[Tensor, Tensor | None]:
        """One vector of the last GRU layer's states (B, T, 2 x cells), and the weights (B, T) of attention at l10."""
        if self.attention is None and self.readout == "last":
            forward, backward = states.chunk(2, -1)
            return self.dropout(self._join(torch.cat([forward[:, -1], backward[:, 0]], -1))), None
        states = self.dropout(self._join(states))
        if self.attention is None:
            return states.mean(1), None
        weights = self.attention(states).squeeze(-1).softmax(-1)
        return torch.einsum("bt,bth->bh", weights, states), weights

    def _join(self, states: Tensor) -> Tensor:
        """One vector of the two directions: (..., 2 x cells) as it is, or the sum of its halves."""
        return states if self.directions == "concat" else torch.add(*states.chunk(2, -1))


class ACRNNModule(SteppedSGD, ClipClassification):
    """The convolutional RNN trained as in section 4.1; the network's arguments are those of ConvolutionalRNN.

    learning_rate, drops: the rate and the epochs (from 0) at whose start it falls to a tenth.
    l2: coefficient of sum(w²) over the weights of all layers (section 3.2).
    momentum: of Nesterov's kind.
    """

    version = 1
    network: ConvolutionalRNN

    def __init__(
        self,
        num_classes: int = 10,
        attention: Attention = "none",
        scaling: Scaling = "softmax",
        padding: Padding = "l12",
        readout: Readout = "last",
        directions: Directions = "concat",
        rnn_init: RecurrentInit = "orthogonal",
        dropout: float = 0.5,
        width_divisor: int = 1,
        input_shape: tuple[int, int, int] = (2, 128, 128),
        seed: int = 0,
        learning_rate: float = 0.01,
        drops: Sequence[int] = (100, 200),
        l2: float = 1e-4,
        momentum: float = 0.9,
    ) -> None:
        network = ConvolutionalRNN(
            num_classes=num_classes,
            attention=attention,
            scaling=scaling,
            padding=padding,
            readout=readout,
            directions=directions,
            rnn_init=rnn_init,
            dropout=dropout,
            width_divisor=width_divisor,
            input_shape=input_shape,
            seed=seed,
        )
        super().__init__(learning_rate, drops, l2, momentum, network)
        self.save_hyperparameters()

    def attention(self, x: Tensor) -> Tensor:
        """The weights (B, T) that a trained network gives the frames of segments x (B, C, F, T), for figures.

        Raises ValueError for a network without attention.
        """
        with predicting(self):
            weights = self.network.classify(x)[1]
        if weights is None:
            raise ValueError("this network has no attention; give ACRNNModule attention='l10' or another layer")
        return weights
