"""Three networks that the MTFA paper is held against, as re-implementations: their recipes could not be verified.

No code of their authors is public, and their texts were not at hand: what their abstracts and the MTFA paper say of
them is named below, all else is assumed ("MTFA" is arXiv:1904.00063; [5], [9] and [14] are its references). All take
that paper's features, chunks, targets and decisions.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.initial import initialise
from models.optimizers import Adam
from models.tasks.frames import FrameDetection

#: 1D-CRNN [5]: filters and kernel of the convolution along frequency, cells of both LSTM layers and the dense layer.
FILTERS, KERNEL, CELLS = 128, 32, 128
#: Multi-Scale RNN [9]: levels, each at half the time resolution of the one before, and cells per direction.
LEVELS, LEVEL_CELLS = 3, 64
#: CRNN+Attention [14]: filters of all convolutions, pools along frequency, GRU cells per direction.
CHANNELS, POOLS, UNITS = 64, (4, 4, 4), 64

Scaling = Literal["sigmoid", "softmax"]


class CRNN1D(nn.Module):
    """A convolution along each frame's frequencies and two forward LSTM layers: (B, 1, T, D) -> logits (B, T).

    [5] by its title: convolutions in one dimension before a recurrent network. Assumed: all sizes, batch norm, the
    maximum over frequency, two unidirectional layers and a dense one.

    n_mels: bands D, at least as many as the kernel has. dropout: behind the maximum and before the output.
    width_divisor: divides filters and cells, for quick trials. seed: of the generator that draws the initial weights.
    """

    def __init__(self, n_mels: int = 128, dropout: float = 0.3, width_divisor: int = 1, seed: int = 0) -> None:
        super().__init__()
        if n_mels < KERNEL:
            raise ValueError(f"n_mels {n_mels} is too small: the convolution along frequency takes {KERNEL} bands")
        self.input_shape = (1, 256, n_mels)
        filters, cells = FILTERS // width_divisor, CELLS // width_divisor
        self.convolution = nn.Conv2d(1, filters, (1, KERNEL), bias=False)
        self.norm = nn.BatchNorm2d(filters)
        self.rnns = nn.ModuleList([nn.LSTM(size, cells, batch_first=True) for size in (filters, cells)])
        self.hidden = nn.Linear(cells, cells)
        self.output = nn.Linear(cells, 1)
        self.dropout = nn.Dropout(dropout)
        initialise(self, torch.Generator().manual_seed(seed))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T, D)."""
        states = self.dropout(self.norm(self.convolution(x)).relu().amax(3).transpose(1, 2))
        for rnn in self.rnns:
            states = rnn(states)[0]
        return self.output(self.dropout(self.hidden(states).relu())).squeeze(-1)


class CRNN1DModule(Adam, FrameDetection):
    """One CRNN1D; the network's arguments are those of CRNN1D. [5] fuses up to five, of which this is one."""

    version = 1
    network: CRNN1D

    def __init__(
        self, n_mels: int = 128, dropout: float = 0.3, width_divisor: int = 1, seed: int = 0,
        learning_rate: float = 0.001,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, CRNN1D(n_mels, dropout, width_divisor, seed))
        self.save_hyperparameters()


class MultiScaleRNN(nn.Module):
    """Bidirectional GRU layers, each at half the time resolution of the one before: (B, 1, T, D) -> logits (B, T).

    [9] by its abstract: a recurrent network whose loss on the whole and loss on frames share one vector, which stands
    for the event, and are connected by attention; by MTFA (section 1): features at several time resolutions. Assumed:
    all sizes, means of pairs of steps between the layers, states repeated and joined at the first resolution, attention
    by a vector of its own.

    dropout: on the joined states. width_divisor: divides cells, for quick trials.
    seed: of the generator that draws the initial weights.
    """

    def __init__(self, n_mels: int = 128, dropout: float = 0.3, width_divisor: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.input_shape = (1, 256, n_mels)
        cells = LEVEL_CELLS // width_divisor
        inputs = [n_mels, *[2 * cells] * (LEVELS - 1)]
        self.rnns = nn.ModuleList([nn.GRU(size, cells, batch_first=True, bidirectional=True) for size in inputs])
        self.attention = nn.Linear(2 * cells * LEVELS, 1, bias=False)
        self.output = nn.Linear(2 * cells * LEVELS, 1)
        self.dropout = nn.Dropout(dropout)
        initialise(self, torch.Generator().manual_seed(seed))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T, D)."""
        return self.output(self.states(x)).squeeze(-1)

    def states(self, x: Tensor) -> Tensor:
        """Joined states (B, T, values) of all levels; a step without a second one stands for itself."""
        values, levels = x[:, 0], []
        for level, rnn in enumerate(self.rnns):
            if level:
                values = F.avg_pool1d(values.transpose(1, 2), 2, ceil_mode=True).transpose(1, 2)
            values = rnn(values)[0]
            levels.append(values.repeat_interleave(2**level, dim=1)[:, : x.shape[2]])
        return self.dropout(torch.cat(levels, dim=2))

    def judged(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of frames (B, T), and of the whole (B,): those of the states' mean under attention."""
        states = self.states(x)
        weights = self.attention(states).softmax(1)
        whole = self.output((weights * states).sum(1)).squeeze(-1)
        return self.output(states).squeeze(-1), whole


class MultiScaleRNNModule(Adam, FrameDetection):
    """MultiScaleRNN trained on chunks as wholes and on the frames of chunks with an event ([9], abstract).

    share: of the loss on wholes, the rest is that on frames (assumed: one half). The network's arguments are those of
    MultiScaleRNN. Validation logs the loss on frames, as of every network.
    """

    version = 1
    network: MultiScaleRNN

    def __init__(
        self, n_mels: int = 128, dropout: float = 0.3, width_divisor: int = 1, seed: int = 0,
        learning_rate: float = 0.001, share: float = 0.5,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, MultiScaleRNN(n_mels, dropout, width_divisor, seed))
        self.save_hyperparameters()
        self.share = share

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The two losses of a batch: x (B, 1, T, D) and targets (B, T); no frames count where there is no event."""
        x, targets = batch
        frames, whole = self.network.judged(x)
        active = targets.amax(1)
        of_frames = F.binary_cross_entropy_with_logits(frames, targets, reduction="none").mean(1)
        on_frames = (of_frames * active).sum() / active.sum().clamp_min(1)
        return self.share * F.binary_cross_entropy_with_logits(whole, active) + (1 - self.share) * on_frames


class AttentiveCRNN(nn.Module):
    """Weights on bands, convolutions, a bidirectional GRU and weights on frames: (B, 1, T, D) -> logits (B, T).

    [14] by its abstract: one attention learns when to listen, another one where on the frequency axis, around a CRNN.
    Assumed: both forms of attention, three blocks of 3x3 convolutions with batch norm, their pools, all sizes.

    n_mels: bands D, at least the product of the pools. scaling: of the weights on a frame's bands; softmax ones are
        multiplied by their number. dropout: on the states and before them. width_divisor: divides filters and cells,
        for quick trials. seed: of the generator that draws the initial weights.
    """

    def __init__(
        self, n_mels: int = 128, scaling: Scaling = "sigmoid", dropout: float = 0.3, width_divisor: int = 1,
        seed: int = 0, pools: Sequence[int] = POOLS,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_shape = (1, 256, n_mels)
        channels, units, bands = CHANNELS // width_divisor, UNITS // width_divisor, n_mels
        self.scaling = scaling
        self.bands = nn.Linear(n_mels, n_mels)
        layers: list[nn.Module] = []
        for number, pool in enumerate(pools):
            layers += [nn.Conv2d(channels if number else 1, channels, 3, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(channels), nn.ReLU(True), nn.MaxPool2d((1, pool))]
            bands //= pool
        if bands < 1:
            raise ValueError(f"n_mels {n_mels} is too small: pooling by {', '.join(map(str, pools))} leaves no band")
        self.convolutions = nn.Sequential(*layers)
        self.rnn = nn.GRU(channels * bands, units, batch_first=True, bidirectional=True)
        self.frames = nn.Linear(2 * units, 1)
        self.output = nn.Linear(2 * units, 1)
        self.dropout = nn.Dropout(dropout)
        initialise(self, torch.Generator().manual_seed(seed))

    def band_weights(self, x: Tensor) -> Tensor:
        """Weights (B, 1, T, D) of the bands of frames x (B, 1, T, D)."""
        scores = self.bands(x)
        return scores.sigmoid() if self.scaling == "sigmoid" else scores.softmax(3) * x.shape[3]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T, D)."""
        maps = self.convolutions(x * self.band_weights(x))
        states = self.rnn(self.dropout(maps.transpose(1, 2).flatten(2)))[0]
        states = states * self.frames(states).sigmoid()
        return self.output(self.dropout(states)).squeeze(-1)


class AttentiveCRNNModule(Adam, FrameDetection):
    """AttentiveCRNN trained as the MTFA paper trains its own networks; the network's arguments are AttentiveCRNN's."""

    version = 1
    network: AttentiveCRNN

    def __init__(
        self, n_mels: int = 128, scaling: Scaling = "sigmoid", dropout: float = 0.3, width_divisor: int = 1,
        seed: int = 0, learning_rate: float = 0.001, pools: Sequence[int] = POOLS,
    ) -> None:  # fmt: skip
        network = AttentiveCRNN(n_mels, scaling, dropout, width_divisor, seed, pools)
        super().__init__(learning_rate, network)
        self.save_hyperparameters()
