"""The network of Zhang et al. (2019) with multi-scale time-frequency attention, its two ablations, and their training.

Where the paper (arXiv:1904.00063, sections 2.2, 2.3 and 3.2) leaves a choice open, the docstrings say "assumed", or
"cited" where a publication decides that the paper refers to.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.initial import initialise
from models.kernels import Sequential, norm_add_relu, norm_relu
from models.optimizers import Adam
from models.tasks.frames import FrameDetection
from models.tasks.onset_errors import OnsetRule
from models.tasks.predicting import predicting

Attention = Literal["none", "resnet", "hourglass"]
FreqReduce = Literal["flatten", "avgpool8", "mean"]

#: Poolings of the hourglass (section 2.2), and what the lengths of both axes must therefore be multiples of.
DEPTH = 3
STRIDE = 2**DEPTH
#: Residual blocks of the feature branch (section 2.2) and of the mask branch of ResAttRNN (assumed: the same).
BLOCKS = 2
#: Mel bands that "avgpool8" averages.
POOLED_BANDS = 8
#: Frames every 20 ms, a median filter of 0.54 s, onsets at most 0.5 s off (sections 3.2 and 3.3).
EVENTS = OnsetRule(hop=0.02, collar=0.5, median_frames=27)


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm beside an identity (assumed: ResNet's basic block), over (B, C, T, D)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, maps: Tensor) -> Tensor:
        """The sum of the maps and what the convolutions make of them, after ReLU."""
        inner = norm_relu(self.norm1, self.conv1(maps))
        return norm_add_relu(self.norm2, self.conv2(inner), maps)


class Hourglass(nn.Module):
    """Maps (B, C, T, D) seen at `depth` coarser scales, each half of the one before, and merged on the way back.

    At each scale a block in the skip connection (section 2.2), one after the pool and one before the upsampling, at the
    bottom one more (cited: the reference hourglass, whose maps are merged by addition).
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.skip, self.down, self.up = Block(channels), Block(channels), Block(channels)
        self.inner = Hourglass(channels, depth - 1) if depth > 1 else Block(channels)

    def forward(self, maps: Tensor) -> list[Tensor]:
        """The merged maps of all scales, finest first; those of the bottom come from its block alone."""
        inner = self.inner(self.down(F.max_pool2d(maps, 2)))
        inner = inner if isinstance(inner, list) else [inner]
        return [self.skip(maps) + F.interpolate(self.up(inner[0]), scale_factor=2.0, mode="nearest"), *inner]


class MTFA(nn.Module):
    """Two branches, two bidirectional GRU layers and a classifier over log-mel frames (B, 1, T, D) -> logits (B, T).

    The time axis is padded with its last frame to a multiple of 8 (section 3.2), and the padding dropped again.

    n_mels: bands D, a multiple of 8.
    channels, units: of all convolutions; of each GRU layer and direction, and of the hidden dense layer (assumed).
    attention: the mask branch: an hourglass (MTFA), two blocks at full resolution (ResAttRNN), none (ResRNN).
    freq_reduce: what a GRU step gets of a frame's channels and bands (the paper is silent): all values (assumed), means
        of 8 neighbouring bands, or the mean over all bands.
    dropout: probability before each GRU layer and each dense layer (places: assumed).
    seed: of the generator that draws the initial weights, as PyTorch does by default (assumed).
    width_divisor: divides channels and units, for quick trials.

    Raises ValueError if n_mels is no multiple of 8.
    """

    def __init__(
        self,
        n_mels: int = 128,
        channels: int = 64,
        units: int = 64,
        attention: Attention = "hourglass",
        freq_reduce: FreqReduce = "flatten",
        dropout: float = 0.3,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__()
        if n_mels < STRIDE or n_mels % STRIDE:
            raise ValueError(
                f"n_mels {n_mels} must be a multiple of {STRIDE}: the hourglass halves the bands three times"
            )
        self.input_shape = (1, 256, n_mels)  # a training chunk (section 3.2)
        self.freq_reduce = freq_reduce
        channels, units = channels // width_divisor, units // width_divisor
        self.stem = Sequential(
            nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(True)
        )
        self.features = nn.Sequential(*[Block(channels) for _ in range(BLOCKS)])
        self.mask = _mask_branch(attention, channels)
        # Assumed, as in the cited Residual Attention; the sigmoid of a ReLU would never be below one half.
        self.mask_head = None if self.mask is None else nn.Conv2d(channels, channels, 1)
        bands = {"flatten": n_mels, "avgpool8": n_mels // POOLED_BANDS, "mean": 1}[freq_reduce]
        # Two layers and not one of two: dropout between them is then PyTorch's, not cuDNN's with a state of its own.
        self.rnns = nn.ModuleList([_gru(channels * bands, units), _gru(2 * units, units)])
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(2 * units, units)
        self.output = nn.Linear(units, 1)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T, D)."""
        return self.classify(self.sequence(self.attend(x)))[:, : x.shape[2]]

    def attend(self, x: Tensor) -> Tensor:
        """The module's output A (B, C, T', D), equation 1: features weighted by the mask; T' is T padded."""
        features, mask, _ = self.branches(x)
        return features if mask is None else torch.addcmul(features, mask, features)

    def branches(self, x: Tensor) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        """Features F (B, C, T', D), mask M of their size, and the merged maps at T'/2, T'/4, T'/8; T' is T padded.

        Without attention the mask is None; without an hourglass the list is empty.
        """
        maps = self.stem(pad_time(x))
        features = self.features(maps)
        if self.mask is None or self.mask_head is None:
            return features, None, []
        merged = self.mask(maps)
        merged = merged if isinstance(merged, list) else [merged]
        return features, self.mask_head(merged[0]).sigmoid(), merged[1:]

    def sequence(self, maps: Tensor) -> Tensor:
        """One vector per frame of maps (B, C, T, D): (B, T, values)."""
        if self.freq_reduce == "mean":
            return maps.mean(3).transpose(1, 2)
        if self.freq_reduce == "avgpool8":
            maps = F.avg_pool2d(maps, (1, POOLED_BANDS))
        return maps.transpose(1, 2).flatten(2)

    def classify(self, states: Tensor) -> Tensor:
        """Logits (B, T) of frame vectors (B, T, values)."""
        for rnn in self.rnns:
            states = rnn(self.dropout(states))[0]
        hidden = self.hidden(self.dropout(states)).relu()
        return self.output(self.dropout(hidden)).squeeze(-1)


def _mask_branch(attention: Attention, channels: int) -> nn.Module | None:
    """What makes the mask's maps: the merged maps of all scales, finest first, or maps of one scale."""
    if attention == "none":
        return None
    if attention == "resnet":
        return nn.Sequential(*[Block(channels) for _ in range(BLOCKS)])
    return Hourglass(channels, DEPTH)


def _gru(inputs: int, units: int) -> nn.GRU:
    return nn.GRU(inputs, units, batch_first=True, bidirectional=True)


def pad_time(x: Tensor) -> Tensor:
    """Frames (B, 1, T, D) with the last one repeated until T is a multiple of 8 (section 3.2)."""
    return F.pad(x, (0, 0, 0, -x.shape[2] % STRIDE), mode="replicate")


class MTFAModule(Adam, FrameDetection):
    """MTFA, ResAttRNN or ResRNN trained as in section 3.2; the network's arguments are those of MTFA.

    learning_rate: of Adam (section 3.2).
    validates_events: whether validation comes as whole clips, whose error rate is then logged.

    The other public methods give the panels of Fig. 4: they take x (B, 1, T, D) and run the network as in prediction.
    """

    version = 1
    network: MTFA

    def __init__(
        self,
        n_mels: int = 128,
        channels: int = 64,
        units: int = 64,
        attention: Attention = "hourglass",
        freq_reduce: FreqReduce = "flatten",
        dropout: float = 0.3,
        seed: int = 0,
        width_divisor: int = 1,
        learning_rate: float = 0.001,
        validates_events: bool = False,
    ) -> None:
        network = MTFA(n_mels, channels, units, attention, freq_reduce, dropout, seed, width_divisor)
        super().__init__(learning_rate, network, EVENTS if validates_events else None)
        self.save_hyperparameters()

    def input_map(self, x: Tensor) -> Tensor:
        """What the network gets (B, T, D): panel a."""
        return x[:, 0]

    def mask_full(self, x: Tensor) -> Tensor:
        """The mask, mean over channels (assumed): (B, T, D), panel b. Raises ValueError without attention."""
        return self._masks(x)[0]

    def mask_half(self, x: Tensor) -> Tensor:
        """The merged map at T/2, mean over channels (assumed): (B, T/2, D/2) with T/2 rounded up, panel c.

        Raises ValueError, as the next two do, if the network has no hourglass.
        """
        return self._merged(x, 1)

    def mask_quarter(self, x: Tensor) -> Tensor:
        """The merged map at T/4, panel d."""
        return self._merged(x, 2)

    def mask_eighth(self, x: Tensor) -> Tensor:
        """The map at T/8, the coarsest, panel e."""
        return self._merged(x, 3)

    def frame_probability(self, x: Tensor) -> Tensor:
        """The probability of the event in every frame (B, T): panel f (assumed: the paper says output of the RNN)."""
        with predicting(self):
            return self(x).sigmoid().float()

    def _merged(self, x: Tensor, level: int) -> Tensor:
        masks = self._masks(x)
        if len(masks) <= level:
            raise ValueError("this network has no coarser scales; give MTFAModule attention='hourglass'")
        return masks[level]

    def _masks(self, x: Tensor) -> list[Tensor]:
        """Means over channels of the mask and the merged maps, without the padding, finest first."""
        with predicting(self):
            _, mask, merged = self.network.branches(x)
        if mask is None:
            raise ValueError("this network has no mask; give MTFAModule attention='hourglass' or 'resnet'")
        frames = [-(-x.shape[2] // 2**level) for level in range(1 + len(merged))]
        return [maps.mean(1)[:, :count].float() for maps, count in zip([mask, *merged], frames, strict=True)]
