"""TagDataModule with Lightning's Trainer."""

from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from tests.datasets.batches.tagged_epochs import BANDS, MASKS, SCALED, hot, made

QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(folder):
    return partial(made, folder)


class Tiny(pl.LightningModule):
    """A logistic regression on mean and deviation of each band."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Linear(2 * BANDS, 3)
        self.seen, self.losses = [], []

    def forward(self, x):
        return self.net(torch.cat([x.mean(2), x.std(2)], dim=2).flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        self.seen.append((self.current_epoch, float(x.sum()), float(y.sum())))
        return nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.losses.append(float(nn.functional.binary_cross_entropy_with_logits(self(x), y)))

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return self(batch)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.03)


def fit(module, epochs, folder=None, resume=None):
    model = Tiny()
    checkpoints = {"enable_checkpointing": folder is not None, "default_root_dir": folder}
    trainer = pl.Trainer(max_epochs=epochs, num_sanity_val_steps=0, **checkpoints, **QUIET)
    trainer.fit(model, module, ckpt_path=resume, weights_only=True if resume else None)
    return model, trainer


def test_a_trainer_learns_sounds_and_predicts_each_test_set(make):
    module = make(mode="am", conditioner=SCALED)
    model, trainer = fit(module, 25)
    assert len(model.seen) == 25 * len(module.train_dataloader())
    assert model.losses[-1] < 0.4 * model.losses[0]
    logits = trainer.predict(model, datamodule=module)
    truth = np.array([hot(item) for item in module.test_sets["test"]])
    for of_set in logits:
        assert ((torch.cat(of_set) > 0).numpy() == truth).mean() > 0.9
    single = trainer.predict(model, datamodule=make())
    assert [one.shape for one in single] == [(8, 3)]


def test_a_resumed_training_sees_the_batches_of_an_uninterrupted_one(make, tmp_path):
    options = {"mode": "am", "mixup_alpha": 0.5, **MASKS}
    whole, _ = fit(make(**options), 3)
    first, trainer = fit(make(**options), 1, tmp_path)
    trainer.save_checkpoint(tmp_path / "stopped.ckpt")
    second, _ = fit(make(**options), 3, tmp_path, tmp_path / "stopped.ckpt")
    assert first.seen + second.seen == whole.seen
