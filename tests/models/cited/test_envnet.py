"""EnvNet-v2: its published size and shapes, ten pieces of a tested clip, the losses of mixtures."""

import pytest
import torch
from torch import nn

from models.cited.envnet import CROPS, LENGTH, EnvNetV2, EnvNetV2Module
from models.cited.waveforms import pieces


def clips(count=4):
    return torch.randint(-3000, 3000, (count, 1, 1, 90000), generator=torch.Generator().manual_seed(0)).float()


def test_size_and_shapes_are_those_of_the_code():
    """256 x 10 x 8 values behind the convolutions, 101.3 million parameters with 50 classes."""
    network, shapes = EnvNetV2(), []
    network.map.register_forward_hook(lambda layer, inputs, output: shapes.append((inputs[0].shape, output.shape)))
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, LENGTH)).shape == (1, 50)
    assert shapes == [((1, 1, 64, 260), (1, 256, 10, 8))]
    assert sum(one.numel() for one in network.parameters()) / 1e6 == pytest.approx(101.3, abs=0.05)
    assert all(one.bias is None for one in network.modules() if isinstance(one, nn.Conv2d))


def test_a_mixture_has_the_ratios_of_two_classes():
    module = EnvNetV2Module(3, width_divisor=16)
    torch.manual_seed(0)
    x, ratios = module.between(clips(), torch.eye(3)[[0, 1, 2, 0]])
    assert x.shape == (4, LENGTH) and x.isfinite().all()
    torch.testing.assert_close(ratios.sum(1), torch.ones(4))
    assert (ratios > 0).sum(1).tolist() == [2] * 4 and (ratios[0, 0] > 0) and (ratios[3, 0] > 0)


def test_the_loss_is_a_divergence_and_reaches_every_parameter():
    module = EnvNetV2Module(3, dropout=0.0, width_divisor=16)
    batch = clips(), torch.eye(3)[[0, 1, 2, 0]]
    torch.manual_seed(0)
    loss = module.training_step(batch, 0)
    torch.manual_seed(0)
    x, ratios = module.between(*batch)
    wanted = nn.functional.kl_div(module(x).log_softmax(1), ratios, reduction="batchmean")
    torch.testing.assert_close(loss, wanted, rtol=1e-4, atol=1e-5)
    loss.backward()
    assert all(one.grad is not None and one.grad.any() for one in module.parameters())


def test_tested_clips_are_judged_in_ten_pieces_at_even_distances():
    module = EnvNetV2Module(3, width_divisor=16).eval()
    x = clips(2)
    with torch.no_grad():
        found = module.predict_step(x[:, None], 0)
        stride = (90000 + LENGTH - LENGTH) // (CROPS - 1)
        third = module(pieces(x.flatten(1), torch.full((2,), 3 * stride), torch.ones(2), LENGTH))
    assert found.shape == (2, CROPS, 3)
    torch.testing.assert_close(found[:, 3], third)


def test_rates_are_those_of_the_code():
    module = EnvNetV2Module(width_divisor=16, learning_rate=0.1, drops=[600, 1200, 1800], warmup=10)
    optimizer = module.configure_optimizers()
    module._trainer = type("Trainer", (), {"optimizers": [optimizer], "current_epoch": 0})()
    rates = []
    for epoch in (0, 9, 10, 599, 600, 1999):
        module._trainer.current_epoch = epoch
        module.on_train_epoch_start()
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.0001])
    group = optimizer.param_groups[0]
    assert (group["momentum"], group["nesterov"], group["weight_decay"]) == (0.9, True, 5e-4)
