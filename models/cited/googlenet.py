"""GoogLeNet as Caffe has it, on pictures of spectrograms: the work [5] that table 1 of the ACRNN paper cites.

Source: GoogLeNet.prototxt of that work ("file" below), which is Caffe's form of Szegedy et al. (2015), with both
classifiers beside the way that training adds.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import kernels
from models.cited.caffe import CaffeSGD, Norm, cropped, max_pool
from models.tasks.clips import ClipClassification

#: Side of a crop.
CROP = 224
#: Filters of each inception: 1x1; 3x3 and before it; 5x5 and before it; behind the pool (Szegedy et al., table 1).
INCEPTIONS: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
#: Inceptions with a pool before them, and those with a classifier behind them.
POOLED, JUDGED = ("4a", "5a"), ("4a", "4d")
#: Cells of those classifiers, the share of these left out, and what their losses count (file).
HIDDEN, ASIDE_DROPOUT, ASIDE_WEIGHT = 1024, 0.7, 0.3
#: First value of the biases, outputs excepted (file).
BIAS = 0.2


def _convolution(inputs: int, filters: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, filters, kernel, stride, kernel // 2), nn.ReLU(True))


class Inception(nn.Module):
    """Four ways side by side over maps (B, C, H, W): 1x1, 3x3, 5x5 and a pool, joined along the channels."""

    def __init__(self, inputs: int, one: int, before3: int, three: int, before5: int, five: int, pooled: int) -> None:
        super().__init__()
        self.ways = nn.ModuleList(
            [
                _convolution(inputs, one, 1),
                nn.Sequential(_convolution(inputs, before3, 1), _convolution(before3, three, 3)),
                nn.Sequential(_convolution(inputs, before5, 1), _convolution(before5, five, 5)),
                nn.Sequential(max_pool(1, 1), _convolution(inputs, pooled, 1)),
            ]
        )
        self.filters = one + three + five + pooled

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, filters, H, W)."""
        return torch.cat([way(maps) for way in self.ways], dim=1)


class Aside(nn.Module):
    """The classifier beside the way, which only training has: maps (B, C, 14, 14) -> logits (B, num_classes)."""

    def __init__(self, inputs: int, num_classes: int, divisor: int) -> None:
        super().__init__()
        self.convolution = _convolution(inputs, 128 // divisor, 1)
        self.hidden = kernels.Linear(128 // divisor * 16, HIDDEN // divisor)
        self.dropout = nn.Dropout(ASIDE_DROPOUT)
        self.output = nn.Linear(HIDDEN // divisor, num_classes)

    def forward(self, maps: Tensor) -> Tensor:
        """Logits."""
        values = self.convolution(F.avg_pool2d(maps, 5, 3)).flatten(1)
        return self.output(self.dropout(self.hidden(values).relu()))


class GoogLeNet(nn.Module):
    """Nine inceptions over pictures (B, C, 256, 256) -> logits (B, num_classes).

    From each picture a square of 224 is taken: in training at random, else from the middle.

    channels: of a picture, 1 for grey. dropout: before the output (file).
    width_divisor: divides all layer widths, for quick trials.
    seed: of the generator that draws the initial weights.
    """

    def __init__(
        self, num_classes: int = 50, dropout: float = 0.4, channels: int = 1, width_divisor: int = 1, seed: int = 0
    ) -> None:
        super().__init__()
        self.input_shape = (channels, 256, 256)
        low, high = 64 // width_divisor, 192 // width_divisor
        self.stem = nn.Sequential(
            _convolution(channels, low, 7, 2), max_pool(), Norm(), _convolution(low, low, 1),
            _convolution(low, high, 3), Norm(), max_pool(),
        )  # fmt: skip
        self.pool = max_pool()
        self.inceptions, self.asides = nn.ModuleDict(), nn.ModuleDict()
        width = high
        for name, filters in INCEPTIONS.items():
            one = Inception(width, *(number // width_divisor for number in filters))
            self.inceptions[name], width = one, one.filters
            if name in JUDGED:
                self.asides[name] = Aside(width, num_classes, width_divisor)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, num_classes)
        self._initialise(torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # twice as fast on a CPU

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Caffe's "xavier" (uniform in ±sqrt(3 / inputs)); biases 0.2, those of outputs 0 (file)."""
        outputs = [self.output, *(aside.output for aside in self.asides.values())]
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                bound = (3 / layer.weight[0].numel()) ** 0.5
                nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
                nn.init.constant_(layer.bias, 0.0 if any(layer is one for one in outputs) else BIAS)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, num_classes) of pictures x (B, C, 256, 256)."""
        return self.judged(x)[0]

    def judged(self, x: Tensor) -> list[Tensor]:
        """The logits, and in training those of both classifiers beside the way."""
        maps, beside = self.stem(cropped(x, CROP, self.training)), []
        for name, inception in self.inceptions.items():
            maps = inception(self.pool(maps) if name in POOLED else maps)
            if self.training and name in JUDGED:
                beside.append(self.asides[name](maps))
        return [self.output(self.dropout(maps.mean((2, 3)))), *beside]


class GoogLeNetModule(CaffeSGD, ClipClassification):
    """GoogLeNet trained as the cited work does; the network's arguments are those of GoogLeNet.

    learning_rate: of the first step; it falls to 0.95 of itself with every hundredth of the training (DIGITS's code).
    momentum, weight_decay: DIGITS's defaults (its code).
    """

    version = 2
    network: GoogLeNet

    def __init__(
        self,
        num_classes: int = 50,
        dropout: float = 0.4,
        width_divisor: int = 1,
        seed: int = 0,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
    ) -> None:
        network = GoogLeNet(num_classes, dropout, width_divisor=width_divisor, seed=seed)
        super().__init__(learning_rate, momentum, weight_decay, network)
        self.save_hyperparameters()

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean cross-entropy of a batch: x (B, C, 256, 256) and targets (B, classes); 0.3 of those beside the way."""
        x, targets = batch
        main, *beside = (F.cross_entropy(logits, targets) for logits in self.network.judged(x))
        return main + ASIDE_WEIGHT * sum(beside)
