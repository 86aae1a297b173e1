"""Which epoch's weights a run ends with: the last ones, or those that did best on the validation data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass
class Selection:
    """Watches a validation value from epoch to epoch, keeps the best weights and says when to stop.

    monitor: the name under which the module logs the value ("val_loss"); best is lowest, or highest for accuracies.
    patience: stop after so many epochs without a better value; None never stops.
    begin: epochs (from 0) before this one neither count nor can be the best.
    wait_from: epochs before this one may be the best, but are not waited in.
    keep: the run ends with the "best" weights, or with the "last" ones, in which case the value only decides when to
        stop.
    """

    monitor: str
    patience: int | None = None
    begin: int = 0
    wait_from: int = 0
    keep: Literal["best", "last"] = "best"
    best: float = field(init=False, default=math.nan)
    best_epoch: int = field(init=False, default=-1)
    waited: int = field(init=False, default=0)
    weights: "dict[str, Tensor]" = field(init=False, default_factory=dict)

    @property
    def higher_is_better(self) -> bool:
        """Losses and error rates fall, accuracies and areas under the ROC curve rise."""
        return self.monitor.endswith(("accuracy", "auc"))

    def see(self, epoch: int, value: float, network: "nn.Module") -> bool:
        """Take note of an epoch's value; True if the training should stop. Raises ValueError for a value of NaN."""
        if math.isnan(value):
            raise ValueError(f"{self.monitor} is NaN after epoch {epoch}; lower the learning rate")
        if epoch < self.begin:
            return False
        if math.isnan(self.best) or (value > self.best if self.higher_is_better else value < self.best):
            self.best, self.best_epoch, self.waited = value, epoch, 0
            if self.keep == "best":
                self.weights = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
            return False
        self.waited += epoch >= self.wait_from
        return self.patience is not None and self.waited >= self.patience

    def restore(self, network: "nn.Module") -> None:
        """Give the network the weights that the run ends with."""
        if self.weights:
            network.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: plain values and tensors."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where a killed attempt was saved."""
        for name in _STATE:
            setattr(self, name, state[name])

    def facts(self) -> dict[str, Any]:
        """What a result says of the selection; no best value and epoch -1 if no epoch counted."""
        best = None if math.isnan(self.best) else self.best
        return {"monitor": self.monitor, "best": best, "best_epoch": self.best_epoch, "keep": self.keep}


#: The arguments of a Selection, which stand among those of a setting's trainer; what it has found so far.
SELECTING = tuple(one.name for one in fields(Selection) if one.init)
_STATE = tuple(one.name for one in fields(Selection) if not one.init)


def selection_arguments(trainer: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A setting's `trainer` arguments parted: those of a Selection, and those of Lightning's Trainer."""
    own = {name: value for name, value in trainer.items() if name in SELECTING}
    others = {name: value for name, value in trainer.items() if name not in own}
    return own, {**others, "limit_val_batches": 1.0} if own else others
