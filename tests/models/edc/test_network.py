"""The networks of the EDC paper: counts and costs, and other ways to compute the same."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.complexity import keras_parameters, macs
from models.edc import CornerstoneCRNN
from models.edc.network import ScaleWeighting, SelfAttention

ATTENTIONS = ("none", "self", "scales")
#: Three dense layers 64 -> 64 with biases; one, and a vector of 64.
EXTRA = {"none": 0, "self": 3 * (64 * 64 + 64), "scales": 64 * 64 + 64 + 64}
SMALL = {"num_classes": 3, "channels": 4, "units": 5}


def frames(count=2, length=30, bands=64, seed=0):
    return torch.randn(count, 1, length, bands, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("attention", "extra"), EXTRA.items())
def test_parameters(attention, extra):
    network = CornerstoneCRNN(attention=attention)
    assert sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad) == 126_090 + extra
    assert keras_parameters(network) == 126_090 + extra


@pytest.mark.parametrize(("length", "millions", "convolutions"), [(500, 412, 387), (200, 165, 155)])
def test_published_cost(length, millions, convolutions):
    network = CornerstoneCRNN()
    assert network.input_shape == (1, 500, 64)
    network.input_shape = (1, length, 64)
    assert round(macs(network) / 1e6) == millions
    rest = length * (2 * 3 * 64 * (64 + 64) + 128 * 10)
    assert round((macs(network) - rest) / 1e6) == convolutions


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_logits_and_gradients(attention):
    network = CornerstoneCRNN(**SMALL, attention=attention)
    logits = network(frames(3, 37))
    assert logits.shape == (3, 3)
    F.binary_cross_entropy_with_logits(logits, torch.tensor([[0.0, 1, 1]] * 3)).backward()
    # Batch norm takes a convolution's bias away again, and the attention's softmax that of the keys.
    without = {"blocks.0.0.bias", "blocks.1.0.bias", "blocks.2.0.bias", "attention.key.bias"}
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert name in without or parameter.grad.abs().max() > 1e-9, name


@pytest.mark.parametrize("training", [False, True])
def test_the_layers_stand_in_the_order_of_the_baseline(training):
    network = CornerstoneCRNN(**SMALL, dropout=0.0).train(training)
    for value in network.buffers():
        if value.is_floating_point():
            value.uniform_(0.5, 1.5)
    maps = x = frames()
    for block in network.blocks:
        conv, norm = block[0], block[1]
        mean, var = norm.running_mean.clone(), norm.running_var.clone()
        maps = F.conv2d(maps, conv.weight, conv.bias, padding=1)
        maps = F.batch_norm(maps, mean, var, norm.weight, norm.bias, training=training, eps=1e-3)
        maps = F.max_pool2d(F.relu(maps), (1, 4))
    assert maps.shape == (2, 4, 30, 1)
    states, _ = network.rnn(maps.squeeze(3).transpose(1, 2))
    logits = states @ network.output.weight.T + network.output.bias
    torch.testing.assert_close(network(x), logits.max(1).values)


def test_the_sigmoid_commutes_with_the_maximum():
    network = CornerstoneCRNN(**SMALL).eval()
    torch.testing.assert_close(network(frames()).sigmoid(), network.frame_logits(frames()).sigmoid().amax(1))


def test_shapes_of_the_blocks():
    network = CornerstoneCRNN(**SMALL, n_mels=128)
    maps = network.maps(frames(2, 9, 128))
    assert [tuple(one.shape) for one in maps] == [(2, 4, 9, 32), (2, 4, 9, 8), (2, 4, 9, 2)]
    assert network.vectors(frames(2, 9, 128)).shape == (2, 9, 8)
    assert network(frames(2, 9, 128)).shape == (2, 3)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_more_bands(attention):
    assert CornerstoneCRNN(**SMALL, n_mels=128, attention=attention)(frames(2, 9, 128)).shape == (2, 3)


@pytest.mark.parametrize("bands", [0, 32, 96])
def test_bands_that_cannot_be_merged(bands):
    with pytest.raises(ValueError, match=f"n_mels {bands} must be a multiple of 64"):
        CornerstoneCRNN(n_mels=bands)


def test_an_unknown_attention():
    with pytest.raises(ValueError, match="unknown attention 'hourglass'; known: none, self, scales"):
        CornerstoneCRNN(attention="hourglass")


def test_self_attention_is_one_head_of_multi_head_attention():
    torch.manual_seed(0)
    layer, other = SelfAttention(8), nn.MultiheadAttention(8, 1, batch_first=True)
    with torch.no_grad():
        parts = (layer.query, layer.key, layer.value)
        other.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        other.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        other.out_proj.weight.copy_(torch.eye(8))
        other.out_proj.bias.zero_()
    states = torch.randn(3, 11, 8)
    mixed, weights = other(states, states, states)
    torch.testing.assert_close(layer(states), mixed)
    torch.testing.assert_close(layer.weights(states), weights)


def test_self_attention_stands_between_convolutions_and_gru():
    network = CornerstoneCRNN(**SMALL, attention="self").eval()
    vectors = CornerstoneCRNN.vectors(network, frames())
    torch.testing.assert_close(network.attend(frames()), network.attention(vectors))
    nn.init.zeros_(network.attention.value.weight)
    assert not network.attend(frames()).any()  # no residual path around it


@torch.no_grad()
def test_feature_weighting_is_its_formula():
    torch.manual_seed(0)
    layer, scales = ScaleWeighting(8), list(torch.randn(3, 2, 11, 8))
    for clip in range(2):
        scores = [
            layer.score.weight[0] @ (layer.hidden.weight @ scale[clip].mean(0) + layer.hidden.bias).tanh()
            for scale in scales
        ]
        shares = [math.exp(score) / sum(math.exp(other) for other in scores) for score in scores]
        wanted = sum(share * scale[clip] for share, scale in zip(shares, scales, strict=True))
        torch.testing.assert_close(layer(scales)[clip], wanted)
    assert max(shares) - min(shares) > 0.01


def test_feature_weighting_gets_maxima_over_bands():
    network = CornerstoneCRNN(**SMALL, attention="scales").eval()
    seen = []
    network.weighting.register_forward_hook(lambda layer, inputs, output: seen.extend(inputs[0]))
    network(frames())
    maps = network.maps(frames())
    assert len(seen) == 3
    for found, one in zip(seen, maps, strict=True):
        torch.testing.assert_close(found, one.max(3).values.transpose(1, 2))


def test_where_dropout_is():
    network = CornerstoneCRNN(dropout=0.4, width_divisor=2)
    assert [block[-1].p for block in network.blocks] == [0.4, 0.4, 0.4]
    assert CornerstoneCRNN().dropout.p == 0.3
    given = []
    network.rnn.register_forward_hook(lambda layer, inputs, output: given.append(inputs[0]))
    for block in network.blocks:
        block[-1].eval()
    network(frames())
    dropped = given[0] == 0
    always = dropped.all(1).float().mean()  # the ReLU alone leaves hardly a channel silent in all frames
    assert 0.2 < always < 0.6
    network.eval()
    assert torch.equal(network(frames()), network(frames()))


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_seed_alone_decides_the_initial_weights(attention):
    torch.manual_seed(5)
    first, again, other = (
        dict(CornerstoneCRNN(**SMALL, attention=attention, seed=seed).named_parameters()) for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    drawn = [name for name in first if "bias" not in name and not name.endswith(".1.weight")]
    assert len(drawn) == 3 + 4 + 1 + {"none": 0, "self": 3, "scales": 2}[attention]
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


def test_initial_weights_are_those_of_keras():
    network = CornerstoneCRNN(attention="self")
    fans = {"blocks.0.0": (9, 576), "blocks.2.0": (576, 576), "attention.key": (64, 64), "output": (128, 10)}
    limits = {f"{name}.weight": math.sqrt(6 / sum(pair)) for name, pair in fans.items()}
    limits |= {f"rnn.weight_ih_l0{end}": math.sqrt(6 / (64 + 192)) for end in ("", "_reverse")}
    parameters = dict(network.named_parameters())
    for name, limit in limits.items():
        assert 0.97 * limit < parameters[name].abs().max() <= limit, name
    for end in ("", "_reverse"):
        recurrent = parameters[f"rnn.weight_hh_l0{end}"]  # (192, 64)
        torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(64), atol=1e-5, rtol=0)
    assert all(not value.any() for name, value in parameters.items() if "bias" in name)


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_moving_statistics_take_their_share_of_a_batch(share):
    network = CornerstoneCRNN(**SMALL, norm_momentum=share)
    convolved = network.blocks[0][0](frames())
    network(frames())
    wanted = share * convolved.mean((0, 2, 3))  # they begin at zero
    torch.testing.assert_close(network.blocks[0][1].running_mean, wanted)
    assert [block[1].momentum for block in CornerstoneCRNN().blocks] == [0.01] * 3  # Keras's default


def test_width_divisor_divides_channels_and_units():
    network = CornerstoneCRNN(width_divisor=8)
    assert (network.blocks[0][0].out_channels, network.rnn.hidden_size) == (8, 8)
