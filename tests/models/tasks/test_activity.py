"""What soft activity logs and learns by; the losses themselves are tested with the networks."""

from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from models.optimizers import PlateauAdam
from models.tasks.activity import ActivityDetection, Heard, focal_loss


class Plain(nn.Module):
    """A dense layer per frame."""

    has_scenes = False

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(6, 3)

    def forward(self, x):
        return Heard(self.layer(x[:, 0]))


class Trained(PlateauAdam, ActivityDetection):
    pass


class Batches(pl.LightningDataModule):
    """Batches of unlike sizes, so that a mean over batches is no mean over items."""

    def __init__(self):
        super().__init__()
        draw = torch.Generator().manual_seed(1)
        self.items = [
            (torch.randn(size, 1, 4, 6, generator=draw), torch.rand(size, 4, 3, generator=draw)) for size in (5, 2)
        ]

    def train_dataloader(self):
        return DataLoader(self.items, batch_size=None)

    def val_dataloader(self):
        return DataLoader(self.items, batch_size=None)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        x, activity = batch
        return x, SimpleNamespace(activity=activity, scene=None)


@pytest.mark.filterwarnings("ignore:.*many workers.*", "ignore:.*LeafSpec.*")
@pytest.mark.parametrize(("activation", "loss"), [("linear", "mse"), ("sigmoid", "mse"), ("sigmoid", "focal")])
def test_validation_logs_means_over_items(activation, loss):
    module, data = Trained(0.01, 3, Plain(), activation, loss), Batches()
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=2, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, data)
    with torch.no_grad():
        x, wanted = (torch.cat(parts) for parts in zip(*data.items, strict=True))
        outputs = module.network.layer(x[:, 0])
        mse = F.mse_loss(outputs.sigmoid() if activation == "sigmoid" else outputs, wanted)
        expected = mse if loss == "mse" else focal_loss(outputs, wanted)
    logged = trainer.callback_metrics
    assert float(logged["val_loss"]) == pytest.approx(float(expected), rel=1e-5)
    assert float(logged["val_mse"]) == pytest.approx(float(mse), rel=1e-5)
    assert module.kind_of_scores == "linear"


def test_focal_loss_with_hard_targets_weighs_what_is_wrong_and_forgets_what_is_right():
    logits, targets = torch.tensor([4.0, -4.0, 4.0]), torch.tensor([1.0, 0.0, 0.0])
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    p = torch.where(targets > 0, logits.sigmoid(), 1 - logits.sigmoid())
    assert float(focal_loss(logits, targets)) == pytest.approx(float(((1 - p) ** 2 * entropy).mean()), rel=1e-5)
    assert float(focal_loss(logits[:2], targets[:2])) < 1e-4 * float(entropy[2])


def test_between_zero_and_one_no_output_makes_the_focal_loss_zero():
    logits = torch.linspace(-8, 8, 1000)
    least = min(float(focal_loss(one[None], torch.tensor([0.5]))) for one in logits)
    assert least == pytest.approx(0.25 * 0.6931, rel=0.02)
