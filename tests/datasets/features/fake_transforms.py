"""Conditioners for tests, and what no conditioner should be."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor


@dataclass(frozen=True)
class Scaled:
    """Each clip times `factor`, divided by its largest value; counts its calls."""

    version: ClassVar[int] = 1
    calls: ClassVar[list[int]] = []

    factor: float = 2.0
    powers: tuple[int, ...] = (1,)

    def params(self) -> dict[str, Any]:
        return asdict(self)

    def __call__(self, x: Tensor) -> Tensor:
        self.calls.append(len(x))
        if not x.abs().amax((1, 2)).all():
            raise ValueError("the clip is nothing but zeros")
        return x * self.factor / x.abs().amax((1, 2), keepdim=True)

    def ranges(self, x: Tensor) -> dict[str, float]:
        return {"past_mean": float(x.mean()), "clips": float(len(x))}


class Broken(Scaled):
    """What `kind` says."""

    def __init__(self, kind: str):
        if kind == "refused":
            raise ValueError("kind 'refused' does not exist")
        super().__init__()
        object.__setattr__(self, "kind", kind)

    def __call__(self, x: Tensor) -> Tensor:
        if self.kind == "nan":
            return torch.where(x.amax((1, 2), keepdim=True) > 1.7, torch.nan, x)
        return x[:, :-1]


NOT_A_CLASS = 7
