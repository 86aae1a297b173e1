"""Fully connected layers by the products of oneDNN, for training in float32 on a CPU whose other library is slower.

PyTorch multiplies matrices with MKL, which uses AVX-512 on processors of Intel alone; on those of others it falls back
to AVX2, at half the speed and less. oneDNN, with which PyTorch convolves, asks what a processor can and not who made
it. Numbers are those of `nn.Linear` up to rounding.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from models.kernels.choice import note
from models.kernels.items import are_ours


class Linear(nn.Linear):
    """`nn.Linear` of rows (B, inputs), by oneDNN where that is the faster library."""

    def forward(self, input: Tensor) -> Tensor:
        """What the layer makes of rows (B, inputs): (B, outputs)."""
        if not self._multiplies(input):
            return super().forward(input)
        return _Multiply.apply(input, self.weight, self.bias)  # type: ignore[no-any-return]

    def _multiplies(self, rows: Tensor) -> bool:
        """Whether this is training in float32 on a CPU that MKL does not know."""
        is_plain = rows.dim() == 2 and rows.numel() > 0 and rows.dtype == self.weight.dtype == torch.float32
        return self.training and is_plain and not torch.is_autocast_enabled("cpu") and are_ours(rows) and is_faster()


@cache
def is_faster() -> bool:
    """Whether oneDNN uses instructions here that MKL leaves: a rule, not a trial, so that runs repeat bit by bit."""
    if not (torch.backends.mkl.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
        return False
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(able.get("avx512_f")) and "intel" not in str(able.get("cpu_name", "intel")).lower()


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`rows @ weight.T + bias`, by the operator that PyTorch's own compiler puts in place of `nn.Linear` on a CPU."""
    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")  # type: ignore[no-any-return]


class _Multiply(torch.autograd.Function):
    """(rows, weight, bias) -> rows @ weight.T + bias."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        note()
        ctx.save_for_backward(rows, weight)
        return _product(rows, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        rows, weight = ctx.saved_tensors
        of_rows, of_weight, of_bias = ctx.needs_input_grad
        return (
            _product(grad, weight.t()) if of_rows else None,
            _product(grad.t(), rows.t()) if of_weight else None,
            grad.sum(0) if of_bias else None,
        )
