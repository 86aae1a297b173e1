"""Soft activity of several classes in frames: the losses, what validation logs, what is predicted."""

from typing import Any, ClassVar, Literal, NamedTuple, Protocol, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from models.tasks.hearing import Hearing

Activation = Literal["linear", "sigmoid"]
Loss = Literal["mse", "focal", "focal_scene"]
#: The focal loss of `maestro` (section 4.5; its authors' code): alpha is 1.
GAMMA = 2.0


class Heard(NamedTuple):
    """What a network makes of items: activity (B, T, classes) before the activation, and logits of scenes, or None."""

    activity: Tensor
    scene: Tensor | None = None


class ActivityNetwork(Protocol):
    """What the task asks of a network, which is an nn.Module."""

    has_scenes: bool

    def __call__(self, x: Any) -> Heard:
        """What it makes of chunks or sequences x (B, 1, T, D), or of x and a query."""

    def hear(self, frames: Tensor, places: Tensor, query: Tensor | None) -> Tensor:
        """Activity (seconds, frames of a second, classes) of the seconds of a recording, each in its chunk.

        frames: (1, T, D); places: (seconds, n) the frames of the chunks; query: (seconds, d), or None.
        """


class ActivityDetection(Hearing):
    """Soft activity of several classes, learnt from soft targets in [0, 1].

    activation: behind the network; scores are what comes out of it, on the scale of the targets.
    loss: mean squared error, focal loss, or focal loss and cross-entropy of the scene with weight 1.

    Batches are x and targets with `activity` (B, T, classes) and `scene` (B,); a prediction gets a recording: frames
    (1, T, D), places and query as `ActivityNetwork.hear` takes them; without places it is heard in one pass.

    Validation logs `val_loss` (the loss, mean over items) and `val_mse`, with a focal loss `val_focal`, too. Raises
    ValueError for what does not go together.
    """

    version = 1
    kind_of_scores: ClassVar[str] = "linear"

    def __init__(self, network: Any, activation: Activation = "linear", loss: Loss = "mse") -> None:
        super().__init__()
        if activation not in get_args(Activation) or loss not in get_args(Loss):
            raise ValueError(f"unknown activation {activation!r} or loss {loss!r}")
        if loss != "mse" and activation != "sigmoid":
            raise ValueError("the focal loss is one of probabilities; give activation 'sigmoid'")
        if loss == "focal_scene" and not network.has_scenes:
            raise ValueError("this network tells no scenes; give loss 'focal' or 'mse'")
        self.network, self.activation, self.loss = network, activation, loss

    def forward(self, x: Any) -> Tensor:
        """Activity (B, T, classes) of chunks or sequences x (B, 1, T, D), or of x and a query."""
        return self._activated(self.network(x).activity)

    def training_step(self, batch: tuple[Any, Any], batch_idx: int) -> Tensor:
        """The loss of a batch."""
        x, targets = batch
        return self._loss(self.network(x), targets)

    def validation_step(self, batch: tuple[Any, Any], batch_idx: int) -> None:
        """Log how far the network is off on a batch like a training batch."""
        x, targets = batch
        heard = self.network(x)
        values = {
            "val_loss": self._loss(heard, targets),
            "val_mse": F.mse_loss(self._activated(heard.activity), targets.activity),
        }
        if self.loss != "mse":
            values["val_focal"] = focal_loss(heard.activity, targets.activity)
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(targets.activity))

    def predict_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Activity (1, T, classes), float32, of a whole recording."""
        frames, places, query = batch
        if places is None:
            return self(frames[None]).float()
        return self._activated(self.network.hear(frames, places, query)).flatten(0, 1)[None].float()

    def _activated(self, activity: Tensor) -> Tensor:
        return activity.sigmoid() if self.activation == "sigmoid" else activity

    def _loss(self, heard: Heard, targets: Any) -> Tensor:
        if self.loss == "mse":
            return F.mse_loss(self._activated(heard.activity), targets.activity)
        loss = focal_loss(heard.activity, targets.activity)
        if self.loss == "focal_scene":
            assert heard.scene is not None
            loss = loss + F.cross_entropy(heard.scene, targets.scene)
        return loss


def focal_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of (1 - p)^2 times the binary cross-entropy, of which p = exp(-cross-entropy), with soft targets.

    Equation 4 of `maestro`, as its authors' code has it; between 0 and 1 a target's cross-entropy never becomes 0.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return ((1 - torch.exp(-entropy)) ** GAMMA * entropy).mean()
