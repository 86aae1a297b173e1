"""The optimizers that networks of several families share."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from models.optimizers import Adam, PlateauAdam, SteppedSGD
from models.tasks.clips import ClipClassification
from models.tasks.frames import FrameDetection
from models.tasks.tags import ClipTagging


class Stepped(SteppedSGD, ClipClassification):
    """A linear classifier of 24 values."""


def module(learning_rate=0.1, drops=(1, 3)):
    torch.manual_seed(0)
    return Stepped(learning_rate, drops, 1e-3, 0.9, nn.Sequential(nn.Flatten(), nn.Linear(24, 3)))


def batches():
    draw = torch.Generator().manual_seed(1)
    items = [(torch.randn(2, 3, 4, generator=draw), torch.rand(3, generator=draw).softmax(0)) for _ in range(12)]
    return DataLoader(items, batch_size=4)


class Rates(pl.Callback):
    def __init__(self):
        self.rates = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])


def trainer(epochs, *callbacks):
    return pl.Trainer(
        accelerator="cpu", max_epochs=epochs, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, callbacks=list(callbacks),
    )  # fmt: skip


def test_drops_fall_at_epoch_starts_and_a_resumed_run_ends_with_the_same_weights(tmp_path):
    whole, rates = module(), Rates()
    trainer(4, rates).fit(whole, batches())
    assert rates.rates == pytest.approx([0.1, 0.01, 0.01, 0.001])

    first = trainer(2)
    first.fit(module(), batches())
    first.save_checkpoint(tmp_path / "half.ckpt")
    resumed, rest = module(), Rates()
    trainer(4, rest).fit(resumed, batches(), ckpt_path=tmp_path / "half.ckpt", weights_only=True)
    assert rest.rates == pytest.approx([0.01, 0.001])
    assert all(torch.equal(mine, other) for mine, other in zip(resumed.parameters(), whole.parameters(), strict=True))


@pytest.mark.parametrize("task", [FrameDetection, ClipTagging])
def test_adam_has_its_defaults(task):
    trained = type("Trained", (Adam, task), {})(0.003, nn.Linear(2, 1))
    optimizer = trained.configure_optimizers()
    assert isinstance(optimizer, torch.optim.Adam)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["betas"], group["eps"], group["weight_decay"]) == (0.003, (0.9, 0.999), 1e-8, 0)


class Plateau(PlateauAdam, FrameDetection):
    """A network whose validation goes by a list of losses."""

    losses: tuple[float, ...] = ()

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", torch.tensor(self.losses[self.current_epoch]), on_step=False, on_epoch=True, batch_size=1)


def plateau(losses, patience=2):
    torch.manual_seed(0)
    made = Plateau(0.1, patience, nn.Sequential(nn.Flatten(), nn.Linear(12, 4)))
    made.losses = losses
    return made


def watched():
    draw = torch.Generator().manual_seed(1)
    return DataLoader([(torch.randn(1, 4, 3, generator=draw), torch.ones(4)) for _ in range(8)], batch_size=4)


class Saves(pl.Callback):
    """Saves at the end of one epoch, where runs do."""

    def __init__(self, epochs, path):
        self.epochs, self.path = epochs, path

    def on_train_epoch_end(self, trainer, pl_module):
        if trainer.current_epoch + 1 == self.epochs:
            trainer.save_checkpoint(self.path)


def baseline_rates(losses, patience, rate=0.1):
    """The rate of every epoch as the official baseline's loop has it."""
    best, count, rates = 99999, 0, []
    for loss in losses:
        rates.append(rate)
        if loss < best:
            best, count = loss, 0
        count += 1
        if count > patience:
            rate, count = rate / 10, 0
    return rates


@pytest.mark.parametrize("losses", [(3, 2, 2, 2, 2, 2, 2, 1, 1, 1), (5, 4, 3, 2, 1), (1, 2, 3, 4, 5, 6)])
def test_the_rate_falls_as_in_the_official_baseline_and_a_resumed_run_goes_on(tmp_path, losses):
    whole, rates, count = plateau(losses), Rates(), len(losses)
    half = count // 2
    trainer(count, rates, Saves(half, tmp_path / "half.ckpt")).fit(whole, watched(), watched())
    assert rates.rates == pytest.approx(baseline_rates(losses, 2))

    resumed, rest = plateau(losses), Rates()
    trainer(count, rest).fit(resumed, watched(), watched(), ckpt_path=tmp_path / "half.ckpt", weights_only=True)
    assert rest.rates == rates.rates[half:]
    assert all(torch.equal(mine, other) for mine, other in zip(resumed.parameters(), whole.parameters(), strict=True))


def test_a_rate_without_patience_stays():
    rates = Rates()
    trainer(5, rates).fit(plateau((1, 2, 3, 4, 5), None), watched(), watched())
    assert rates.rates == [0.1] * 5
