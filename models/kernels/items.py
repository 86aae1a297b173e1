"""Maps as the arrays that compiled loops take, and the items of a batch shared among threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.kernels.choice import may_fuse

#: How maps lie that compiled loops take.
LAYOUT = torch.channels_last


def are_ours(maps: Tensor) -> bool:
    """Whether maps are what our loops are for: in a training, on a CPU, float32 or bfloat16."""
    fit = maps.device.type == "cpu" and maps.dtype in (torch.float32, torch.bfloat16)
    return fit and torch.is_grad_enabled() and not torch.compiler.is_compiling() and may_fuse()


def array(maps: Tensor) -> np.ndarray:
    """The numbers of maps (N, C, H, W) as (N, H, W, C), channels last, not copied: float32, or bits of bfloat16."""
    laid = maps.detach().permute(0, 2, 3, 1)
    return laid.view(torch.uint16).numpy() if laid.dtype == torch.bfloat16 else laid.numpy()


def rows(maps: Tensor) -> np.ndarray:
    """The same as (N, H x W, C)."""
    laid = array(maps)
    return laid.reshape(len(laid), -1, laid.shape[-1])


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


if hasattr(os, "register_at_fork"):
    # A forked child has none of the threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def each(
    loop: Callable[..., None], per_item: tuple[np.ndarray, ...], shared: tuple[Any, ...], *more: np.ndarray
) -> None:
    """Call a loop on all items of a batch, shared among as many threads as torch has.

    per_item, more: its first and last arguments, arrays whose first axis is the batch; shared: those between.
    """
    items, threads = len(per_item[0]), torch.get_num_threads()
    size = -(-items // max(1, min(threads, items)))
    parts = [slice(low, low + size) for low in range(0, items, size)]
    calls = [((*(one[part] for one in per_item), *shared, *(one[part] for one in more))) for part in parts]
    if len(calls) == 1:
        loop(*calls[0])
        return
    for done in [_pool(threads).submit(loop, *arguments) for arguments in calls]:
        done.result()
