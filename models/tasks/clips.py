"""One class per clip, learnt from segments: the loss, the optimizer, what is predicted."""

from collections.abc import Sequence
from typing import ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import keras


class ClipClassification(pl.LightningModule):
    """One class per clip, learnt from segments, by SGD with Nesterov momentum and stepwise learning-rate drops.

    network: (B, C, F, T) -> logits (B, classes).
    learning_rate: the rate of the first epoch; it falls to a tenth at the start of each epoch (from 0) in `drops`.
    l2: coefficient of the penalty l2 x sum(w²) on the weights of all layers, biases excepted.

    Nothing is logged in the training loop: the trainer's callbacks get the loss of each step.
    """

    version = 1
    kind_of_scores: ClassVar[str] = "logit"

    def __init__(
        self, network: nn.Module, learning_rate: float, drops: Sequence[int], l2: float, momentum: float
    ) -> None:
        super().__init__()
        self.network = network
        self.learning_rate, self.drops = learning_rate, tuple(drops)
        self.l2, self.momentum = l2, momentum

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of segments x (B, C, F, T)."""
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean cross-entropy of a batch: x (B, C, F, T) and soft targets (B, classes)."""
        x, targets = batch
        return F.cross_entropy(self(x), targets)

    def predict_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """Logits (B, S, classes) of clips cut into segments, batch (B, S, C, F, T)."""
        return self(batch.flatten(0, 1)).unflatten(0, batch.shape[:2]).float()

    def configure_optimizers(self) -> torch.optim.SGD:
        """SGD whose weight decay is the L2 penalty."""
        groups = keras.l2_groups(self.network, self.l2)
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=self.momentum, nesterov=True)

    def on_train_epoch_start(self) -> None:
        """Set this epoch's learning rate; it follows from the epoch alone, so resuming needs no scheduler state."""
        optimizer = self.trainer.optimizers[0]
        assert isinstance(optimizer, torch.optim.SGD)
        keras.set_learning_rate(optimizer, keras.dropped_rate(self.learning_rate, self.current_epoch, self.drops))
