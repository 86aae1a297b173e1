"""The networks of Hou and Botteldooren (2022): a convolutional recurrent one, and its two trainable rivals of EDC.

Where the paper (sections 3.1 and 3.2) leaves a choice open, "cited" is the baseline of DCASE 2018 Task 4, which is
Keras and whose front end the authors' released features have; "assumed" has no source.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from models import keras
from models.kernels import HalfSequential

Attention = Literal["none", "self", "scales"]

#: Convolution blocks, and the bands that each pool merges (cited).
BLOCKS = 3
POOL = 4
#: What the bands must therefore be a multiple of.
POOLED_BANDS = POOL**BLOCKS


class SelfAttention(nn.Module):
    """Single-head scaled dot-product attention over (B, T, width), alone: no residual, norm or positions (assumed)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def weights(self, states: Tensor) -> Tensor:
        """How much of each frame every frame takes: (B, T, T), rows sum to one."""
        scale = states.shape[-1] ** -0.5
        return ((self.query(states) * scale) @ self.key(states).mT).softmax(-1)

    def forward(self, states: Tensor) -> Tensor:
        """The mixed values (B, T, width)."""
        return self.weights(states) @ self.value(states)


class ScaleWeighting(nn.Module):
    """The sum of several (B, T, width), weighted by importance: one weight per scale and clip (assumed)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)  # the softmax would cancel a bias

    def forward(self, scales: list[Tensor]) -> Tensor:
        """The weighted sum (B, T, width)."""
        stacked = torch.stack(scales, 1)
        weights = self.score(self.hidden(stacked.mean(2)).tanh()).softmax(1)
        return (stacked * weights.unsqueeze(3)).sum(1)


class CornerstoneCRNN(nn.Module):
    """Three convolution blocks, a bidirectional GRU and a dense layer per frame: (B, 1, T, D) -> logits (B, classes).

    A block is a 3x3 convolution, batch norm, ReLU, max-pool over 4 bands, dropout (cited). A clip's logit is the
    largest of its frames' (paper: of the probabilities, which the sigmoid orders alike). 126,090 parameters for N = 10.

    num_classes: N.
    n_mels: bands D, a multiple of 64. Beyond 64 a GRU step gets the values of all bands that are left.
    channels, units: filters of each convolution; of the GRU, per direction (cited).
    attention: "none"; "self": between convolutions and GRU (paper: after the convolutional layer); "scales": the GRU
        gets the block outputs, maxima over their bands, summed by importance.
    dropout: probability behind each block and before the GRU; there a value is dropped in all frames of a clip or in
        none, as Keras does it (cited), with one draw for all gates and both directions (assumed).
    seed: of the generator that draws the initial weights, as Keras does by default: Glorot-uniform kernels (cited for
        the convolutions), orthogonal recurrent ones, biases 0. The second bias set of PyTorch's GRU, which Keras of the
        paper's kind need not have, is trained: with it the network has 126,090 parameters.
    width_divisor: divides channels and units, for quick trials.
    norm_momentum: share of a batch in the moving statistics of batch norm (cited: Keras's default); trainings of a few
        hundred steps need more.

    Raises ValueError if n_mels is no multiple of 64 or attention is unknown.
    """

    def __init__(
        self,
        num_classes: int = 10,
        n_mels: int = 64,
        channels: int = 64,
        units: int = 64,
        attention: Attention = "none",
        dropout: float = 0.3,
        seed: int = 0,
        width_divisor: int = 1,
        norm_momentum: float = keras.BATCH_NORM_MOMENTUM,
    ) -> None:
        super().__init__()
        if n_mels < POOLED_BANDS or n_mels % POOLED_BANDS:
            raise ValueError(f"n_mels {n_mels} must be a multiple of {POOLED_BANDS}: each block merges {POOL} bands")
        if attention not in ("none", "self", "scales"):
            raise ValueError(f"unknown attention {attention!r}; known: none, self, scales")
        self.input_shape = (1, 500, n_mels)  # a clip of 10 s (paper)
        channels, units = channels // width_divisor, units // width_divisor
        self.blocks = nn.ModuleList(
            _block(channels if level else 1, channels, dropout, norm_momentum) for level in range(BLOCKS)
        )
        width = channels if attention == "scales" else channels * (n_mels // POOLED_BANDS)
        self.attention = SelfAttention(width) if attention == "self" else None
        self.weighting = ScaleWeighting(width) if attention == "scales" else None
        self.dropout = nn.Dropout1d(dropout)
        self.rnn = nn.GRU(width, units, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * units, num_classes)
        keras.initialise(self, torch.Generator().manual_seed(seed), nn.init.xavier_uniform_)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of clips x (B, 1, T, D)."""
        return self.frame_logits(x).amax(1)

    def frame_logits(self, x: Tensor) -> Tensor:
        """Logits (B, T, classes) before the maximum over time."""
        return self.output(self.states(x))

    def states(self, x: Tensor) -> Tensor:
        """What the GRU says of every frame (B, T, 2 units)."""
        vectors = self.attend(x)
        return self.rnn(self.dropout(vectors.mT).mT)[0]

    def attend(self, x: Tensor) -> Tensor:
        """What the GRU gets (B, T, width): the convolutions' vectors behind the attention, if there is one."""
        if self.weighting is not None:
            return self.weighting([maps.amax(3).mT for maps in self.maps(x)])
        vectors = self.vectors(x)
        return vectors if self.attention is None else self.attention(vectors)

    def vectors(self, x: Tensor) -> Tensor:
        """One vector per frame from the last block: (B, T, channels x bands left)."""
        return self.maps(x)[-1].transpose(1, 2).flatten(2)

    def maps(self, x: Tensor) -> list[Tensor]:
        """The outputs of the blocks: (B, channels, T, D / 4), (..., D / 16), (..., D / 64)."""
        found = []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        return found


def _block(inputs: int, channels: int, dropout: float, norm_momentum: float) -> nn.Sequential:
    """The pool stands before the ReLU: the result is the same, and the ReLU has a quarter to do."""
    return HalfSequential(
        nn.Conv2d(inputs, channels, 3, padding=1),
        nn.BatchNorm2d(channels, keras.BATCH_NORM_EPSILON, norm_momentum),
        nn.MaxPool2d((1, POOL)),
        nn.ReLU(True),
        nn.Dropout(dropout),
    )
