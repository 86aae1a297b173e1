"""How networks of several families are trained: mixins that stand before the task of a LightningModule.

`class PiczakModule(SteppedSGD, ClipClassification)`: what follows the arguments of the optimizer goes to the task.
"""

import math
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from models import keras


class Adam(pl.LightningModule):
    """Adam with the default betas.

    learning_rate: stays as it is. task: the arguments of the task.
    """

    version = 1

    def __init__(self, learning_rate: float, *task: Any) -> None:
        super().__init__(*task)
        self.learning_rate = learning_rate

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


class PlateauAdam(Adam):
    """Adam whose rate falls to a tenth where what is watched has not become smaller for a while.

    watched: what validation logs under this name.
    patience: as the official baseline of DCASE 2023 Task 4b counts: epochs since the best one or the last drop, that
        one included after a best one; more than so many, and the rate falls. None: it stays.

    It takes effect with the next epoch. What has been counted is in the checkpoint, so that a resumed training goes on
    as an uninterrupted one.
    """

    def __init__(self, learning_rate: float, patience: int | None, *task: Any, watched: str = "val_loss") -> None:
        super().__init__(learning_rate, *task)
        self.patience, self.watched = patience, watched
        self._best, self._waited, self._dropped = math.inf, 0, 0

    def on_train_epoch_start(self) -> None:
        """Set this epoch's learning rate."""
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * 0.1**self._dropped

    def on_validation_end(self) -> None:
        """Count the epoch; a training saves its checkpoints behind this."""
        if self.trainer.sanity_checking:
            return
        value = float(self.trainer.callback_metrics[self.watched])
        if value < self._best:
            self._best, self._waited = value, 0
        self._waited += 1
        if self.patience is not None and self._waited > self.patience:
            self._dropped, self._waited = self._dropped + 1, 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what has been counted."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["plateau"] = {"best": self._best, "waited": self._waited, "dropped": self._dropped}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on counting."""
        super().on_load_checkpoint(checkpoint)
        kept = checkpoint["plateau"]
        self._best, self._waited, self._dropped = kept["best"], kept["waited"], kept["dropped"]


class SteppedSGD(pl.LightningModule):
    """SGD with Nesterov momentum, stepwise learning-rate drops and a penalty on weights.

    learning_rate: the rate of the first epoch; it falls to a tenth at the start of each epoch (from 0) in `drops`.
    l2: coefficient of the penalty l2 x sum(w²) on the weights of all layers, biases excepted.
    task: the arguments of the task.
    """

    version = 1
    network: nn.Module

    def __init__(self, learning_rate: float, drops: Sequence[int], l2: float, momentum: float, *task: Any) -> None:
        super().__init__(*task)
        self.learning_rate, self.drops = learning_rate, tuple(drops)
        self.l2, self.momentum = l2, momentum

    def configure_optimizers(self) -> torch.optim.SGD:
        """SGD whose weight decay is the L2 penalty."""
        groups = keras.l2_groups(self.network, self.l2)
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=self.momentum, nesterov=True)

    def on_train_epoch_start(self) -> None:
        """Set this epoch's learning rate; it follows from the epoch alone, so resuming needs no scheduler state."""
        optimizer = self.trainer.optimizers[0]
        assert isinstance(optimizer, torch.optim.SGD)
        keras.set_learning_rate(optimizer, keras.dropped_rate(self.learning_rate, self.current_epoch, self.drops))
