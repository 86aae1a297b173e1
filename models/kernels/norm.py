"""Batch normalisation, ReLU and max-pooling in one piece, forward and backward, for training on a CPU.

Forward, the maps are read once for the statistics and once to be written; where windows are pooled, once in all, for
the largest normalised number is that of the largest number (of the smallest, where the weight is below zero). Backward,
what ReLU let pass is computed again instead of kept. Numbers are those of `nn.BatchNorm2d`, ReLU and `nn.MaxPool2d` up
to rounding; bfloat16 maps are computed in float32 and rounded once. They can be derived once. Where windows are pooled
and a weight is exactly zero, its gradient is one of several that hold.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F
from torch.nn.modules.module import _has_any_global_hook as has_any_global_hook

from models.kernels import compiled
from models.kernels.choice import note
from models.kernels.items import LAYOUT, are_ours, array, each, rows

Pool = tuple[int, int]


def norm_relu(norm: nn.BatchNorm2d, maps: Tensor, pool: Pool | None = None) -> Tensor:
    """ReLU of normalised maps (B, C, H, W), and the maxima over windows of `pool`, which do not overlap, if given."""
    if _compiles(norm):
        return compiled.norm_relu(norm, maps, pool)
    if not _fuses(norm, maps, pool):
        normed = norm(maps)
        if not is_plain(norm, nn.BatchNorm2d):  # whose listeners have the maps, too
            return F.relu(normed if pool is None else F.max_pool2d(normed, pool))
        return normed.relu_() if pool is None else F.max_pool2d(normed, pool).relu_()
    active, mean, squares = _NormReLU.apply(maps, norm.weight, norm.bias, norm.eps, pool)
    _remember(norm, mean, squares, maps.numel() // maps.shape[1])
    return active  # type: ignore[no-any-return]


def conv_norm_relu(conv: nn.Conv2d, norm: nn.BatchNorm2d, maps: Tensor, pool: Pool | None = None) -> Tensor:
    """`norm_relu` of what a convolution makes of maps.

    Normalisation takes the convolution's bias out again, so its gradient is zero. Where ours are used, only the running
    mean is told of it, and it gets no gradient: the library's is rounding, whose sum over the maps costs as much as a
    pass over them. That is for SGD; Adam makes steps of rounding.
    """
    if conv.bias is None or not is_plain(conv, nn.Conv2d) or not _trains(norm, maps):
        return norm_relu(norm, conv(maps), pool)
    made = conv._conv_forward(maps, conv.weight, None)
    if not _fuses(norm, made, pool):
        return norm_relu(norm, made + conv.bias.to(made.dtype)[:, None, None], pool)
    active, mean, squares = _NormReLU.apply(made, norm.weight, norm.bias, norm.eps, pool)
    _remember(norm, mean + conv.bias.detach(), squares, made.numel() // made.shape[1])
    return active  # type: ignore[no-any-return]


def norm_add_relu(norm: nn.BatchNorm2d, maps: Tensor, others: Tensor) -> Tensor:
    """ReLU of normalised maps (B, C, H, W) plus others of their shape."""
    if _compiles(norm):
        return compiled.norm_relu(norm, maps, None, others)
    alike = others.shape == maps.shape and others.dtype == maps.dtype
    if not (alike and others.is_contiguous(memory_format=LAYOUT) and _fuses(norm, maps, None)):
        normed = norm(maps)
        return (normed.add_(others) if is_plain(norm, nn.BatchNorm2d) else normed + others).relu_()
    active, mean, squares = _NormAddReLU.apply(maps, others, norm.weight, norm.bias, norm.eps)
    _remember(norm, mean, squares, maps.numel() // maps.shape[1])
    return active  # type: ignore[no-any-return]


def is_plain(layer: nn.Module, kind: type[nn.Module]) -> bool:
    """Whether a layer does what its kind does and nobody listens; whatever else it is has to be called."""
    if type(layer).forward is not kind.forward or "forward" in vars(layer):
        return False
    own = (layer._forward_hooks, layer._forward_pre_hooks, layer._backward_hooks, layer._backward_pre_hooks)
    return not (any(own) or has_any_global_hook())


def _fuses(norm: nn.BatchNorm2d, maps: Tensor, pool: Pool | None) -> bool:
    """Whether this is what our kernels are for: training on a CPU in float32 or bfloat16, channels last."""
    if not (_trains(norm, maps) and maps.dim() == 4 and maps.is_contiguous(memory_format=LAYOUT)):
        return False
    if maps.shape[1] != norm.num_features or maps.numel() <= maps.shape[1]:  # which the library refuses
        return False
    return pool is None or (maps.shape[2] >= pool[0] and maps.shape[3] >= pool[1])


def _trains(norm: nn.BatchNorm2d, maps: Tensor) -> bool:
    """Whether a normalisation is trained on a CPU, in float32 or bfloat16, and our kernels may be used."""
    if not (_is_usual(norm) and norm.training):
        return False
    return norm.weight.dtype == norm.bias.dtype == torch.float32 and are_ours(maps)


def _compiles(norm: nn.BatchNorm2d) -> bool:
    """Whether a normalisation and what follows it are to be one piece that the library compiles."""
    return compiled.compiles(norm) and _is_usual(norm) and norm.momentum is not None


def _is_usual(norm: nn.BatchNorm2d) -> bool:
    """Whether a normalisation has weights and running statistics, and nobody listens to it."""
    return is_plain(norm, nn.BatchNorm2d) and norm.affine and norm.running_mean is not None


@torch.no_grad()
def _remember(norm: nn.BatchNorm2d, mean: Tensor, squares: Tensor, count: int) -> None:
    """Move the running statistics as `nn.BatchNorm2d` does: by the unbiased variance."""
    assert norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    share = 1.0 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    for running, now in ((norm.running_mean, mean), (norm.running_var, squares / (count - 1))):
        running.mul_(1.0 - share).add_(now.to(running.dtype), alpha=share)


class _Gradients(NamedTuple):
    """What is derived of sums over the maps: the maps' gradient as a line, and those of weight and bias; all (C,)."""

    slope: np.ndarray
    level: np.ndarray
    of_weight: np.ndarray
    of_bias: np.ndarray


class _Affine:
    """What normalises a batch: (maps - centre) x scale + shift; all (C,)."""

    def __init__(self, means: np.ndarray, squares: np.ndarray, count: int, weight: Tensor, bias: Tensor, eps: float):
        self.mean = means.mean(0)
        self.squares = squares.sum(0) + count * np.square(means - self.mean).sum(0)
        self.inverse = 1.0 / np.sqrt(self.squares / (count * len(means)) + eps)
        self.centre = self.mean.astype(np.float32)
        self.scale = (weight.detach().numpy() * self.inverse).astype(np.float32)
        # The centre is rounded to float32; the shift makes good for how far the true mean lies above it.
        self.slip = self.mean - self.centre
        self.shift = (bias.detach().numpy() - self.slip * self.scale).astype(np.float32)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.centre, self.scale, self.shift

    @property
    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and sum of squared deviations of the batch."""
        return torch.from_numpy(self.mean), torch.from_numpy(self.squares)

    def backward(self, plain: np.ndarray, weighted: np.ndarray, count: int) -> _Gradients:
        """From sums (N, C) of the gradients, and of them times the distance of the maps from the centre."""
        total, leaning = plain.sum(0), weighted.sum(0) - self.slip * plain.sum(0)
        slope = -self.scale * np.square(self.inverse) * leaning / count
        level = -self.scale * total / count - self.slip * slope
        found = (slope, level, leaning * self.inverse, total)
        return _Gradients(*(one.astype(np.float32) for one in found))


def _sums(items: int, channels: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((items, channels)), np.empty((items, channels))


class _NormReLU(torch.autograd.Function):
    """(maps, weight, bias, eps, pool) -> ReLU of the normalised maps, and the batch's mean and squared deviations."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor, eps: float, pool: Pool | None) -> Any:
        from models.kernels import loops

        note()
        items, channels, height, width = maps.shape
        means, squares = _sums(items, channels)
        if pool is None:
            each(loops.moments, (rows(maps),), (), means, squares)
            normalised = maps
        else:
            shape = (items, channels, height // pool[0], width // pool[1])
            normalised = torch.empty(shape, dtype=maps.dtype, memory_format=LAYOUT)  # of each window the largest
            sign = np.where(weight.detach().numpy() < 0, -1, 1).astype(np.float32)
            each(loops.pooled_moments, (array(maps),), (sign, *pool), means, squares, array(normalised))
        affine = _Affine(means, squares, height * width, weight, bias, eps)
        active = torch.empty_like(normalised)
        each(loops.activate, (rows(normalised),), affine.arrays, rows(active))
        ctx.save_for_backward(maps, normalised)
        ctx.pool = pool
        return active, *_kept(ctx, affine)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Any) -> Any:
        from models.kernels import loops

        maps, normalised = ctx.saved_tensors
        grad = grad.to(maps.dtype).contiguous(memory_format=LAYOUT)
        affine: _Affine = ctx.affine
        per_item: tuple[np.ndarray, ...] = (rows(normalised), rows(grad))
        found = _summed(affine, maps, loops.sums, per_item, affine.arrays)
        of_maps = None
        if ctx.needs_input_grad[0]:
            of_maps = torch.empty_like(maps)
            shared = (*affine.arrays, found.slope, found.level)
            if ctx.pool:
                per_item = (array(maps), array(normalised), array(grad))
                each(loops.pooled_spread, per_item, (*ctx.pool, *shared), array(of_maps))
            else:
                each(loops.spread, (rows(maps), rows(grad)), shared, rows(of_maps))
        return of_maps, *_of_affine(ctx.needs_input_grad[1:3], found), None, None


class _NormAddReLU(torch.autograd.Function):
    """(maps, others, weight, bias, eps) -> ReLU of the normalised maps plus others, and the batch's statistics."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, others: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Any:
        from models.kernels import loops

        note()
        means, squares = _sums(*maps.shape[:2])
        each(loops.moments, (rows(maps),), (), means, squares)
        affine = _Affine(means, squares, maps.shape[2] * maps.shape[3], weight, bias, eps)
        active = torch.empty_like(maps)
        each(loops.add_activate, (rows(maps), rows(others)), affine.arrays, rows(active))
        ctx.save_for_backward(maps, active)
        return active, *_kept(ctx, affine)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Any) -> Any:
        from models.kernels import loops

        maps, active = ctx.saved_tensors
        grad = grad.to(maps.dtype).contiguous(memory_format=LAYOUT)
        affine: _Affine = ctx.affine
        passed = torch.empty_like(maps)
        per_item = (rows(maps), rows(active), rows(grad))
        shared: tuple[Any, ...] = (affine.centre,)
        found = _summed(affine, maps, loops.add_sums, per_item, shared, rows(passed))
        of_maps = None
        if ctx.needs_input_grad[0]:
            of_maps = torch.empty_like(maps)
            shared = (affine.centre, affine.scale, found.slope, found.level)
            each(loops.add_spread, (rows(maps), rows(passed)), shared, rows(of_maps))
        return of_maps, passed, *_of_affine(ctx.needs_input_grad[2:4], found), None


def _kept(ctx: Any, affine: _Affine) -> tuple[Tensor, Tensor]:
    """The batch's statistics, which nothing is derived by; `affine` is kept for the way back."""
    ctx.affine = affine
    ctx.mark_non_differentiable(*(statistics := affine.statistics))
    return statistics


def _summed(
    affine: _Affine, maps: Tensor, loop: Any, per_item: tuple[np.ndarray, ...], shared: tuple[Any, ...],
    *written: np.ndarray,
) -> _Gradients:  # fmt: skip
    """What `_Affine.backward` makes of the sums that a loop takes of gradients."""
    plain, weighted = _sums(*maps.shape[:2])
    each(loop, per_item, shared, *written, plain, weighted)
    return affine.backward(plain, weighted, maps.numel() // maps.shape[1])


def _of_affine(needed: tuple[bool, ...], found: _Gradients) -> list[Tensor | None]:
    """The gradients of weight and bias, those that are needed."""
    grads = (found.of_weight, found.of_bias)
    return [torch.from_numpy(grad) if wanted else None for wanted, grad in zip(needed, grads, strict=True)]
