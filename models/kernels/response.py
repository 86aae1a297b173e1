"""Local response normalisation in one pass forward and one backward, for training on a CPU.

The library takes it apart into a pool over five dimensions, a power and some products, each a pass over the maps, which
in AlexNet cost as much as the convolutions. Numbers are those of `nn.LocalResponseNorm` up to rounding.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from models.kernels.choice import note
from models.kernels.compiled import compiled, compiles
from models.kernels.items import LAYOUT, are_ours, each, rows

#: The exponent whose power is two roots.
BETA = 0.75


class LocalResponseNorm(nn.LocalResponseNorm):
    """`nn.LocalResponseNorm`, by our kernels where they can be used: exponents of 0.75, an odd number of channels."""

    def forward(self, input: Tensor) -> Tensor:
        """Maps (B, C, H, W), each number over (k + alpha x mean square of its neighbouring channels)^beta."""
        if compiles(self):
            return compiled(F.local_response_norm, input, self.size, self.alpha, self.beta, self.k)  # type: ignore[no-any-return]
        if not self._fuses(input):
            return super().forward(input)
        return _Respond.apply(input, self.size, self.alpha / self.size, self.k)  # type: ignore[no-any-return]

    def _fuses(self, maps: Tensor) -> bool:
        """Whether this is training on a CPU in float32 or bfloat16, channels last, of an exponent that is for roots."""
        ours = self.beta == BETA and self.size % 2 == 1 and self.k > 0 and self.alpha >= 0
        laid = maps.dim() == 4 and maps.numel() > 0 and maps.is_contiguous(memory_format=LAYOUT)
        return ours and self.training and laid and are_ours(maps)


class _Respond(torch.autograd.Function):
    """(maps, size, alpha / size, k) -> the normalised maps."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, size: int, share: float, least: float) -> Tensor:
        from models.kernels import neighbours

        note()
        ctx.shared = size, np.float32(share), np.float32(least)
        ctx.save_for_backward(maps)
        made = torch.empty_like(maps)
        each(neighbours.respond, (rows(maps),), ctx.shared, rows(made))
        return made

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        from models.kernels import neighbours

        (maps,) = ctx.saved_tensors
        grad = grad.to(maps.dtype).contiguous(memory_format=LAYOUT)
        of_maps = torch.empty_like(maps)
        each(neighbours.respond_back, (rows(maps), rows(grad)), ctx.shared, rows(of_maps))
        return of_maps, None, None, None
