"""Caffe's layers and training, against its documented formulas written out."""

import pytest
import pytorch_lightning as pl
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


@pytest.mark.parametrize("steps", [6, 2000])
def test_steps_are_caffes(steps):
    """v = m v + rate x factor x (gradient + decay x w), w = w - v; DIGITS's rate is 0.95 of itself each hundredth."""
    module = Module()
    nn.init.constant_(module.network.weight, 2.0)
    nn.init.constant_(module.network.bias, 3.0)
    trainer = module._trainer = type("Trainer", (), {"estimated_stepping_batches": steps, "global_step": 0})()
    optimizer = module.configure_optimizers()
    trainer.optimizers = [optimizer]
    weight, bias, fast, slow = 2.0, 3.0, 0.0, 0.0
    for step in range(6):
        trainer.global_step = step
        module.on_train_batch_start(None, step)
        rate = 0.1 * DECAY ** (step / (steps / 100))
        gradient = (1.0, -0.3)[step % 2]
        for parameter in module.network.parameters():
            parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()
        slow = 0.5 * slow + rate * (gradient + 0.01 * weight)
        fast = 0.5 * fast + 2 * rate * gradient
        weight, bias = weight - slow, bias - fast
    assert module.network.weight.item() == pytest.approx(weight, rel=1e-5)
    assert module.network.bias.item() == pytest.approx(bias, rel=1e-5)


def test_the_rate_ends_where_digits_lets_it_end(tmp_path):
    """In a training by Lightning: 0.95^100 of the first rate behind the last step."""
    rates = []

    class Noted(Module):
        def training_step(self, batch, batch_idx):
            rates.append([group["lr"] for group in self.trainer.optimizers[0].param_groups])
            return self.network(batch).mean()

    loader = torch.utils.data.DataLoader(torch.ones(40, 1), batch_size=4)
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = pl.Trainer(max_epochs=3, accelerator="cpu", devices=1, default_root_dir=tmp_path, **quiet)
    trainer.fit(Noted(), loader)
    weights, biases = zip(*rates, strict=True)
    assert weights == pytest.approx([0.1 * DECAY ** (step / 0.3) for step in range(30)])
    assert biases == pytest.approx([2 * rate for rate in weights])
    assert weights[-1] * DECAY ** (1 / 0.3) == pytest.approx(0.1 * 0.00592, rel=1e-3)
