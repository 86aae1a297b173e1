"""AlexNet: its published size, the file's first weights, crops in training alone."""

import pytest
import torch
from torch import nn

from models.cited.alexnet import AlexNet, AlexNetModule


def test_size_is_caffes():
    """60,965,224 parameters with 1000 classes and three channels: what bvlc_alexnet has."""
    assert sum(one.numel() for one in AlexNet(1000, channels=3).parameters()) == 60_965_224


def test_shapes_are_those_of_the_paper():
    """Krizhevsky et al. (2012): 55 x 55 x 96 and, behind the last pool, 6 x 6 x 256 values."""
    network, shapes = AlexNet(10).eval(), []
    for layer in network.features:
        layer.register_forward_hook(lambda layer, inputs, output: shapes.append(tuple(output.shape[1:])))
    with torch.no_grad():
        assert network(torch.zeros(1, 1, 256, 256)).shape == (1, 10)
    assert shapes[0] == (96, 55, 55) and shapes[-1] == (256, 6, 6)


def test_first_weights_are_the_files():
    network = AlexNet(10)
    layers = [*(one for one in network.features if isinstance(one, nn.Conv2d)), network.hidden1, network.hidden2]
    assert [one.bias.unique().item() for one in layers] == pytest.approx([0, 0.1, 0, 0.1, 0.1, 0.1, 0.1])
    deviations = [one.weight.std().item() for one in layers]
    assert deviations == pytest.approx([0.01] * 5 + [0.005] * 2, rel=0.02)
    assert not network.output.bias.any() and network.output.weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_the_seed_alone_decides_the_first_weights():
    first, again, other = (AlexNet(width_divisor=16, seed=seed).hidden1.weight for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_training_reaches_every_parameter_and_prediction_draws_nothing():
    module = AlexNetModule(3, width_divisor=16)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.1)
    x, y = torch.randn(2, 1, 256, 256), torch.eye(3)[:2]
    module.training_step((x, y), 0).backward()
    assert all(parameter.grad.any() for parameter in module.parameters())
    module.eval()
    assert torch.equal(module(x), module(x))


def test_training_is_that_of_the_cited_work():
    weights, biases = AlexNetModule(width_divisor=16).configure_optimizers().param_groups
    assert (weights["lr"], weights["momentum"], weights["nesterov"], weights["weight_decay"]) == (
        0.01,
        0.9,
        False,
        1e-4,
    )
    assert (biases["lr"], biases["weight_decay"]) == (0.02, 0.0)
