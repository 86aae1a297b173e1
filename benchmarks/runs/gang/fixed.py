"""Tensors that stay where they are, whatever they hold: those of batches, and all that a training step changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


def _mapped(change: Callable[[Tensor], Any], batch: Any) -> Any:
    """A batch of nested tuples with something else in the place of its tensors."""
    if isinstance(batch, Tensor):
        return change(batch)
    if isinstance(batch, tuple | list):
        parts = [_mapped(change, one) for one in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else type(batch)(parts)
    return batch


def _tensors(batch: Any) -> list[Tensor]:
    found: list[Tensor] = []
    _mapped(found.append, batch)
    return found


def fixed_like(batch: Any) -> Any:
    """A batch of the same form with memory of its own."""
    return _mapped(torch.empty_like, batch)


def fill(fixed: Any, batch: Any) -> None:
    """Write what a batch holds into one of the same form."""
    for there, here in zip(_tensors(fixed), _tensors(batch), strict=True):
        there.copy_(here)


def form_of(batch: Any) -> Any:
    """What batches must share that one capture serves: shapes, types and layouts of tensors, and all other values."""
    return _mapped(lambda one: (tuple(one.shape), one.dtype, one.stride()), (batch,))


def signature(module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> tuple[Any, ...]:
    """What a captured step has written into it: rates and other numbers, modes, and where weights and states lie."""
    groups = [
        tuple((name, value) for name, value in group.items() if name != "params") for group in optimizer.param_groups
    ]
    weights = [(one.data_ptr(), one.requires_grad) for one in module.parameters()]
    states = [one.data_ptr() for state in optimizer.state.values() for one in state.values() if isinstance(one, Tensor)]
    modes = [one.training for one in module.modules()]
    return tuple(groups), tuple(weights), tuple(states), tuple(modes)


@contextmanager
def kept_in_place(module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Behind the block, weights, buffers, states of the optimizer and draws are what they were, in the same tensors.

    A state that the block has made is all zeros then, which is how SGD's and Adam's begin.
    """
    parts = [*module.parameters(), *module.buffers()]
    before = [one.detach().clone() for one in parts]
    states = {id(one): one.clone() for state in optimizer.state.values() for one in _tensors(tuple(state.values()))}
    is_cuda = any(one.is_cuda for one in parts)
    draws = torch.get_rng_state(), torch.cuda.get_rng_state() if is_cuda else None
    try:
        yield
    finally:
        with torch.no_grad():
            for one, value in zip(parts, before, strict=True):
                one.copy_(value)
            for state in optimizer.state.values():
                for one in _tensors(tuple(state.values())):
                    one.copy_(states[id(one)]) if id(one) in states else one.zero_()
        torch.set_rng_state(draws[0])
        if draws[1] is not None:
            torch.cuda.set_rng_state(draws[1])
