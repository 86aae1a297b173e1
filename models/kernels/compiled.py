"""The same pieces as functions that the library compiles (torch.compile), for training on an accelerator.

Each becomes a few kernels that go over the maps once, forward and backward. What that gains is unmeasured; on a CPU it
takes several times as long as the library's layers, which is what our loops are for. Numbers are those of the layers up
to rounding. What cannot be compiled is computed as it is written.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.choice import give_up_compiling, may_compile, note

#: What the library compiles with.
BACKEND = "inductor"


def compiles(*layers: nn.Module) -> bool:
    """Whether layers in training are to be compiled together with what follows them."""
    if not (may_compile() and torch.is_grad_enabled()) or torch.compiler.is_compiling():
        return False
    return all(layer.training for layer in layers)


def norm_relu(norm: nn.BatchNorm2d, maps: Tensor, pool: tuple[int, int] | None, others: Tensor | None = None) -> Tensor:
    """ReLU of normalised maps (B, C, H, W), plus others of their shape, and the maxima over windows, if given.

    The normalisation is one with weights and running statistics, which move as in `nn.BatchNorm2d`.
    """
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    norm.num_batches_tracked.add_(1)
    moved = (norm.running_mean, norm.running_var, norm.momentum)
    return compiled(_norm_relu, maps, norm.weight, norm.bias, *moved, norm.eps, pool, others)  # type: ignore[no-any-return]


def compiled(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, compiled; as it is written where the library cannot, which is said once."""
    from torch._dynamo.exc import TorchDynamoException

    try:
        found = _compiled(function)(*arguments)
    except TorchDynamoException as error:
        give_up_compiling(" ".join(str(error).split())[:120])
        return function(*arguments)
    note("compiled")
    return found


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """One program for all shapes; windows, types and what is to be derived have their own."""
    return torch.compile(function, backend=BACKEND, dynamic=True)


def _norm_relu(
    maps: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, momentum: float, eps: float,
    pool: tuple[int, int] | None, others: Tensor | None,
) -> Tensor:  # fmt: skip
    made = F.batch_norm(maps, mean, variance, weight, bias, True, momentum, eps)
    active = F.relu(made if others is None else made + others)
    return active if pool is None else F.max_pool2d(active, pool)
