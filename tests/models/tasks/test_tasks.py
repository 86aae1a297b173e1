"""The training tasks that networks of one kind share."""

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from models.tasks.clips import ClipClassification
from models.tasks.frames import FrameDetection
from models.tasks.onset_errors import OnsetErrors, OnsetRule

#: Events as the MTFA paper reads them off frames.
RULE = OnsetRule(hop=0.02, collar=0.5, median_frames=27)


def module():
    torch.manual_seed(0)
    return ClipClassification(nn.Sequential(nn.Flatten(), nn.Linear(24, 3)))


def batches():
    draw = torch.Generator().manual_seed(1)
    items = [(torch.randn(2, 3, 4, generator=draw), torch.rand(3, generator=draw).softmax(0)) for _ in range(12)]
    return DataLoader(items, batch_size=4)


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


def test_validation_of_clips_sums_the_log_posteriors_of_their_segments():
    torch.manual_seed(3)
    task, x, labels = module(), torch.randn(10, 7, 2, 3, 4), torch.arange(10) % 3
    running = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    pairs = DataLoader(list(zip(x, nn.functional.one_hot(labels, 3).float(), strict=True)), batch_size=4)
    found = running.validate(task, pairs, verbose=False)[0]
    shares = task(x.flatten(0, 1)).unflatten(0, (10, 7)).softmax(-1)
    right = [int(clip.prod(0).argmax()) == label for clip, label in zip(shares, labels.tolist(), strict=True)]
    assert found["val_accuracy"] == pytest.approx(np.mean(right)) and 0 < sum(right) < 10
    wanted = torch.stack([clip[:, label] for clip, label in zip(shares, labels.tolist(), strict=True)])
    assert found["val_loss"] == pytest.approx(-wanted.log().mean().item(), rel=1e-5)


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
    torch.testing.assert_close(FrameDetection(Given()).training_step((x, targets), 0), expected)


def test_frame_predictions_are_logits_of_one_class():
    x, _ = frames(3)
    assert torch.equal(FrameDetection(Given()).predict_step(x, 0), x[:, 0])


class Frozen(FrameDetection):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.0)


@pytest.mark.parametrize("validates_events", [False, True])
def test_validation_is_of_the_epoch_and_not_a_mean_of_batches(validates_events):
    """Over batches of four, four and two clips; the sanity check before training leaves no count behind."""
    x, targets = frames(10, seed=1)
    loader = DataLoader(list(zip(x, targets, strict=True)), batch_size=4)
    task = Frozen(Given(), RULE if validates_events else None)
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
        errors, batches = OnsetErrors(RULE), []
        for part in (slice(0, 4), slice(4, 8), slice(8, 10)):
            alone = OnsetErrors(RULE)
            for one in (errors, alone):
                one.add((logits[part] > 0).numpy(), (targets[part] > 0.5).numpy())
            batches.append(alone.error_rate)
        rate = found.pop("val_error_rate")
        assert rate == pytest.approx(errors.error_rate)
        assert abs(rate - np.mean(batches)) > 0.01
    assert not found


def test_events_are_read_off_the_frames_at_the_threshold_of_their_rule():
    """Two events, one with logits of 2 and one with 0.5, whose probability of 0.62 is below the rule's 0.7."""
    logits, targets = torch.full((2, 200), -2.0), torch.zeros(2, 200)
    targets[:, 50:100] = 1
    logits[0, 50:100], logits[1, 50:100] = 2.0, 0.5
    running = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    loader = DataLoader(list(zip(logits[:, None, :, None], targets, strict=True)), batch_size=2)
    rates = []
    for threshold in (0.7, 0.6):
        task = Frozen(Given(), OnsetRule(threshold=threshold, hop=0.02, collar=0.5, median_frames=27))
        found = running.validate(task, loader, verbose=False)[0]
        rates.append(found["val_error_rate"])
        assert found["val_accuracy"] == 1.0  # which has a threshold of its own
    assert rates == [0.5, 0.0]
