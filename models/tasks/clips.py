"""One class per clip, learnt from segments: the loss, what validation logs, what is predicted."""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from models.tasks.hearing import Hearing


class ClipClassification(Hearing):
    """One class per clip, learnt from segments.

    network: (B, C, F, T) -> logits (B, classes).

    Validation logs `val_loss` (mean over segments) and `val_accuracy` (share of clips whose class has the largest sum
    of log-posteriors over their segments); what stands for segments that were dropped counts there as others do.
    """

    version = 1
    kind_of_scores: ClassVar[str] = "logit"

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of segments x (B, C, F, T)."""
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean cross-entropy of a batch: x (B, C, F, T) and soft targets (B, classes)."""
        x, targets = batch
        return F.cross_entropy(self(x), targets)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Log how far the network is off on clips cut into segments: x (B, S, C, F, T) and targets (B, classes)."""
        x, targets = batch
        posteriors = self._of_segments(x).log_softmax(-1)
        right = posteriors.sum(1).argmax(-1) == targets.argmax(-1)
        values = {
            "val_loss": -(posteriors * targets[:, None]).sum(-1).mean(),
            "val_accuracy": right.float().mean(),
        }
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(x))

    def predict_step(self, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Logits (B, S, classes), float32, of clips cut into segments, batch (B, S, C, F, T)."""
        return self._of_segments(batch)

    def _of_segments(self, x: Tensor) -> Tensor:
        return self(x.flatten(0, 1)).unflatten(0, x.shape[:2]).float()
