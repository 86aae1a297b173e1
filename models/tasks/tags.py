"""Any number of classes per clip: the loss, what validation logs, what is predicted."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.tasks.hearing import Hearing
from models.tasks.ranking import macro_roc_auc


class ClipTagging(Hearing):
    """Any number of classes per clip, learnt from whole clips by binary cross-entropy.

    network: (B, 1, T, D) -> logits (B, classes).

    Validation logs `val_loss` (mean over clips and classes) and `val_auc` (macro ROC AUC over the classes that have
    positives and negatives, pooled over the epoch); it raises ValueError where no class has both.
    """

    version = 1
    kind_of_scores: ClassVar[str] = "logit"

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._validated: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of clips x (B, 1, T, D)."""
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean binary cross-entropy of a batch: x (B, 1, T, D) and targets (B, classes), soft ones too."""
        x, targets = batch
        return F.binary_cross_entropy_with_logits(self(x), targets)

    def on_validation_epoch_start(self) -> None:
        """Forget the scores of the last epoch."""
        self._validated = []

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Log the loss of a batch like a training batch, and keep its scores."""
        x, targets = batch
        logits = self(x).float()
        loss = F.binary_cross_entropy_with_logits(logits, targets)
        self.log("val_loss", loss, on_step=False, on_epoch=True, batch_size=len(x))
        self._validated.append((logits, targets))

    def on_validation_epoch_end(self) -> None:
        """Log the AUC of all clips together."""
        scores, targets = (torch.cat(parts) for parts in zip(*self._validated, strict=True))
        self._validated = []
        self.log("val_auc", macro_roc_auc(scores, targets))

    def predict_step(self, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Logits (B, classes), float32, of clips (B, 1, T, D)."""
        return self(batch).float()
