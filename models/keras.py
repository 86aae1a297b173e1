"""What Keras does and PyTorch does otherwise, for networks whose numbers were made with Keras.

Source: the papers name the Keras library (acrnn section 4.1); what a paper leaves open is Keras's documented default.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

#: Keras's default moving average of batch statistics (0.99 old + 0.01 new; PyTorch names the share of the new).
BATCH_NORM_MOMENTUM = 0.01
BATCH_NORM_EPSILON = 1e-3


class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation of (B, C, F, T) with Keras's defaults: momentum 0.99, epsilon 1e-3."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)


class GRU(nn.GRU):
    """A bidirectional GRU layer with one bias set, as Keras counts it: (B, T, in) to (B, T, 2 x cells).

    PyTorch adds a second bias to the recurrent product; here it is zero and stays so. The reset gate acts after the
    recurrent product, as cuDNN requires, and gates are logistic; Keras of the papers' time had the gate before the
    product with one bias set and hard sigmoids, or after it with two and logistic gates (assumed: no matter which).
    """

    def __init__(self, inputs: int, cells: int) -> None:
        super().__init__(inputs, cells, batch_first=True, bidirectional=True)
        for name, parameter in self.named_parameters():
            if name.startswith("bias_hh"):
                parameter.requires_grad_(False)


class Kernel(Protocol):
    """How the weights of a layer are drawn, such as `nn.init.xavier_uniform_`, which is Keras's default."""

    def __call__(self, tensor: Tensor, *, generator: torch.Generator) -> Tensor:
        """The tensor, filled in place."""


@torch.no_grad()
def initialise(
    module: nn.Module, generator: torch.Generator, kernel: Kernel, recurrent: Kernel = nn.init.orthogonal_
) -> None:
    """Draw the weights of all layers in order from `generator`; biases are 0, factors of batch normalisation 1.

    kernel: draws the weights of convolutions and dense layers, and those of GRUs for their inputs.
    recurrent: draws a GRU's other weights; orthogonal ones, a matrix of cells x 3 cells with orthonormal rows for each
        direction, are what Keras has where only the kernel initialiser is set.
    """
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Conv2d | nn.Linear | nn.GRU):
            for name, parameter in layer.named_parameters():
                if "bias" in name:
                    nn.init.zeros_(parameter)
                else:
                    draw = recurrent if name.startswith("weight_hh") else kernel
                    draw(parameter, generator=generator)


def l2_groups(module: nn.Module, l2: float) -> list[dict[str, Any]]:
    """Parameter groups in which weight decay is Keras's penalty l2 x sum(w²) on kernels and recurrent kernels.

    Its gradient is 2 x l2 x w, hence a decay of twice the coefficient. Biases and batch normalisation have none.
    """
    kernels: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for layer in module.modules():
        kernel_layer = isinstance(layer, nn.Conv2d | nn.Linear | nn.GRU)
        for name, parameter in layer.named_parameters(recurse=False):
            if parameter.requires_grad:
                (kernels if kernel_layer and "bias" not in name else others).append(parameter)
    return [{"params": kernels, "weight_decay": 2 * l2}, {"params": others, "weight_decay": 0.0}]


def dropped_rate(rate: float, epoch: int, drops: Iterable[int]) -> float:
    """The learning rate in `epoch` (from 0) when it falls to a tenth at the start of each epoch in `drops`."""
    return rate * 0.1 ** sum(epoch >= drop for drop in drops)


@torch.no_grad()
def set_learning_rate(optimizer: torch.optim.SGD, rate: float) -> None:
    """Change the rate of `optimizer` as Keras does: the velocity of the old rate goes on.

    Keras keeps v = m v - rate g, PyTorch b = m b + g with v = -rate b; so that v stays, b grows as the rate falls.
    A group of parameters with a `factor` has the rate times that.
    """
    for group in optimizer.param_groups:
        wanted = rate * group.get("factor", 1.0)
        if group["lr"] == wanted:
            continue
        for parameter in group["params"]:
            buffer: Tensor | None = optimizer.state[parameter].get("momentum_buffer")
            if buffer is not None:
                buffer.mul_(group["lr"] / wanted)
        group["lr"] = wanted
