"""Event-related data conditioning: each frame of a clip averaged with those around it that resemble it.

Source: section 2.2 of the paper as its authors' code has it, which rescales clips first, decays by exp(-d / alpha) and
cuts ranges to whole frames; the switches are what else the paper's text and pictures can be read as.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypedDict, Unpack, get_args

import numpy as np
import torch
from torch import Tensor

from models.edc.transform import clipwise, expected_distances, neighbour_mean, rescale

Similarity = Literal["minmax", "raw"]
Rounding = Literal["trunc", "round", "none"]
Decay = Literal["exp(-d/alpha)", "exp(-alpha*d)"]

#: Decimals of a renormalised distance.
GRID = 9
#: The share of the decay curve down to which the paper counts frames (fitted: the one value that gives its table 1).
SUPPORT = 0.02


class Switches(TypedDict, total=False):
    """The keyword arguments of `condition`."""

    similarity_input: Similarity
    output_from: Similarity | None
    renormalise_decay: bool
    rounding: Rounding
    decay: Decay


@dataclass(frozen=True)
class EventConditioning:
    """Each frame becomes the mean of frames around it, weighted by similarity, within a range that follows from them.

    Called with frames (B, T, D) or (T, D) of any float type it returns float32 of that shape. The same frames always
    give the same result, and on a CPU a clip does not depend on its batch in a single bit.

    alpha: how slowly the decay falls, in frames.
    similarity_input: "minmax" takes similarities of clips rescaled to [0, 1] (code), "raw" of clips as given (paper).
    output_from: the frames that are averaged; None: the same.
    renormalise_decay: share x decay is divided by its sum (an assumption nearer to what the paper's text claims).
    rounding: "trunc" keeps floor(i - past) to floor(i + future) (code), "round" rounds both distances, "none" keeps the
        frames that are no further away than they say.
    decay: as released, or as printed.

    Raises ValueError for an alpha or a switch that makes no sense, and when called with other axes, with NaN or with
    infinite values or, where it rescales, with a constant clip.
    """

    version: ClassVar[int] = 1

    alpha: float
    similarity_input: Similarity = "minmax"
    output_from: Similarity | None = None
    renormalise_decay: bool = False
    rounding: Rounding = "trunc"
    decay: Decay = "exp(-d/alpha)"

    def __post_init__(self) -> None:
        if not (0 < self.alpha < math.inf and math.isfinite(1 / self.alpha)):
            raise ValueError(f"alpha {self.alpha} must be positive and finite, as must one over it")
        for name, known in (("similarity_input", Similarity), ("rounding", Rounding), ("decay", Decay)):
            _known(name, getattr(self, name), get_args(known))
        _known("output_from", self.output_from, (None, *get_args(Similarity)))
        object.__setattr__(self, "alpha", float(self.alpha))

    def params(self) -> dict[str, Any]:
        """What the result depends on."""
        return {**asdict(self), "output_from": self.output_from or self.similarity_input}

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """The conditioned frames."""
        return clipwise(x, lambda frames: [self._conditioned(frames)])[0]

    @torch.no_grad()
    def integer_ranges(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """How many frames before and behind itself each frame is averaged with: int64, (B, T) or (T,) both."""
        past, future = clipwise(x, lambda frames: self._ranges(self._similar(frames)))
        return past, future

    def ranges(self, x: Tensor | np.ndarray) -> dict[str, float]:
        """Mean and largest range over all frames of x, in frames: past_mean, future_mean, past_max, future_max."""
        past, future = self.integer_ranges(torch.as_tensor(x))
        return {
            "past_mean": float(past.double().mean()),
            "future_mean": float(future.double().mean()),
            "past_max": float(past.max()),
            "future_max": float(future.max()),
        }

    def _similar(self, frames: Tensor) -> Tensor:
        return rescale(frames) if self.similarity_input == "minmax" else frames.to(torch.float64, copy=True)

    def _conditioned(self, frames: Tensor) -> Tensor:
        z = self._similar(frames)
        values = z
        if self.params()["output_from"] != self.similarity_input:
            values = frames.double() if self.output_from == "raw" else rescale(frames)
        return neighbour_mean(z, values, *self._ranges(z)).float()

    def _ranges(self, z: Tensor) -> tuple[Tensor, Tensor]:
        rate = 1 / self.alpha if self.decay == "exp(-d/alpha)" else self.alpha
        past, future = expected_distances(z, rate, self.renormalise_decay)
        if self.renormalise_decay:  # where one frame has all the share, the distance is whole but for rounding errors
            past, future = past.round(decimals=GRID), future.round(decimals=GRID)
        here = torch.arange(z.shape[1], dtype=torch.float64, device=z.device)
        if self.rounding == "trunc":
            past, future = here - (here - past).floor(), (here + future).floor() - here
        elif self.rounding == "round":
            past, future = (past + 0.5).floor(), (future + 0.5).floor()
        return past.minimum(here).long(), future.minimum(here.flip(0)).long()


def condition(x: Tensor, alpha: float, **switches: Unpack[Switches]) -> Tensor:
    """Frames (B, T, D) or (T, D) conditioned; arguments and errors are those of EventConditioning."""
    return EventConditioning(alpha, **switches)(x)


def ranges(x: Tensor, alpha: float, **switches: Unpack[Switches]) -> tuple[Tensor, Tensor]:
    """How many frames back and ahead each frame is averaged with; see EventConditioning.integer_ranges."""
    return EventConditioning(alpha, **switches).integer_ranges(x)


def decay_support(alpha: float) -> int:
    """Frames on both sides at which exp(-d/alpha) is at least 0.02: the column "frames" of the paper's table 1."""
    return 2 * math.floor(alpha * math.log(1 / SUPPORT))


def range_bound(alpha: float) -> float:
    """The frames per side that no range exceeds before rounding up, whatever the clip: the largest d exp(-d/alpha).

    It holds without renormalisation, as the shares then sum to at most one.
    """
    return alpha / math.e


def _known(name: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise ValueError(f"unknown {name} {value!r}; known: {', '.join(map(str, known))}")
