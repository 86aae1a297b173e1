"""Mixup of batches, on whatever device they lie."""

import numpy as np
import torch
from torch import Tensor


def mixup(x: Tensor, y: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each segment of a batch with another one of it, and their labels alike (ACRNN, equation 5).

    x (B, ...), y (B, classes). The partner comes from a permutation, lambda of each pair from Beta(alpha, alpha)
    (assumed: one per pair, not one per batch). `generator` is one of the CPU, so that all devices draw the same.
    """
    partner = torch.randperm(len(x), generator=generator).to(x.device, non_blocking=True)
    draw = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
    share = torch.from_numpy(draw.beta(alpha, alpha, len(x)).astype(np.float32)).to(x.device, non_blocking=True)
    own = share.view(-1, *[1] * (x.dim() - 1))
    return torch.lerp(x[partner], x, own), torch.lerp(y[partner], y, share[:, None])
