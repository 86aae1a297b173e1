"""PyTorch's own layers are the oracle."""

import pytest
import torch
from torch import nn

from models.initial import draw, initialise

KINDS = {
    "conv1d": (nn.Conv1d, (6, 8, 3)),
    "conv2d": (nn.Conv2d, (6, 8, 3)),
    "dense": (nn.Linear, (50, 40)),
    "gru": (nn.GRU, (7, 30)),
    "lstm": (nn.LSTM, (7, 30)),
}


@pytest.mark.parametrize(("kind", "sizes"), KINDS.values(), ids=KINDS)
def test_initial_weights_are_pytorchs_own(kind, sizes):
    torch.manual_seed(3)
    expected = kind(*sizes)
    layer = kind(*sizes)
    initialise(layer, torch.Generator().manual_seed(3))
    for mine, other in zip(layer.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(mine, other)


def test_one_generator_goes_through_all_layers():
    torch.manual_seed(3)
    expected = [kind(*sizes) for kind, sizes in KINDS.values()]
    inner = nn.Sequential(*(kind(*sizes) for kind, sizes in KINDS.values()))
    initialise(nn.Sequential(inner), torch.Generator().manual_seed(3))
    for mine, other in zip(inner.parameters(), nn.ModuleList(expected).parameters(), strict=True):
        torch.testing.assert_close(mine, other)


def test_what_is_drawn_is_a_layer_and_not_what_it_holds():
    layers, generator = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)), torch.Generator().manual_seed(3)
    before = [one.clone() for one in layers.parameters()]
    for layer in (layers, layers[1]):
        draw(layer, generator)
    assert all(torch.equal(one, other) for one, other in zip(layers.parameters(), before, strict=True))
    assert torch.equal(generator.get_state(), torch.Generator().manual_seed(3).get_state())
