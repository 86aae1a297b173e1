"""The network of Wang et al. (2020) with pixel-based attention, its rivals with other attention, and their training.

Source: Wang, Xu, Shi and Teng, J. Audio Eng. Soc. 68(11), sections 1.2, 2 and 3.2. Its Fig. 6, which draws the
network, was not at hand: what the text leaves open is marked "assumed", or "inferred".
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.initial import initialise
from models.kernels import norm_relu
from models.optimizers import Adam
from models.tasks.clips import ClipClassification
from models.tasks.predicting import predicting

Attention = Literal["none", "time", "frequency", "pixel"]
ValueKernel = Literal[1, 3]
Scaling = Literal["sigmoid", "softmax"]
ChannelWeights = Literal["vector", "maps"]

#: Frames that the maps for figures average, so that a clip of 30 s takes 100 kB.
SHOWN_TOGETHER = 4


class AxisAttention(nn.Module):
    """Maps (B, C, F, T) times one weight per band, or per frame, from a dense layer over the mean of each.

    Per band (section 1.2, equations 12 and 13): the mean over time, then over channels, a dense layer from all bands to
    all, and a sigmoid (assumed: the paper names none there, and calls the weights a distribution, which a softmax would
    give). Per frame the same along time (assumed: the paper gives no equations for its time attention).

    size: bands or frames, whose number is therefore fixed. scaling: "sigmoid" or "softmax".
    """

    def __init__(self, axis: Literal["time", "frequency"], size: int, scaling: Scaling = "sigmoid") -> None:
        super().__init__()
        self.axis, self.scaling = axis, scaling
        self.dense = nn.Linear(size, size)

    def forward(self, maps: Tensor) -> Tensor:
        """The weighted maps."""
        if self.axis == "frequency":
            return maps * self.weights(maps.mean((1, 3)))[:, None, :, None]
        return maps * self.weights(maps.mean((1, 2)))[:, None, None, :]

    def weights(self, means: Tensor) -> Tensor:
        """Weights in (0, 1), (B, size), of the mean of each band or frame (B, size)."""
        found: Tensor = self.dense(means)
        return found.sigmoid() if self.scaling == "sigmoid" else found.softmax(1)


class PixelAttention(nn.Module):
    """The PBA module (section 2): X + gamma (W_v * relu(W_k)) W_s for maps X (B, C, F, T), equation 19.

    W_v: a convolution with as many kernels as channels, of `kernel` x `kernel` (the paper's size cannot be read;
    assumed: 3, for the other convolution is said to be 1 x 1). W_k: a 1 x 1 convolution to one channel. W_s: by squeeze
    and excitation, its hidden layer `reduction` times narrower, at least one cell. Its squeeze is the mean of X itself,
    without the convolution of equation 16 (inferred: a module is said to pool each channel of its input). Both
    convolutions have biases (assumed).

    gamma: "learned", from 0 on and within [0, 1] (assumed: the paper says neither), or a constant.
    channel_weights: W_s is the "vector" of weights per channel (assumed), or the "maps" X times these, which have the
        size of X that the paper gives W_s.
    """

    gamma: Tensor

    def __init__(
        self,
        channels: int,
        kernel: ValueKernel,
        reduction: int,
        gamma: Literal["learned"] | float,
        channel_weights: ChannelWeights = "vector",
    ) -> None:
        super().__init__()
        self.channel_weights = channel_weights
        self.value = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
        self.key = nn.Conv2d(channels, 1, 1)
        narrow = max(1, channels // reduction)
        self.squeeze, self.excite = nn.Linear(channels, narrow), nn.Linear(narrow, channels)
        if gamma == "learned":
            self.gamma = nn.Parameter(torch.zeros(()))
        else:
            self.register_buffer("gamma", torch.tensor(float(gamma)))

    def forward(self, maps: Tensor) -> Tensor:
        """The maps and what attention adds to them."""
        channels = self.excite(self.squeeze(maps.mean((2, 3))).relu()).sigmoid()
        attended = self.value(maps) * self.pixels(maps)
        if self.channel_weights == "maps":
            attended = attended * maps
        return torch.addcmul(maps, attended, (self.gamma * channels)[:, :, None, None])

    def pixels(self, maps: Tensor) -> Tensor:
        """The weights relu(W_k) of all pixels (B, 1, F, T)."""
        return self.key(maps).relu()


class Block(nn.Module):
    """Convolution 3 x 3, batch norm, attention, ReLU, maximum over 2 x 2 (section 2; sizes: assumed)."""

    def __init__(self, inputs: int, channels: int, attention: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.attention = attention

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, channels, F / 2, T / 2)."""
        if isinstance(self.attention, nn.Identity):
            return norm_relu(self.norm, self.conv(maps), (2, 2))
        # ReLU stands behind the pool, for a maximum commutes with it.
        return F.max_pool2d(self.attention(self.maps(maps)), 2).relu()

    def maps(self, maps: Tensor) -> Tensor:
        """What the attention gets."""
        return self.norm(self.conv(maps))


class PBCNN(nn.Module):
    """Blocks, the mean over what is left of time and frequency, and a dense layer: (B, 1, F, T) -> logits.

    The stack is assumed, and the same for all attentions. The paper tells: four modules, before each a convolution and
    batch norm, behind each a ReLU, and maximum pooling.

    attention: in every block: "pixel" (PB-CNN), "time" (TB-CNN), "frequency" (FB-CNN; inferred: the module of section
        1.2), or "none" (CNN).
    n_mels, n_frames: of the input; with attention along an axis, its size is fixed.
    channels: of the blocks (assumed).
    value_kernel, gamma, reduction, channel_weights: of pixel attention, see there; reduction 16 is the paper's.
    scaling: of attention along an axis, see there.
    dropout: probability before the dense layer (assumed).
    seed: of the generator that draws the initial weights, as PyTorch does by default (assumed).
    width_divisor: divides channels, for quick trials.

    Raises ValueError where an axis is too short to be halved by every block, a block has no channels, or gamma is not
    in [0, 1].
    """

    def __init__(
        self,
        attention: Attention = "pixel",
        n_mels: int = 128,
        n_frames: int = 150,
        channels: Sequence[int] = (64, 128, 256, 512),
        value_kernel: ValueKernel = 3,
        gamma: Literal["learned"] | float = "learned",
        reduction: int = 16,
        channel_weights: ChannelWeights = "vector",
        scaling: Scaling = "sigmoid",
        dropout: float = 0.5,
        num_classes: int = 15,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__()
        if min(n_mels, n_frames) < 2 ** len(channels):
            raise ValueError(f"{n_mels} bands x {n_frames} frames cannot be halved {len(channels)} times; have more")
        if not channels or min(channels) < 1:
            raise ValueError(f"channels {list(channels)} make no stack; give each block at least one")
        if gamma != "learned" and (isinstance(gamma, str) or not 0 <= gamma <= 1):
            raise ValueError(f"gamma {gamma} is not within [0, 1]; give such a number, or 'learned'")
        self.input_shape = (1, n_mels, n_frames)
        blocks, inputs = [], 1
        for number, wide in enumerate(channels):
            narrow = max(1, wide // width_divisor)
            if attention == "pixel":
                module: nn.Module = PixelAttention(narrow, value_kernel, reduction, gamma, channel_weights)
            elif attention == "none":
                module = nn.Identity()
            else:
                size = (n_frames if attention == "time" else n_mels) // 2**number
                module = AxisAttention(attention, size, scaling)
            blocks.append(Block(inputs, narrow, module))
            inputs = narrow
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(inputs, num_classes)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of log-mel segments x (B, 1, F, T)."""
        return self.output(self.dropout(self.blocks(x).mean((2, 3))))

    @property
    def pixel_attentions(self) -> list[PixelAttention]:
        """The modules of pixel attention, first to last."""
        return [layer for layer in self.modules() if isinstance(layer, PixelAttention)]


class PBCNNModule(Adam, ClipClassification):
    """PB-CNN, TB-CNN, FB-CNN or CNN trained with Adam on the cross-entropy (section 3.2).

    The network's arguments are those of PBCNN. learning_rate: 0.001 (assumed).

    The methods that figures ask for take whole clips cut into segments, x (B, S, 1, F, T).
    """

    version = 1
    network: PBCNN

    def __init__(
        self,
        attention: Attention = "pixel",
        n_mels: int = 128,
        n_frames: int = 150,
        channels: Sequence[int] = (64, 128, 256, 512),
        value_kernel: ValueKernel = 3,
        gamma: Literal["learned"] | float = "learned",
        reduction: int = 16,
        channel_weights: ChannelWeights = "vector",
        scaling: Scaling = "sigmoid",
        dropout: float = 0.5,
        learning_rate: float = 0.001,
        num_classes: int = 15,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        network = PBCNN(
            attention, n_mels, n_frames, channels, value_kernel, gamma, reduction, channel_weights, scaling, dropout,
            num_classes, seed, width_divisor,
        )  # fmt: skip
        super().__init__(learning_rate, network)
        self.save_hyperparameters()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, which keeps every learned gamma within [0, 1] (assumed: clamped behind each step)."""
        optimizer = super().configure_optimizers()
        optimizer.register_step_post_hook(self._clamp_gammas)
        return optimizer

    @torch.no_grad()
    def _clamp_gammas(self, *_: Any) -> None:
        for layer in self.network.pixel_attentions:
            layer.gamma.clamp_(0.0, 1.0)

    def gammas(self, x: Tensor) -> Tensor:
        """Gamma of every module (modules,), whatever x. Raises ValueError without pixel attention, as the next does."""
        return torch.stack([layer.gamma.detach() for layer in self._pixel_attentions()])

    def attention_weights(self, x: Tensor) -> Tensor:
        """The weights relu(W_k) of the first module (B, F, T'): segments laid over each other as in the clip.

        Where they overlap, they are averaged, and so are four frames each (assumed: Fig. 9 does not say which module).
        """
        block, attention = self.network.blocks[0], self._pixel_attentions()[0]
        assert isinstance(block, Block)
        with predicting(self):
            weights = torch.stack([attention.pixels(block.maps(clip))[:, 0].float() for clip in x])
        return _overlaid(weights, distance(x))

    def log_mel(self, x: Tensor) -> Tensor:
        """What the network gets, in the same form (B, F, T')."""
        return _overlaid(x[:, :, 0].float(), distance(x))

    def _pixel_attentions(self) -> list[PixelAttention]:
        found = self.network.pixel_attentions
        if not found:
            raise ValueError("this network has no pixel attention; give PBCNNModule attention='pixel'")
        return found


def distance(x: Tensor) -> int:
    """Frames from segment to segment of clips x (B, S, ..., T): the smallest at which neighbours hold the same.

    Segments that overlap nowhere follow on each other.
    """
    frames = x.shape[-1]
    for hop in range(1, frames if x.shape[1] > 1 else 1):
        if torch.equal(x[:, 1:, ..., : frames - hop], x[:, :-1, ..., hop:]):
            return hop
    return frames


def _overlaid(segments: Tensor, hop: int) -> Tensor:
    """Segments (B, S, F, T) every `hop` frames as clips (B, F, T'), means over overlaps and over four frames each."""
    count, frames = segments.shape[1], segments.shape[-1]
    total = segments.new_zeros(*segments.shape[:1], segments.shape[2], (count - 1) * hop + frames)
    cover = total.new_zeros(total.shape[-1])
    for number in range(count):
        place = slice(number * hop, number * hop + frames)
        total[..., place] += segments[:, number]
        cover[place] += 1
    return F.avg_pool1d(total / cover, SHOWN_TOGETHER)
