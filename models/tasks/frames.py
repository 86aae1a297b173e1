"""Events found frame by frame: the loss, what validation logs, what is predicted."""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from models.tasks.hearing import Hearing
from models.tasks.onset_errors import OnsetErrors, OnsetRule


class FrameDetection(Hearing):
    """One kind of event, found frame by frame, learnt from targets 0 and 1.

    network: (B, 1, T', D) -> logits (B, T); T' may have frames of context beyond T.
    events: the rule of `val_error_rate` (onset-only, pooled over the epoch), which is logged where validation comes as
        whole clips; None where it does not.

    Validation logs `val_loss` (mean over frames) and `val_accuracy` (share of frames that are right at threshold 0.5).
    """

    version = 1
    kind_of_scores: ClassVar[str] = "logit"

    def __init__(self, network: nn.Module, events: OnsetRule | None = None) -> None:
        super().__init__()
        self.network = network
        self.onset_errors = OnsetErrors(events) if events else None

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T', D)."""
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean binary cross-entropy of a batch: x (B, 1, T', D) and targets (B, T)."""
        x, targets = batch
        return F.binary_cross_entropy_with_logits(self(x), targets)

    def on_validation_epoch_start(self) -> None:
        """Forget the events of the last epoch."""
        if self.onset_errors:
            self.onset_errors = OnsetErrors(self.onset_errors.rule)

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
        if self.onset_errors:
            active = logits > self.onset_errors.rule.logit
            self.onset_errors.add(active.cpu().numpy(), wanted.cpu().numpy())

    def on_validation_epoch_end(self) -> None:
        """Log the error rate of all clips together."""
        if self.onset_errors:
            self.log("val_error_rate", self.onset_errors.error_rate)

    def predict_step(self, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Logits (B, T, 1), float32, of whole clips (B, 1, T', D)."""
        return self(batch).unsqueeze(-1).float()
