"""The re-implemented networks of DCASE 2017 Task 2: sizes from their layers, what each sees, and their losses."""

import pytest
import torch
from torch.nn import functional as F

from models.cited.rare_events import (
    CRNN1D,
    AttentiveCRNN,
    AttentiveCRNNModule,
    CRNN1DModule,
    MultiScaleRNN,
    MultiScaleRNNModule,
)

NETWORKS = (CRNN1D, MultiScaleRNN, AttentiveCRNN)
MODULES = (CRNN1DModule, MultiScaleRNNModule, AttentiveCRNNModule)


def frames(count=2, length=21, bands=64):
    return torch.randn(count, 1, length, bands, generator=torch.Generator().manual_seed(0))


def lstm(inputs, cells):
    return 4 * cells * (inputs + cells + 2)


def gru(inputs, cells):
    return 2 * 3 * cells * (inputs + cells + 2)


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        (CRNN1D, 128 * 32 + 2 * 128 + 2 * lstm(128, 128) + 129 * 128 + 129),
        (MultiScaleRNN, gru(128, 64) * 3 + 384 + 385),
        (AttentiveCRNN, 128 * 129 + 9 * 64 + 2 * 9 * 64 * 64 + 3 * 128 + gru(128, 64) + 2 * 129),
    ],
)
def test_sizes_are_the_sums_of_their_layers(network, wanted):
    assert sum(one.numel() for one in network().parameters()) == wanted


@pytest.mark.parametrize("network", NETWORKS)
def test_a_logit_per_frame_of_any_length_and_the_seed_decides(network):
    made = [network(64, width_divisor=8, seed=seed).eval() for seed in (1, 1, 2)]
    with torch.no_grad():
        first, again, other = (one(frames()) for one in made)
        assert first.shape == (2, 21) and torch.equal(first, again) and not torch.equal(first, other)
        assert made[0](frames(1, 8)).shape == (1, 8)


@pytest.mark.parametrize("module", MODULES)
def test_training_reaches_every_parameter(module):
    made = module(64, width_divisor=8)
    targets = torch.zeros(2, 21)
    targets[0, 5:9] = 1
    made.training_step((frames(), targets), 0).backward()
    assert [name for name, one in made.named_parameters() if one.grad is None or not one.grad.any()] == []


def test_the_1d_crnn_hears_the_past_alone_and_patterns_wherever_they_lie_along_frequency():
    network = CRNN1D(width_divisor=8).eval()
    x = frames(1, bands=128)
    later = x.clone()
    later[:, :, 12:] = 0
    with torch.no_grad():
        assert torch.equal(network(x)[:, :12], network(later)[:, :12])
        pattern = torch.zeros(1, 1, 5, 128)
        pattern[..., 50:60] = 1.0
        torch.testing.assert_close(network(pattern), network(pattern.roll(7, 3)))


def test_scales_are_halves_of_the_one_before():
    network, lengths = MultiScaleRNN(64, width_divisor=8).eval(), []
    for rnn in network.rnns:
        rnn.register_forward_hook(lambda layer, inputs, output: lengths.append(inputs[0].shape[1]))
    with torch.no_grad():
        states = network.states(frames())
    assert lengths == [21, 11, 6]
    assert torch.equal(states[:, 0, 16:], states[:, 1, 16:]) and torch.equal(states[:, 0, 32:], states[:, 3, 32:])
    assert not torch.equal(states[:, 1, 16:32], states[:, 2, 16:32])


def test_frames_count_only_where_there_is_an_event():
    module = MultiScaleRNNModule(64, dropout=0.0, width_divisor=8)
    targets = torch.zeros(2, 21)
    targets[0, 5:9] = 1
    logits, whole = module.network.judged(frames())
    wanted = 0.5 * F.binary_cross_entropy_with_logits(whole, torch.tensor([1.0, 0.0]))
    wanted = wanted + 0.5 * F.binary_cross_entropy_with_logits(logits[0], targets[0])
    torch.testing.assert_close(module.training_step((frames(), targets), 0), wanted)
    none = module.training_step((frames(), torch.zeros(2, 21)), 0)
    torch.testing.assert_close(none, 0.5 * F.binary_cross_entropy_with_logits(whole, torch.zeros(2)))


@pytest.mark.parametrize("scaling", ["sigmoid", "softmax"])
def test_weights_on_bands_belong_to_each_frame(scaling):
    network = AttentiveCRNN(64, scaling, width_divisor=8).eval()
    with torch.no_grad():
        weights = network.band_weights(frames())
    assert weights.shape == (2, 1, 21, 64) and (weights > 0).all()
    if scaling == "softmax":
        torch.testing.assert_close(weights.mean(3), torch.ones(2, 1, 21))
    else:
        assert (weights < 1).all()


def test_too_few_bands_are_refused():
    with pytest.raises(ValueError, match="n_mels 20 is too small"):
        CRNN1D(20)
    with pytest.raises(ValueError, match="n_mels 40 is too small"):
        AttentiveCRNN(40)
