"""AlexNet as Caffe has it, on pictures of spectrograms: the work [5] that table 1 of the ACRNN paper cites.

Source: AlexNet.prototxt of that work ("file" below): Krizhevsky's network for one device, whose second, fourth and
fifth convolutions still see half of the channels each.
"""

import torch
from torch import Tensor, nn

from models import kernels
from models.cited.caffe import CaffeSGD, Norm, cropped, max_pool
from models.tasks.clips import ClipClassification

#: Side of a crop.
CROP = 227
#: Filters, kernel, stride, padding and groups of the convolutions, and the first value of their biases (file).
CONVOLUTIONS = (
    (96, 11, 4, 0, 1, 0.0), (256, 5, 1, 2, 2, 0.1), (384, 3, 1, 1, 1, 0.0), (384, 3, 1, 1, 2, 0.1),
    (256, 3, 1, 1, 2, 0.1),
)  # fmt: skip
#: Layers behind which maps are pooled; before the first two of these pools they are normalised (file).
POOLED = (0, 1, 4)
#: Cells of both hidden layers, and the deviation of their first weights; that of all others (file).
HIDDEN, HIDDEN_SIGMA, SIGMA = 4096, 0.005, 0.01


class AlexNet(nn.Module):
    """Five convolutions and two hidden layers over pictures (B, C, 256, 256) -> logits (B, num_classes).

    From each picture a square of 227 is taken: in training at random, else from the middle.

    channels: of a picture, 1 for grey. dropout: of both hidden layers (file).
    width_divisor: divides all layer widths, for quick trials; first weights grow with its root, so that values do not
        shrink from layer to layer.
    seed: of the generator that draws the initial weights.
    """

    def __init__(
        self, num_classes: int = 50, dropout: float = 0.5, channels: int = 1, width_divisor: int = 1, seed: int = 0
    ) -> None:
        super().__init__()
        self.input_shape = (channels, 256, 256)
        layers: list[nn.Module] = []
        width = channels
        for number, (filters, kernel, stride, padding, groups, _) in enumerate(CONVOLUTIONS):
            filters //= width_divisor
            layers += [nn.Conv2d(width, filters, kernel, stride, padding, groups=groups), nn.ReLU(True)]
            if number in POOLED:
                layers += [Norm(), max_pool()] if number < POOLED[-1] else [max_pool()]
            width = filters
        self.features = nn.Sequential(*layers)
        hidden = HIDDEN // width_divisor
        self.hidden1 = kernels.Linear(width * 6 * 6, hidden)
        self.hidden2 = kernels.Linear(hidden, hidden)
        self.output = kernels.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(dropout)
        self._initialise(torch.Generator().manual_seed(seed), width_divisor**0.5)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # twice as fast on a CPU

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator, larger: float) -> None:
        """The file's initial weights: Gaussian; biases 0 or 0.1. `larger`: behind the first convolution."""
        convolutions = [layer for layer in self.features if isinstance(layer, nn.Conv2d)]
        first: list[tuple[nn.Conv2d | nn.Linear, float, float]] = [
            (layer, SIGMA, one[-1]) for layer, one in zip(convolutions, CONVOLUTIONS, strict=True)
        ]
        first += [(self.hidden1, HIDDEN_SIGMA, 0.1), (self.hidden2, HIDDEN_SIGMA, 0.1), (self.output, SIGMA, 0.0)]
        for number, (layer, sigma, bias) in enumerate(first):
            nn.init.normal_(layer.weight, std=sigma * (larger if number else 1.0), generator=generator)
            nn.init.constant_(layer.bias, bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, num_classes) of pictures x (B, C, 256, 256)."""
        maps = self.features(cropped(x, CROP, self.training)).flatten(1)
        hidden = self.dropout(self.hidden1(maps).relu())
        return self.output(self.dropout(self.hidden2(hidden).relu()))


class AlexNetModule(CaffeSGD, ClipClassification):
    """AlexNet trained as the cited work does; the network's arguments are those of AlexNet.

    learning_rate: of the first step; it falls to 0.95 of itself with every hundredth of the training (DIGITS's code).
    momentum, weight_decay: DIGITS's defaults (its code).
    """

    version = 2
    network: AlexNet

    def __init__(
        self,
        num_classes: int = 50,
        dropout: float = 0.5,
        width_divisor: int = 1,
        seed: int = 0,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
    ) -> None:
        network = AlexNet(num_classes, dropout, width_divisor=width_divisor, seed=seed)
        super().__init__(learning_rate, momentum, weight_decay, network)
        self.save_hyperparameters()
