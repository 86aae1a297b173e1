"""Controls of event-related data conditioning: the parts of what it does to a clip that need no similarity.

Neither is in the paper.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from models.edc.transform import clipwise, rescale


@dataclass(frozen=True)
class MinMax:
    """A control: the rescaling of each clip to [0, 1] and nothing else; called like EventConditioning."""

    version: ClassVar[int] = 1

    def params(self) -> dict[str, Any]:
        """What the result depends on: nothing."""
        return {}

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """The rescaled frames."""
        return clipwise(x, lambda frames: [rescale(frames).float()])[0]


@dataclass(frozen=True)
class MovingAverage:
    """A control: the rescaling, then each frame averaged with those before it; called like EventConditioning.

    frames: how many, the frame itself included; the first ones of a clip take those there are.
    """

    version: ClassVar[int] = 1

    frames: int = 2

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError(f"frames {self.frames} must be at least 1")

    def params(self) -> dict[str, Any]:
        """What the result depends on."""
        return asdict(self)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """The averaged frames."""
        return clipwise(x, lambda frames: [self._averaged(rescale(frames))])[0]

    def _averaged(self, z: Tensor) -> Tensor:
        total = z.clone()
        for back in range(1, min(self.frames, z.shape[1])):
            total[:, back:] += z[:, :-back]
        counts = torch.arange(1, z.shape[1] + 1, device=z.device).clamp(max=self.frames)
        return (total / counts[:, None]).float()
