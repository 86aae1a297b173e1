"""The training task that the clip classifiers share."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from models.tasks import ClipClassification


def module(learning_rate=0.1, drops=(1, 3)):
    torch.manual_seed(0)
    return ClipClassification(nn.Sequential(nn.Flatten(), nn.Linear(24, 3)), learning_rate, drops, 1e-3, 0.9)


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


def test_the_loss_is_the_cross_entropy_of_soft_targets():
    task = module()
    x, targets = next(iter(batches()))
    expected = -(targets * task(x).log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(task.training_step((x, targets), 0), expected)


def test_predictions_keep_clips_and_segments_apart():
    task = module()
    clips = torch.randn(5, 7, 2, 3, 4)
    logits = task.predict_step(clips, 0)
    assert logits.shape == (5, 7, 3)
    torch.testing.assert_close(logits[3, 2], task(clips[3, 2:3])[0])


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
