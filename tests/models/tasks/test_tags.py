"""Clips with several labels each: their loss, their validation, and the AUC beside scikit-learn's."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader

import models
from models.tasks.ranking import macro_roc_auc, roc_auc
from models.tasks.tags import ClipTagging


class Given(nn.Module):
    """What a clip holds as its first frame are its logits; the weight is there to be trained."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.weight * x[:, 0, 0]


def tagged(count=50, classes=4, seed=0):
    """Inputs (count, 1, 2, classes) that tell something about targets (count, classes)."""
    draw = torch.Generator().manual_seed(seed)
    targets = (torch.rand(count, classes, generator=draw) < 0.3).float()
    x = torch.randn(count, 1, 2, classes, generator=draw) + targets[:, None, None]
    return x, targets


def validated(x, targets, batch_size=16):
    """What a trainer gets told by validation."""
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    pairs = DataLoader(list(zip(x, targets, strict=True)), batch_size=batch_size)
    return trainer.validate(ClipTagging(Given()), pairs, verbose=False)[0]


def test_the_loss_is_the_mean_binary_cross_entropy():
    x, targets = tagged(7)
    chances = x[:, 0, 0].sigmoid()
    expected = -(targets * chances.log() + (1 - targets) * (1 - chances).log()).mean()
    torch.testing.assert_close(ClipTagging(Given()).training_step((x, targets), 0), expected)


def test_soft_targets_have_a_loss_between():
    task, x = ClipTagging(Given()), tagged(7)[0]
    none, some, all_ = (task.training_step((x, torch.full((7, 4), share)), 0) for share in (0.0, 0.25, 1.0))
    torch.testing.assert_close(some, 0.75 * none + 0.25 * all_)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_predictions_are_logits(dtype):
    x = tagged(7)[0].to(dtype)
    logits = ClipTagging(Given()).predict_step(x, 0, dataloader_idx=1)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, x[:, 0, 0].float())


@pytest.mark.parametrize("batch_size", [1, 16, 50])
def test_validation_pools_the_epoch(batch_size):
    x, targets = tagged()
    told = validated(x, targets, batch_size)
    assert set(told) == {"val_loss", "val_auc"}
    assert told["val_auc"] == pytest.approx(roc_auc_score(targets, x[:, 0, 0], average="macro"), abs=1e-6)
    assert told["val_loss"] == pytest.approx(ClipTagging(Given()).training_step((x, targets), 0).item(), abs=1e-6)


def test_epochs_do_not_mix():
    task = ClipTagging(Given())
    task.log = lambda *_, **__: None
    task.validation_step(tagged(seed=1), 0)
    task.on_validation_epoch_start()
    logged = {}
    task.log = lambda name, value, **_: logged.update({name: value})
    x, targets = tagged()
    task.validation_step((x, targets), 0)
    task.on_validation_epoch_end()
    assert logged["val_auc"] == pytest.approx(roc_auc_score(targets, x[:, 0, 0]), abs=1e-6)


def test_only_classes_with_both_kinds_count():
    x, targets = tagged()
    targets[:, 0], targets[:, 2] = 0, 1
    expected = np.mean([roc_auc_score(targets[:, column], x[:, 0, 0, column]) for column in (1, 3)])
    assert validated(x, targets)["val_auc"] == pytest.approx(expected, abs=1e-6)


def test_no_class_with_both_kinds():
    x, targets = tagged()
    targets[:] = torch.tensor([0.0, 1, 0, 0])
    with pytest.raises(ValueError, match="no class has positives and negatives among the 50 validation clips"):
        validated(x, targets)


def test_scores_that_are_no_numbers():
    x, targets = tagged()
    x[3] = torch.nan
    with pytest.raises(ValueError, match="validation scores hold NaN: the training has diverged"):
        validated(x, targets)


@pytest.mark.parametrize("levels", [2, 5, 40, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_auc_is_that_of_scikit_learn_ties_included(levels, seed):
    draw = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (60,), generator=draw).float() / 3
    positive = torch.rand(60, generator=draw) < 0.2
    assert roc_auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_auc_where_nothing_is_told_apart():
    targets = torch.tensor([[0.0], [1.0], [1.0]])
    assert macro_roc_auc(torch.zeros(3, 1), targets) == 0.5
    assert macro_roc_auc(torch.tensor([[-1.0], [torch.inf], [2.0]]), targets) == 1
    assert macro_roc_auc(torch.tensor([[9.0], [1.0], [2.0]]), targets) == 0


def test_training_needs_no_metric_package():
    """Nothing that training runs through imports more than torch, Lightning and numpy, inside functions neither."""
    folder = Path(models.__file__).parent
    files = [
        folder / "keras.py",
        folder / "optimizers.py",
        *(folder / "tasks").glob("*.py"),
        *(folder / "edc").glob("*.py"),
    ]
    found = set()
    for node in ast.walk(ast.Module([ast.parse(file.read_text()) for file in files], [])):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    assert found - sys.stdlib_module_names <= {"torch", "pytorch_lightning", "numpy", "models"}
    assert "torch" in found
