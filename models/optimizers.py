"""How networks of several families are trained: mixins that stand before the task of a LightningModule.

`class PiczakModule(SteppedSGD, ClipClassification)`: what follows the arguments of the optimizer goes to the task.
"""

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
