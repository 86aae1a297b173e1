"""The official baseline of Task 4b: its published number of weights, and another way through the same layers."""

import inspect

import pytest
import torch
from torch.nn import functional as F

from models.baselines.maestro import BaselineCRNN, BaselineCRNNModule, FrameEncoder
from models.complexity import macs


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_weights_are_the_published_number():
    assert weights(BaselineCRNN()) == 380_113


def test_cost_of_a_sequence_by_hand():
    bands = {64: 9, 12: 9 * 128, 6: 9 * 128}  # products per filter and band of each convolution
    convolutions = sum(128 * size * products for size, products in bands.items())
    gru, dense = 2 * 3 * 32 * (384 + 32), 64 * 32 + 32 * 17
    assert macs(BaselineCRNN()) == 200 * (convolutions + gru + dense) == 562_080_000


def test_layers_follow_on_each_other_as_in_the_code():
    network = BaselineCRNN(width_divisor=8).eval()
    found = noise(2, 1, 30, 64)
    for number, pool in enumerate((5, 2, 2)):
        conv, norm = network.encoder.convolutions[5 * number], network.encoder.convolutions[5 * number + 1]
        found = F.max_pool2d(torch.relu(norm(conv(found))), (1, pool))
    states, _ = network.encoder.rnn(found.permute(0, 2, 1, 3).reshape(2, 30, -1))
    expected = network.output(network.encoder.dense(states))
    assert torch.allclose(network(noise(2, 1, 30, 64)).activity, expected, atol=1e-6)
    assert expected.shape == (2, 30, 17)


def test_features_see_three_frames_to_either_side():
    encoder = FrameEncoder(64, 0.0, 8).eval()
    x = noise(1, 1, 30, 64)
    changed = x.clone()
    changed[:, :, 15] += 1
    moved = (encoder.features(x) != encoder.features(changed)).any(2)[0].nonzero().flatten()
    assert moved.tolist() == list(range(12, 19))


def test_a_recording_is_predicted_in_one_pass():
    module = BaselineCRNNModule(width_divisor=8).eval()
    found = module.predict_step((noise(1, 37, 64), None, None), 0)
    assert found.shape == (1, 37, 17) and torch.equal(found, module(noise(1, 37, 64)[None]))


def test_initial_weights_depend_on_the_seed_alone():
    torch.manual_seed(1)
    first = BaselineCRNN(seed=3, width_divisor=8)
    torch.manual_seed(2)
    other = BaselineCRNN(seed=3, width_divisor=8)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert not torch.equal(first.output.weight, BaselineCRNN(seed=4, width_divisor=8).output.weight)


def test_too_few_bands_are_one_line():
    with pytest.raises(ValueError, match=r"n_mels 19 is too small.*20 is the least"):
        BaselineCRNN(19)


def test_the_module_takes_the_networks_arguments_with_their_defaults():
    network, module = (inspect.signature(one).parameters for one in (BaselineCRNN, BaselineCRNNModule))
    own = {"learning_rate", "patience"}
    assert {name: one.default for name, one in module.items() if name not in own} == {
        name: one.default for name, one in network.items()
    }
