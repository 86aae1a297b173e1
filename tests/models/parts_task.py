"""Tasks that a network solves, untrained, because of one of its parts, and fails without it.

What a part does is known beforehand, so nothing is learnt and nothing left to chance: batch norm makes loudness not
matter, a maximum finds one loud place among silent ones, a residual block that adds nothing passes what it gets, the
skip connection of an hourglass tells neighbouring frames apart, the median over decisions drops what is shorter than
half of it. Each function returns the shares that come out right: with the part, and without it.
"""

import importlib
from collections.abc import Callable
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.acrnn import ConvolutionalRNN
from models.baselines.rare_events import CakirCRNN
from models.edc.network import CornerstoneCRNN
from models.mtfa import MTFA, Block, Hourglass
from models.piczak import PiczakCNN
from models.tasks.onset_errors import OnsetErrors, OnsetRule

BATCH, CHANNELS, WIDTH_DIVISOR = 8, 4, 8
#: Loudness compared, both far above the epsilons of batch norm, and how near equal logits are.
SOFT, LOUD, NEAR = 3.0, 30.0, 0.01
#: Frames and bands of a window of the hourglass's bottom, and of inputs that hold a few of them.
WINDOW, FRAMES, BANDS = 8, 64, 64

#: Small networks of each family without dropout, and the shape of what they take.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "acrnn": (
        lambda: ConvolutionalRNN(padding="same", dropout=0.0, width_divisor=WIDTH_DIVISOR, input_shape=(2, 32, 36)),
        (2, 32, 36),
    ),
    "edc": (lambda: CornerstoneCRNN(dropout=0.0, width_divisor=WIDTH_DIVISOR), (1, FRAMES, BANDS)),
    "mtfa": (lambda: MTFA(16, dropout=0.0, width_divisor=WIDTH_DIVISOR), (1, FRAMES, 16)),
    "crnn": (lambda: CakirCRNN(dropout=0.0, width_divisor=WIDTH_DIVISOR), (1, FRAMES, 40)),
}


def loudness(family: str, seed: int) -> tuple[float, float]:
    """Logits of a batch that stay when all of it is ten times as loud: with batch norm, and without."""
    return _unmoved(family, seed, normed=True), _unmoved(family, seed, normed=False)


def _unmoved(family: str, seed: int, normed: bool) -> float:
    make, shape = NETWORKS[family]
    network = make()
    if not normed:
        _replace(network, nn.BatchNorm2d, nn.Identity)
    x = torch.randn(BATCH, *shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():  # in training mode, by the batch's own statistics
        soft, loud = network(SOFT * x), network(LOUD * x)
    return float(((loud - soft).abs() <= NEAR * soft.abs().amax()).float().mean())


def _replace(module: nn.Module, kind: type[nn.Module], other: Callable[[], nn.Module]) -> None:
    for name, child in module.named_children():
        if isinstance(child, kind):
            setattr(module, name, other())
        else:
            _replace(child, kind, other)


def maximum(family: str, seed: int) -> tuple[float, float]:
    """Outputs that are higher for one loud place per window than for the same sum spread evenly: max, and mean."""
    found = _peaks(family)

    def mean(maps: Tensor, size: int | tuple[int, int], stride: object = None, *_: object, **__: object) -> Tensor:
        return F.avg_pool2d(maps, size, stride)  # type: ignore[arg-type]

    with mock.patch("torch.nn.functional.max_pool2d", mean):
        return found, _peaks(family)


def _peaks(family: str) -> float:
    """The layers before the pool pass what they get, so that only the pool tells the two inputs apart."""
    with torch.no_grad():
        pooled, window = {"acrnn": _acrnn_pair, "edc": _edc_block, "mtfa": _hourglass, "piczak": _piczak}[family]()
        peak, even = torch.zeros(1, 1, *window), torch.full((1, 1, *window), 1.0)
        peak[..., 0, 0] = peak[0, 0].numel()
        higher = pooled(peak.repeat(1, CHANNELS, 4, 4)) > 1.5 * pooled(even.repeat(1, CHANNELS, 4, 4))
    return float(higher.float().mean())


def _acrnn_pair() -> tuple[Callable[[Tensor], Tensor], tuple[int, int]]:
    network = ConvolutionalRNN(padding="same", width_divisor=WIDTH_DIVISOR, input_shape=(CHANNELS, 128, 128)).eval()
    pair = network.pairs[0]
    for conv in (pair.conv1, pair.conv2):
        nn.init.dirac_(conv.weight)
    return lambda maps: pair(maps)[0], (4, 3)


def _edc_block() -> tuple[Callable[[Tensor], Tensor], tuple[int, int]]:
    block = CornerstoneCRNN(channels=CHANNELS).eval().blocks[1]
    nn.init.dirac_(block[0].weight)
    return block, (1, 4)


def _hourglass() -> tuple[Callable[[Tensor], Tensor], tuple[int, int]]:
    hourglass = _silent(Hourglass(CHANNELS, 3))
    return lambda maps: hourglass(maps)[-1], (WINDOW, WINDOW)


def _piczak() -> tuple[Callable[[Tensor], Tensor], tuple[int, int]]:
    pool = PiczakCNN(width_divisor=WIDTH_DIVISOR).pool2
    return pool, (1, 3)


def _silent(module: nn.Module) -> nn.Module:
    """The module with convolutions that give nothing, as it predicts."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.zeros_(layer.weight)
    return module.eval()


def residual(seed: int) -> tuple[float, float]:
    """Values that a block of MTFA passes whose convolutions add nothing: with the identity, and without."""
    block = _silent(Block(CHANNELS))
    x = torch.rand(BATCH, CHANNELS, WINDOW, WINDOW, generator=torch.Generator().manual_seed(seed)) + 0.1

    def plain(maps: Tensor) -> Tensor:
        return block.norm2(block.conv2(block.norm1(block.conv1(maps)).relu())).relu()

    with torch.no_grad():
        passed, lost = block(x), plain(x)
    return tuple(float(torch.isclose(found, x).float().mean()) for found in (passed, lost))  # type: ignore[return-value]


def skip(seed: int) -> tuple[float, float]:
    """Loud frames that the merged maps tell from their silent neighbours: with the skip connection, and without."""
    x = torch.zeros(1, CHANNELS, FRAMES, WINDOW)
    x[:, :, ::2] = 1.0
    hourglass = _silent(Hourglass(CHANNELS, 3))
    with torch.no_grad():
        merged = hourglass(x)[0]
        hourglass.skip = _Nothing()
        coarse = hourglass(x)[0]
    return tuple(float((maps[:, :, ::2] > maps[:, :, 1::2]).float().mean()) for maps in (merged, coarse))  # type: ignore[return-value]


class _Nothing(nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return torch.zeros_like(maps)


def median(module: str, median_frames: int, seed: int) -> tuple[float, float]:
    """Runs of active frames, one around half of `median_frames`, that the rule of validation counts as it should.

    The rule is that of the module's EVENTS; without the part it has a median two frames shorter.
    """
    rule = importlib.import_module(module).EVENTS
    shorter = OnsetRule(rule.hop, rule.collar, median_frames - 2)
    return _runs_right(rule, median_frames), _runs_right(shorter, median_frames)


def _runs_right(rule: OnsetRule, median_frames: int) -> float:
    """The share of right decisions on the longest run that the median drops, and the shortest one that it keeps."""
    half = median_frames // 2
    right = []
    for length, kept in ((half, False), (half + 1, True)):
        active = np.zeros((1, 8 * half), dtype=bool)
        active[0, 3 * half : 3 * half + length] = True
        errors = OnsetErrors(rule)
        errors.add(active, active)
        right.append((errors.deletions == 0) is kept)
    return sum(right) / len(right)
