"""The oracle: table 2 of the ACRNN paper, and counts worked out by hand from the layers of its section 3.2."""

import pytest
import torch
from torch import nn

from models.acrnn import UNPADDED, ACRNNModule, ConvolutionalRNN
from models.complexity import keras_parameters, macs, profiler_proxy
from models.piczak import PiczakCNN, PiczakModule

SIX = ("l12", "l34", "l14", "l12+56", "l34+56", "l16")
PARAMETERS = {
    **{(padding, "concat"): (3_807_882, 3_828_402) for padding in SIX},
    ("same", "concat"): (4_201_098, 4_221_618),
    ("same", "sum"): (3_805_322, 3_815_602),
    ("valid", "concat"): (3_021_450, 3_041_970),
}


@pytest.mark.parametrize(("variant", "counts"), PARAMETERS.items(), ids=lambda value: "-".join(map(str, value)))
def test_parameters_of_acrnn(variant, counts):
    padding, directions = variant
    networks = [ConvolutionalRNN(classes, padding=padding, directions=directions) for classes in (10, 50)]
    assert tuple(map(keras_parameters, networks)) == counts


def test_every_padding_is_counted():
    assert {padding for padding, _ in PARAMETERS} == set(UNPADDED)


@pytest.mark.parametrize(("layer", "extra"), {"l2": 289, "l4": 577, "l6": 1153, "l8": 2305, "l10": 512}.items())
def test_parameters_of_attention(layer, extra):
    assert keras_parameters(ConvolutionalRNN(attention=layer)) == 3_807_882 + extra


@pytest.mark.parametrize(
    ("variant", "classes", "count"),
    [("short", 10, 26.33), ("short", 50, 26.53), ("long", 10, 29.13), ("long", 50, 29.33), ("t2", 50, 31.73)],
)
def test_parameters_of_piczak(variant, classes, count):
    assert round(keras_parameters(PiczakCNN(classes, variant)) / 1e6, 2) == count


def test_table_2_is_met_with_ten_classes():
    piczak = PiczakModule(10, "t2")
    assert keras_parameters(piczak) == 31_534_090
    assert profiler_proxy(piczak) == 63_269_600
    assert profiler_proxy(ACRNNModule(10)) == 9_172_864
    assert profiler_proxy(ACRNNModule(10, attention="l10")) == 9_175_424


def test_summed_directions_do_not_meet_the_proxy():
    """Published are 9.17 and 9.18: the reading that table 2 excludes."""
    networks = [ConvolutionalRNN(padding="same", directions="sum", attention=layer) for layer in ("none", "l10")]
    assert [round(profiler_proxy(network) / 1e6, 3) for network in networks] == [9.168, 9.169]


def test_macs_of_published_networks():
    assert round(macs(PiczakCNN(50, "short")) / 1e6, 1) == 34.5
    assert round(macs(PiczakCNN(10, "t2")) / 1e6, 1) == 40.1
    assert round(macs(PiczakCNN(50, "long")) / 1e6, 1) == 50.8
    plain = macs(ACRNNModule(10))
    assert round(plain / 1e6, 1) == 397.8
    assert macs(ACRNNModule(10, attention="l10")) - plain == 6 * 512
    assert round(macs(ConvolutionalRNN(padding="same")) / 1e6, 1) == 454.6
    assert sorted(round(macs(ConvolutionalRNN(padding=padding)) / 1e6) for padding in SIX)[:: len(SIX) - 1] == [
        355,
        432,
    ]


def test_macs_of_single_layers():
    class Layer(nn.Module):
        def __init__(self, layer, shape):
            super().__init__()
            self.layer, self.input_shape = layer, shape

        def forward(self, x):
            return self.layer(x)

    assert macs(Layer(nn.Conv2d(3, 8, (2, 5), stride=2), (3, 10, 15))) == 8 * 3 * 2 * 5 * 5 * 6
    assert macs(Layer(nn.Linear(7, 5), (4, 7))) == 4 * 7 * 5
    assert macs(Layer(nn.GRU(6, 4, batch_first=True), (9, 6))) == 9 * 3 * 4 * (6 + 4)


def test_macs_leave_the_network_as_it_was():
    network = ConvolutionalRNN(width_divisor=8).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shorter = macs(network)
    network.input_shape = (2, 128, 192)
    assert macs(network) > shorter
    assert network.training
    assert not any(layer._forward_hooks for layer in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
