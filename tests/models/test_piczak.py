"""PiczakCNN: sizes that the published descriptions give, its pools, its initial weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.piczak import FRAMES, MaxPool, PiczakCNN, PiczakModule

#: Values behind the pools, 80 filters x positions; those of t2 give the parameters in table 2 of the ACRNN paper.
VALUES = {"short": 80 * 3, "long": 80 * 10, "t2": 80 * 4 * 4}


def segments(frames, count=2):
    return torch.randn(count, 2, 60, frames, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("variant", FRAMES)
def test_sizes(variant):
    network = PiczakCNN(variant=variant)
    assert network.hidden1.in_features == VALUES[variant]
    assert (network.conv1.weight.shape, network.conv2.weight.shape) == ((80, 2, 57, 6), (80, 80, 1, 3))
    assert (network.hidden1.out_features, network.hidden2.out_features) == (5000, 5000)


def test_pools_that_round_up_have_320_values():
    """In the author's library every value is in at least one window: 36 -> 12, 10 -> 4."""
    assert PiczakCNN(partial_pools=True).hidden1.in_features == 80 * 4


@pytest.mark.parametrize("variant", FRAMES)
@pytest.mark.parametrize("partial_pools", [False, True])
def test_logits_and_gradients(variant, partial_pools):
    network = PiczakCNN(7, variant, dropout=0.0, partial_pools=partial_pools, width_divisor=20)
    logits = network(segments(FRAMES[variant]))
    assert logits.shape == (2, 7)
    F.cross_entropy(logits, torch.tensor([1, 2])).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_the_network_is_its_layers_in_the_published_order():
    network = PiczakCNN(width_divisor=20).eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    x = segments(41)
    maps = F.max_pool2d(network.conv1(x).relu(), (4, 3), stride=(1, 3))
    maps = F.max_pool2d(network.conv2(maps).relu(), (1, 3), stride=(1, 3))
    hidden = network.hidden2(network.hidden1(maps.flatten(1)).relu()).relu()
    torch.testing.assert_close(network(x), network.output(hidden))


def test_dropout_is_at_three_inputs():
    """Of the second convolution, the second hidden layer and the output; the others keep all of theirs."""
    network = PiczakCNN(width_divisor=20)
    shapes = []
    network.dropout.register_forward_hook(lambda layer, inputs, output: shapes.append(tuple(inputs[0].shape)))
    network(segments(41))
    assert shapes == [(2, 4, 1, 12), (2, 250), (2, 250)]
    assert network.dropout.p == 0.5


def test_same_pools_as_keras_makes_them():
    """Four rows under a window of four that moves by one: one row of nothing above, two below."""
    maps = torch.tensor([[1.0], [2.0], [3.0], [4.0]])[None, None]
    assert MaxPool((4, 1), "same")(maps).flatten().tolist() == [3, 4, 4, 4]
    row = torch.tensor([[-5.0, -4.0, -3.0, -2.0]])[None, None]
    assert MaxPool((1, 3), "same")(row).flatten().tolist() == [-4, -2]
    assert MaxPool((1, 3), "none")(row).flatten().tolist() == [-3]
    assert MaxPool((1, 3), "partial")(row).flatten().tolist() == [-3, -2]


def test_initial_weights_are_those_of_the_published_code():
    network = PiczakCNN()
    assert 0.00099 < network.conv1.weight.abs().max() <= 0.001
    assert 0.099 < network.conv2.weight.abs().max() <= 0.1
    assert (network.conv1.bias == 0.1).all()
    for layer in (network.hidden1, network.hidden2, network.output):
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
        assert (layer.bias == 0).all()
    assert not (network.conv2.bias != 0).any()


def test_the_seed_alone_decides_the_initial_weights():
    first, again, other = (PiczakCNN(width_divisor=20, seed=seed).conv1.weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_training_is_that_of_the_published_code():
    module = PiczakModule(width_divisor=20)
    group = module.configure_optimizers().param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"]) == (0.002, 0.9, True)
    assert group["weight_decay"] == pytest.approx(2 * 0.001)  # 0.001 x sum(w²) has twice that in its gradient
    assert module.drops == ()
