"""The training tasks that networks of one kind share."""

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from models.tasks.clips import ClipClassification
from models.tasks.frames import FrameDetection
from models.tasks.onset_errors import OnsetErrors


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


class Given(nn.Module):
    """What a batch holds as input are its logits; the weight is there to be trained."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.weight * x[:, 0, :, 0]


def frames(count, seed=0):
    """Inputs (count, 1, 200, 1), which are logits, and targets (count, 200) with an event each, often found."""
    draw = np.random.default_rng(seed)
    targets, logits = np.zeros((count, 200)), np.full((count, 200), -2.0)
    for clip in range(count):
        begin, guess = draw.integers(0, 140, 2)
        targets[clip, begin : begin + 50] = 1
        for at in (begin, guess)[: draw.integers(0, 3)]:
            logits[clip, at : at + 50] = 2
    return [torch.tensor(values, dtype=torch.float32) for values in (logits[:, None, :, None], targets)]


def test_the_loss_is_the_mean_binary_cross_entropy_over_frames():
    x, targets = frames(3)
    chances = x[:, 0, :, 0].sigmoid()
    expected = -(targets * chances.log() + (1 - targets) * (1 - chances).log()).mean()
    torch.testing.assert_close(FrameDetection(Given(), 0.1).training_step((x, targets), 0), expected)


def test_frame_predictions_are_logits_of_one_class():
    x, _ = frames(3)
    assert torch.equal(FrameDetection(Given(), 0.1).predict_step(x, 0), x[:, 0])


def test_frames_are_learnt_with_adam():
    optimizer = FrameDetection(Given(), 0.003).configure_optimizers()
    assert isinstance(optimizer, torch.optim.Adam)
    assert (optimizer.defaults["lr"], optimizer.defaults["betas"], optimizer.defaults["weight_decay"]) == (
        0.003, (0.9, 0.999), 0,
    )  # fmt: skip


@pytest.mark.parametrize("validates_events", [False, True])
def test_validation_is_of_the_epoch_and_not_a_mean_of_batches(validates_events):
    """Over batches of four, four and two clips; the sanity check before training leaves no count behind."""
    x, targets = frames(10, seed=1)
    loader = DataLoader(list(zip(x, targets, strict=True)), batch_size=4)
    task = FrameDetection(Given(), 0.0, validates_events)
    running = pl.Trainer(
        accelerator="cpu", max_epochs=2, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=1,
    )  # fmt: skip
    running.fit(task, loader, loader)
    found = {name: value.item() for name, value in running.callback_metrics.items()}
    logits = x[:, 0, :, 0]
    assert found.pop("val_loss") == pytest.approx(task.training_step((x, targets), 0).item(), rel=1e-5)
    assert found.pop("val_accuracy") == pytest.approx(((logits > 0) == (targets > 0.5)).float().mean().item())
    if validates_events:
        errors, batches = OnsetErrors(), []
        for part in (slice(0, 4), slice(4, 8), slice(8, 10)):
            alone = OnsetErrors()
            for one in (errors, alone):
                one.add((logits[part] > 0).numpy(), (targets[part] > 0.5).numpy())
            batches.append(alone.error_rate)
        rate = found.pop("val_error_rate")
        assert rate == pytest.approx(errors.error_rate)
        assert abs(rate - np.mean(batches)) > 0.01
    assert not found
