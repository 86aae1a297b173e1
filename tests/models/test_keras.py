"""Keras's published rules, written out in NumPy, are the oracle."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from models import keras

GAUSSIAN = partial(nn.init.normal_, std=0.05)


def keras_sgd(weights, gradient, rates, momentum, l2):
    """Keras's SGD with Nesterov momentum: velocity = m velocity - rate g; w += m velocity - rate g."""
    velocity = np.zeros_like(weights)
    for rate in rates:
        slope = gradient(weights) + 2 * l2 * weights
        velocity = momentum * velocity - rate * slope
        weights = weights + momentum * velocity - rate * slope
    return weights


def torch_sgd(start, curvature, rates, l2, set_rate):
    """The weights of a quadratic bowl after one step of PyTorch's SGD at each of the rates."""
    layer = nn.Linear(4, 3, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(start))
    optimizer = torch.optim.SGD(keras.l2_groups(layer, l2), lr=rates[0], momentum=0.9, nesterov=True)
    for rate in rates:
        set_rate(optimizer, rate)
        optimizer.zero_grad()
        (0.5 * torch.from_numpy(curvature) * layer.weight**2).sum().backward()
        optimizer.step()
    return layer.weight.detach().numpy()


def set_rate_alone(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


def test_training_over_a_drop_equals_keras():
    draw = np.random.default_rng(0)
    curvature, start = draw.uniform(0.1, 2, (3, 4)), draw.normal(size=(3, 4))
    rates = [keras.dropped_rate(0.1, epoch, [2, 4]) for epoch in range(6) for _ in range(5)]
    expected = keras_sgd(start, lambda weights: curvature * weights, rates, 0.9, l2=0.03)
    ours = torch_sgd(start, curvature, rates, 0.03, keras.set_learning_rate)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    assert abs(torch_sgd(start, curvature, rates, 0.03, set_rate_alone) - expected).max() > 1e-3


def test_drops_are_at_the_start_of_their_epochs():
    rates = [keras.dropped_rate(0.01, epoch, [100, 200]) for epoch in (0, 99, 100, 199, 200, 299)]
    np.testing.assert_allclose(rates, [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])


def test_l2_is_on_kernels_alone():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(2, 3, 3), keras.BatchNorm2d(3)
            self.rnn, self.dense = keras.GRU(3, 4), nn.Linear(8, 2)

    network = Network()
    decayed, free = keras.l2_groups(network, 1e-4)
    assert decayed["weight_decay"] == pytest.approx(2e-4)  # the gradient of l2 x sum(w²)
    assert free["weight_decay"] == 0
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    assert {names[id(parameter)] for parameter in decayed["params"]} == {
        "conv.weight", "dense.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0",
        "rnn.weight_ih_l0_reverse", "rnn.weight_hh_l0_reverse",
    }  # fmt: skip
    assert {names[id(parameter)] for parameter in free["params"]} == {
        "conv.bias", "norm.weight", "norm.bias", "dense.bias", "rnn.bias_ih_l0", "rnn.bias_ih_l0_reverse",
    }  # fmt: skip


def test_batch_norm_averages_as_keras_does():
    norm = keras.BatchNorm2d(3)
    x = torch.randn(16, 3, 8, 9, generator=torch.Generator().manual_seed(0)) * 3 + 1
    y = norm(x)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    expected = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
    torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(norm.running_mean, 0.01 * mean)
    torch.testing.assert_close(norm.running_var, 0.99 + 0.01 * x.var((0, 2, 3)))


@pytest.fixture
def network():
    """A layer of each kind, with recurrent matrices of the paper's size, every value off its initial one."""
    layers = nn.ModuleList([nn.Conv2d(32, 64, 3), keras.BatchNorm2d(64), keras.GRU(128, 256), nn.Linear(512, 50)])
    for parameter in layers.parameters():
        nn.init.constant_(parameter, 7.0)
    return layers


def test_gaussian_initialisation(network):
    keras.initialise(network, torch.Generator().manual_seed(0), GAUSSIAN, GAUSSIAN)
    for name, parameter in network.named_parameters():
        if name == "1.weight":
            assert (parameter == 1).all()
        elif "bias" in name:
            assert (parameter == 0).all()
        else:
            assert abs(parameter.mean()) < 5 * 0.05 / parameter.numel() ** 0.5
            assert parameter.std().item() == pytest.approx(0.05, rel=0.02)
            assert parameter.abs().max() > 0.15  # not cut at two deviations


def test_orthogonal_recurrent_matrices(network):
    """Keras's recurrent kernel is cells x 3 cells with orthonormal rows; PyTorch keeps its transpose."""
    keras.initialise(network, torch.Generator().manual_seed(0), GAUSSIAN)
    matrices = [network[2].weight_hh_l0, network[2].weight_hh_l0_reverse]
    for matrix in matrices:
        assert matrix.shape == (768, 256)
        torch.testing.assert_close(matrix.T @ matrix, torch.eye(256), rtol=0, atol=1e-5)
    assert not torch.equal(*matrices)
    assert network[2].weight_ih_l0.std().item() == pytest.approx(0.05, rel=0.02)


def test_kernels_are_drawn_as_is_told(network):
    ones, twos = (lambda tensor, generator, value=value: nn.init.constant_(tensor, value) for value in (1.0, 2.0))
    keras.initialise(network, torch.Generator(), ones, twos)
    drawn = {name: parameter for name, parameter in network.named_parameters() if "bias" not in name}
    assert all((one == (2 if "weight_hh" in name else 1)).all() for name, one in drawn.items())


def test_the_second_bias_of_a_gru_never_moves(network):
    keras.initialise(network, torch.Generator().manual_seed(0), GAUSSIAN)
    rnn = network[2]
    rnn(torch.randn(2, 5, 128))[0].square().sum().backward()
    assert rnn.bias_ih_l0.grad.abs().sum() > 0
    assert rnn.bias_hh_l0.grad is None
    assert (rnn.bias_hh_l0 == 0).all()
