"""ACRNN: shapes with every switch, what attention does, what decides the initial weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.acrnn import PAIRS, UNPADDED, ACRNNModule, ConvolutionalRNN
from tests.models import attention_task

#: Frames at the insertion points (section 3.3) and steps of the GRU: the pools of section 3.2, default padding.
FRAMES = {"l2": 120, "l4": 40, "l6": 40, "l8": 13, "l10": 6}
CNN_LAYERS = ("l2", "l4", "l6", "l8")


def tiny(**switches):
    return ConvolutionalRNN(width_divisor=16, **switches)


def segments(count=2, shape=(2, 128, 128)):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("padding", UNPADDED)
@pytest.mark.parametrize("readout", ["last", "mean"])
@pytest.mark.parametrize("directions", ["concat", "sum"])
def test_logits_with_every_switch_of_the_network(padding, readout, directions):
    network = tiny(num_classes=7, padding=padding, readout=readout, directions=directions)
    logits = network(segments())
    assert logits.shape == (2, 7)
    F.cross_entropy(logits, torch.tensor([1, 2])).backward()
    moved = {name for name, weight in network.named_parameters() if weight.grad is not None and weight.grad.any()}
    still = {name for name, _ in network.named_parameters()} - moved
    # a bias before batch norm has no say; the second biases of the GRUs are Keras's missing ones
    assert {
        name for name in still if "bias_hh" not in name and not name.endswith(("conv1.bias", "conv2.bias"))
    } == set()


@pytest.mark.parametrize("scaling", ["softmax", "sigmoid"])
@pytest.mark.parametrize("layer", FRAMES)
def test_attention_weights(layer, scaling):
    network = tiny(attention=layer, scaling=scaling, seed=1)
    logits, weights = network.classify(segments())
    assert weights.shape == (2, FRAMES[layer])
    assert ((weights > 0) & (weights < 1)).all()
    if scaling == "softmax" or layer == "l10":
        torch.testing.assert_close(weights.sum(-1), torch.ones(2))
    else:
        assert abs(weights.sum(-1) - 1).min() > 1
    logits.sum().backward()
    gates = [weight for name, weight in network.named_parameters() if "attention" in name and "weight" in name]
    assert len(gates) == 1
    assert gates[0].grad.any()


@pytest.mark.parametrize("layer", CNN_LAYERS)
def test_attention_multiplies_every_frame_behind_the_relu_and_before_the_pool(layer):
    network = tiny(attention=layer, scaling="softmax").eval()
    pair = network.pairs[CNN_LAYERS.index(layer)]
    maps = segments(2, (pair.conv1.in_channels, 16, 20))
    before_pool = pair.norm2(pair.conv2(pair.norm1(pair.conv1(maps)).relu())).relu()
    weights = pair.attention.conv(before_pool).mean(2).squeeze(1).softmax(-1)
    pooled, found = pair(maps)
    torch.testing.assert_close(found, weights)
    for frame in range(before_pool.shape[-1]):
        before_pool[..., frame] *= weights[:, None, None, frame]
    torch.testing.assert_close(pooled, pair.pool(before_pool))


def test_attention_at_l10_is_equations_3_and_4():
    network = tiny(attention="l10").eval()
    states = segments(3, (6, 32))
    vector, weights = network.read_out(states)
    scores = (states * network.attention.weight[0]).sum(-1).exp()
    torch.testing.assert_close(weights, scores / scores.sum(1, keepdim=True))
    torch.testing.assert_close(vector, (weights[..., None] * states).sum(1))


def test_read_outs_without_attention():
    states = segments(3, (6, 32))
    forward, backward = states[..., :16], states[..., 16:]
    last, mean = tiny().eval(), tiny(readout="mean", directions="sum").eval()
    torch.testing.assert_close(last.read_out(states)[0], torch.cat([forward[:, 5], backward[:, 0]], -1))
    torch.testing.assert_close(mean.read_out(states)[0], (forward + backward).mean(1))
    summed = tiny(directions="sum").eval()
    torch.testing.assert_close(summed.read_out(states)[0], forward[:, 5] + backward[:, 0])


def test_the_network_is_its_layers_in_plain_memory_order():
    """The fast forms (channels last, ReLU behind the pool) against the paper's order of layers."""
    network = tiny().eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):  # some channels upside down, as training may turn them
            nn.init.uniform_(layer.weight, -1, 1)
            nn.init.uniform_(layer.bias, -1, 1)
    assert all(pair.conv2.weight.is_contiguous(memory_format=torch.channels_last) for pair in network.pairs)
    x = maps = segments()
    for pair in network.pairs:
        for conv, norm in ((pair.conv1, pair.norm1), (pair.conv2, pair.norm2)):
            maps = F.conv2d(maps, conv.weight.contiguous(), conv.bias, padding=conv.padding)
            scale = norm.weight / (norm.running_var + 1e-3).sqrt()
            maps = ((maps - norm.running_mean[:, None, None]) * scale[:, None, None] + norm.bias[:, None, None]).relu()
        maps = F.max_pool2d(maps, pair.pools)
    assert maps.shape[2:] == (3, 6)
    steps = torch.stack([maps[..., step].transpose(1, 2).flatten(1) for step in range(6)], 1)
    states = network.rnns[1](network.rnns[0](steps)[0])[0]
    expected = network.output(torch.cat([states[:, -1, :16], states[:, 0, 16:]], -1))
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-6)


def test_layers_are_those_of_the_paper():
    network = ConvolutionalRNN(padding="same")
    shapes = [tuple(conv.weight.shape) for pair in network.pairs for conv in (pair.conv1, pair.conv2)]
    assert shapes == [
        (32, 2, 3, 5), (32, 32, 3, 5), (64, 32, 3, 1), (64, 64, 3, 1),
        (128, 64, 1, 5), (128, 128, 1, 5), (256, 128, 3, 3), (256, 256, 3, 3),
    ]  # fmt: skip
    assert [pool for _, _, pool in PAIRS] == [(4, 3), (4, 1), (1, 3), (2, 2)]
    assert [rnn.hidden_size for rnn in network.rnns] == [256, 256]
    assert network.dropout.p == 0.5


def test_dropout_follows_each_gru_layer():
    network = tiny(dropout=0.0)
    calls = []
    network.dropout.register_forward_hook(lambda layer, inputs, output: calls.append(tuple(inputs[0].shape)))
    network(segments())
    assert calls == [(2, 6, 32), (2, 32)]


def test_the_seed_alone_decides_the_initial_weights():
    torch.manual_seed(1)
    first = tiny(seed=3).state_dict()
    torch.manual_seed(2)
    again, other = tiny(seed=3).state_dict(), tiny(seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["pairs.0.conv1.weight"], other["pairs.0.conv1.weight"])


def test_segments_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 24, 128\) is too small for padding 'valid'"):
        tiny(input_shape=(2, 24, 128), padding="valid")


def test_the_module_gives_attention_weights_for_figures():
    module = ACRNNModule(attention="l2", scaling="sigmoid", width_divisor=16)
    x = segments()
    weights = module.attention(x)
    assert weights.shape == (2, FRAMES["l2"])
    assert not weights.requires_grad
    assert module.training  # as before
    torch.testing.assert_close(module.attention(x), weights)  # and no statistics were gathered
    with pytest.raises(ValueError, match="has no attention"):
        ACRNNModule(width_divisor=16).attention(x)


@pytest.mark.parametrize("layer", FRAMES)
def test_without_attention_the_two_classes_of_the_task_sum_to_the_same(layer):
    """Why the networks of attention_task fail without attention; with it the sums differ."""

    def gap(attention):
        network = attention_task.part(layer, attention, "sigmoid", seed=0).double().eval()
        x, classes = attention_task.clips(8, network.channels, torch.Generator().manual_seed(0))
        logits = network(x.double())
        return (logits[classes == 0].sum(0) - logits[classes == 1].sum(0)).abs().max().item()

    assert gap("none") < 1e-9
    assert gap(layer) > 1e-4


@pytest.mark.parametrize(("layer", "scaling"), [("l2", "sigmoid"), ("l10", "softmax")])
def test_attention_solves_its_task(layer, scaling):
    with_attention, without = attention_task.accuracy(layer, scaling, seed=0)
    assert with_attention > 0.9
    assert without <= 0.75
