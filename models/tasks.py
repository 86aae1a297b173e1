"""What networks of one kind of task share when they are trained: a loss, an optimizer, what they predict."""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import keras
from models.onset_errors import OnsetErrors
from models.ranking import macro_roc_auc


class ClipClassification(pl.LightningModule):
    """One class per clip, learnt from segments, by SGD with Nesterov momentum and stepwise learning-rate drops.

    network: (B, C, F, T) -> logits (B, classes).
    learning_rate: the rate of the first epoch; it falls to a tenth at the start of each epoch (from 0) in `drops`.
    l2: coefficient of the penalty l2 x sum(w²) on the weights of all layers, biases excepted.

    Nothing is logged in the training loop: the trainer's callbacks get the loss of each step.
    """

    version = 1

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


class FrameDetection(pl.LightningModule):
    """One kind of event, found frame by frame, learnt from targets 0 and 1 with Adam (default betas).

    network: (B, 1, T', D) -> logits (B, T); T' may have frames of context beyond T.
    learning_rate: stays as it is.
    validates_events: whether validation comes as whole clips; if so, `val_error_rate` is logged: onset-only, 0.5 s
        collar, threshold 0.5, 27-frame median filter, pooled over the epoch.

    Validation logs `val_loss` (mean over frames) and `val_accuracy` (share of frames that are right at threshold 0.5).
    Nothing is logged in the training loop: the trainer's callbacks get the loss of each step.
    """

    version = 1

    def __init__(self, network: nn.Module, learning_rate: float, validates_events: bool = False) -> None:
        super().__init__()
        self.network = network
        self.learning_rate = learning_rate
        self.validates_events = validates_events
        self.onset_errors = OnsetErrors()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T', D)."""
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean binary cross-entropy of a batch: x (B, 1, T', D) and targets (B, T)."""
        x, targets = batch
        return F.binary_cross_entropy_with_logits(self(x), targets)

    def on_validation_epoch_start(self) -> None:
        """Forget the events of the last epoch."""
        self.onset_errors = OnsetErrors()

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Log how far the network is off on a batch like a training batch."""
        x, targets = batch
        logits = self(x)
        active, wanted = logits > 0, targets > 0.5
        values = {
            "val_loss": F.binary_cross_entropy_with_logits(logits, targets),
            "val_accuracy": (active == wanted).float().mean(),
        }
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(x))
        if self.validates_events:
            self.onset_errors.add(active.cpu().numpy(), wanted.cpu().numpy())

    def on_validation_epoch_end(self) -> None:
        """Log the error rate of all clips together."""
        if self.validates_events:
            self.log("val_error_rate", self.onset_errors.error_rate)

    def predict_step(self, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Logits (B, T, 1), float32, of whole clips (B, 1, T', D)."""
        return self(batch).unsqueeze(-1).float()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


class ClipTagging(pl.LightningModule):
    """Any number of classes per clip, learnt from whole clips by binary cross-entropy with Adam (default betas).

    network: (B, 1, T, D) -> logits (B, classes).
    learning_rate: stays as it is.

    Validation logs `val_loss` (mean over clips and classes) and `val_auc` (macro ROC AUC over the classes that have
    positives and negatives, pooled over the epoch); it raises ValueError where no class has both.
    Nothing is logged in the training loop: the trainer's callbacks get the loss of each step.
    """

    version = 1

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        super().__init__()
        self.network = network
        self.learning_rate = learning_rate
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

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)
