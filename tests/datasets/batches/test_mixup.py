import numpy as np
import pytest
import torch

from datasets.batches.mixup import mixup


def batch(size=64, classes=5):
    values = torch.arange(size, dtype=torch.float32)
    x = values[:, None, None, None].expand(size, 2, 4, 3).clone()
    return x, torch.nn.functional.one_hot(torch.arange(size) % classes, classes).float()


def test_mixup_mixes_pairs_and_labels_with_one_share_each():
    x, y = batch(size=64, classes=64)  # a class per segment: the mixed label tells partner and share
    mixed, labels = mixup(x, y, 0.5, torch.Generator().manual_seed(1))
    assert mixed.shape == x.shape
    assert labels.sum(1) == pytest.approx(np.ones(64), abs=1e-6)
    assert ((labels > 0).sum(1) <= 2).all()
    expected = labels @ torch.arange(64, dtype=torch.float32)
    assert mixed[:, 0, 0, 0].numpy() == pytest.approx(expected.numpy(), abs=1e-3)
    assert (mixed == mixed[:, :1, :1, :1]).all()
    own = labels.diagonal()
    assert len(own.unique()) > 50  # a share per pair, not one per batch


def test_mixup_shares_follow_the_beta_distribution():
    x, y = batch(size=4096, classes=4096)
    _, labels = mixup(x, y, 0.2, torch.Generator().manual_seed(2))
    own = labels.diagonal().numpy()
    # Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    assert own.mean() == pytest.approx(0.5, abs=0.03)
    assert own.var() == pytest.approx(1 / (4 * 1.4), abs=0.01)


def test_mixup_depends_on_the_generator_alone():
    x, y = batch()
    first, again, other = (mixup(x, y, 0.2, torch.Generator().manual_seed(seed))[0] for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
