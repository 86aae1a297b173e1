"""EnvNet-v2 with between-class learning: the work [25] that table 1 of the ACRNN paper cites.

Source: Tokozume, Ushiku and Harada (ICLR 2018) and their public repository, bc_learning_sound ("code" below), which was
made with Chainer. The row is that of between-class learning with strong augmentation.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import keras, kernels
from models.cited.waveforms import lengths, mixed, partners, pieces
from models.tasks.clips import ClipClassification

#: Samples of a piece, and pieces of a tested clip (code).
LENGTH, CROPS = 66650, 10
#: Filters, kernel, stride and pool behind each convolution: of the waveform, then of its map, turned (code).
WAVEFORM = ((32, (1, 64), (1, 2), None), (64, (1, 16), (1, 2), (1, 64)))
MAP = (
    (32, (8, 8), (1, 1), None), (32, (8, 8), (1, 1), (5, 3)), (64, (1, 4), (1, 1), None), (64, (1, 4), (1, 1), (1, 2)),
    (128, (1, 2), (1, 1), None), (128, (1, 2), (1, 1), (1, 2)), (256, (1, 2), (1, 1), None),
    (256, (1, 2), (1, 1), (1, 2)),
)  # fmt: skip
HIDDEN = 4096
#: Strong augmentation: clips are up to so many times as long or short, and up to so many dB louder or softer (code).
STRETCH, GAIN_DB = 1.25, 6.0


def _layers(inputs: int, described: Sequence[tuple], divisor: int) -> tuple[nn.Sequential, int]:  # type: ignore[type-arg]
    layers: list[nn.Module] = []
    for filters, kernel, stride, pool in described:
        width = filters // divisor
        norm = nn.BatchNorm2d(width, eps=2e-5)  # Chainer's default
        layers += [nn.Conv2d(inputs, width, kernel, stride, bias=False), norm, nn.ReLU(True)]
        layers += [nn.MaxPool2d(pool, ceil_mode=True)] if pool else []
        inputs = width
    return nn.Sequential(*layers), inputs


class EnvNetV2(nn.Module):
    """Two convolutions along time, eight over what they make, three dense layers: (B, 66650) -> logits (B, classes).

    dropout: behind both hidden layers (code). width_divisor: divides all layer widths but that of the second
        convolution, whose filters are the bands of the map; for quick trials.
    seed: of the generator that draws the initial weights.
    """

    def __init__(self, num_classes: int = 50, dropout: float = 0.5, width_divisor: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.input_shape = (LENGTH,)
        first, width = _layers(1, WAVEFORM[:1], width_divisor)
        second, bands = _layers(width, WAVEFORM[1:], 1)
        self.waveform = nn.Sequential(first, second)
        self.map, width = _layers(1, MAP, width_divisor)
        hidden = HIDDEN // width_divisor
        self.hidden1 = kernels.Linear(width * ((bands - 14) // 5) * 8, hidden)
        self.hidden2 = kernels.Linear(hidden, hidden)
        self.output = kernels.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(dropout)
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """He-normal convolutions (code); dense layers of deviation 1/sqrt(inputs) and biases 0, Chainer's defaults."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                power = 2 if isinstance(layer, nn.Conv2d) else 1
                nn.init.normal_(layer.weight, std=(power / layer.weight[0].numel()) ** 0.5, generator=generator)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, num_classes) of pieces x (B, 66650)."""
        maps = self.map(self.waveform(x[:, None, None]).transpose(1, 2)).flatten(1)
        hidden = self.dropout(self.hidden1(maps).relu())
        return self.output(self.dropout(self.hidden2(hidden).relu()))


class EnvNetV2Module(ClipClassification):
    """EnvNet-v2 that learns the ratios of sounds mixed between classes; the network's arguments are EnvNetV2's.

    It takes clips (B, 1, 1, N) of 16-bit values; of clips to predict (B, 1, 1, 1, N) it judges ten pieces each.

    learning_rate, drops: of the first epoch behind the warm-up, and epochs from which on it is a tenth.
    warmup: epochs at a tenth of the rate. momentum: Nesterov's. weight_decay: of all parameters (code).
    Assumed: the second sound of a mixture is one of the same batch and another class; the code draws both from all.
    """

    version = 1
    network: EnvNetV2

    def __init__(
        self,
        num_classes: int = 50,
        dropout: float = 0.5,
        width_divisor: int = 1,
        seed: int = 0,
        learning_rate: float = 0.1,
        drops: Sequence[int] = (),
        warmup: int = 0,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
    ) -> None:
        super().__init__(EnvNetV2(num_classes, dropout, width_divisor, seed))
        self.save_hyperparameters()
        self.learning_rate, self.drops, self.warmup = learning_rate, tuple(drops), warmup
        self.momentum, self.weight_decay = momentum, weight_decay

    def configure_optimizers(self) -> torch.optim.SGD:
        """SGD with decay of all parameters, as Chainer's hook has it."""
        return torch.optim.SGD(
            self.parameters(), lr=self.learning_rate, momentum=self.momentum, nesterov=True,
            weight_decay=self.weight_decay,
        )  # fmt: skip

    def on_train_epoch_start(self) -> None:
        """Set this epoch's learning rate."""
        rate = keras.dropped_rate(self.learning_rate, self.current_epoch, self.drops)
        optimizer = self.trainer.optimizers[0]
        assert isinstance(optimizer, torch.optim.SGD)
        keras.set_learning_rate(optimizer, 0.1 * self.learning_rate if self.current_epoch < self.warmup else rate)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """The divergence of predictions from the ratios of what is mixed here of clips and targets (B, classes)."""
        x, ratios = self.between(*batch)
        entropy = -torch.special.xlogy(ratios, ratios).sum(1).mean()
        return F.cross_entropy(self(x), ratios) - entropy

    def between(self, clips: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Mixtures (B, 66650) of clips (B, 1, 1, N) with others, and the ratios of their classes (B, classes)."""
        other = partners(targets)
        values = clips.flatten(1)
        ratios, gains = torch.rand(len(values)).to(values), (2 * torch.rand(len(values)) - 1).to(values)
        x = mixed(self._drawn(values), self._drawn(values[other]), ratios) * 10 ** (GAIN_DB * gains[:, None] / 20)
        share = ratios[:, None]
        return x, targets * share + targets[other] * (1 - share)

    def _drawn(self, values: Tensor) -> Tensor:
        """A piece of each clip (B, N), from anywhere and at any speed."""
        scales = STRETCH ** (2 * torch.rand(len(values)) - 1).to(values)
        starts = (torch.rand(len(values)).to(values) * lengths(values, scales, LENGTH)).long()
        return pieces(values, starts, scales, LENGTH)

    def _of_segments(self, x: Tensor) -> Tensor:
        """Logits (B, 10, classes) of pieces at even distances of clips (B, 1, 1, 1, N)."""
        values = x.flatten(1)
        scales = torch.ones(len(values)).to(values)
        stride = (lengths(values, scales, LENGTH) - 1) // (CROPS - 1)
        judged = [self(pieces(values, stride * number, scales, LENGTH)) for number in range(CROPS)]
        return torch.stack(judged, 1).float()
