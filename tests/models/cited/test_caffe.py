"""Caffe's layers and training, against its documented formulas written out."""

import pytest
import torch
from torch import nn

from models.cited.caffe import DECAY, CaffeSGD, Norm, cropped, max_pool


def test_norm_is_caffes_formula():
    x = torch.randn(2, 7, 3, 3, generator=torch.Generator().manual_seed(0)) * 100
    wanted = torch.empty_like(x)
    for channel in range(7):
        around = x[:, max(0, channel - 2) : channel + 3]
        wanted[:, channel] = x[:, channel] / (1 + 1e-4 / 5 * around.square().sum(1)) ** 0.75
    torch.testing.assert_close(Norm()(x), wanted)


def test_incomplete_windows_of_pools_count():
    row = torch.arange(6.0).view(1, 1, 1, 6).expand(1, 1, 6, 6)
    assert max_pool()(row)[0, 0, 0].tolist() == [2, 4, 5]


def test_crops_are_the_middle_or_anywhere():
    images = torch.arange(16.0).view(1, 1, 4, 4).expand(200, 1, 4, 4)
    middle = cropped(images, 2, random=False)
    assert middle.shape == (200, 1, 2, 2) and middle[7, 0].tolist() == [[5, 6], [9, 10]]
    torch.manual_seed(0)
    drawn = cropped(images, 2, random=True)
    assert set(drawn[:, 0, 0, 0].tolist()) == {0, 1, 2, 4, 5, 6, 8, 9, 10}
    assert (drawn[:, 0, 1, 1] - drawn[:, 0, 0, 0] == 5).all()


class Module(CaffeSGD):
    def __init__(self):
        super().__init__(0.1, 0.5, 0.01)
        self.network = nn.Linear(1, 1)


def test_steps_are_caffes():
    """v = m v + rate x factor x (gradient + decay x w), w = w - v; with the epoch's own rate, and v goes on."""
    module = Module()
    nn.init.constant_(module.network.weight, 2.0)
    nn.init.constant_(module.network.bias, 3.0)
    optimizer = module.configure_optimizers()
    module._trainer = type("Trainer", (), {"optimizers": [optimizer], "current_epoch": 0})()
    weight, bias, fast, slow = 2.0, 3.0, 0.0, 0.0
    for epoch in range(3):
        module._trainer.current_epoch = epoch
        module.on_train_epoch_start()
        rate = 0.1 * DECAY**epoch
        for gradient in (1.0, -0.3):
            for parameter in module.network.parameters():
                parameter.grad = torch.full_like(parameter, gradient)
            optimizer.step()
            slow = 0.5 * slow + rate * (gradient + 0.01 * weight)
            fast = 0.5 * fast + 2 * rate * gradient
            weight, bias = weight - slow, bias - fast
    assert module.network.weight.item() == pytest.approx(weight, rel=1e-5)
    assert module.network.bias.item() == pytest.approx(bias, rel=1e-5)
