"""The module that trains the EDC paper's networks, and what figures ask of it."""

import inspect

import numpy as np
import pytest
import torch

from models.edc import CornerstoneCRNN, EDCModule
from models.tasks.tags import ClipTagging

SMALL = {"num_classes": 3, "channels": 4, "units": 5}


def clips(count=18, length=60):
    return torch.randn(count, 1, length, 64, generator=torch.Generator().manual_seed(0))


def test_the_module_takes_every_argument_of_the_network():
    network, module = (inspect.signature(one).parameters for one in (CornerstoneCRNN, EDCModule))
    assert {name: module[name].default for name in network} == {name: one.default for name, one in network.items()}
    assert set(module) - set(network) == {"learning_rate"}


def test_arguments_reach_the_network():
    given = {**SMALL, "n_mels": 128, "attention": "self", "dropout": 0.1, "seed": 7, "width_divisor": 1}
    module = EDCModule(**given, learning_rate=0.01)
    assert isinstance(module, ClipTagging)
    assert (module.learning_rate, module.network.dropout.p) == (0.01, 0.1)
    wanted = CornerstoneCRNN(**given).state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in module.network.state_dict().items())


@pytest.mark.parametrize("attention", ["none", "self", "scales"])
def test_what_figures_show(attention):
    module, x = EDCModule(**SMALL, attention=attention), clips()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    shown = {name: getattr(module, name)(x) for name in ("input_map", "frame_probability", "frame_states")}
    assert {name: tuple(one.shape) for name, one in shown.items()} == {
        "input_map": (1, 60, 64), "frame_probability": (1, 60, 3), "frame_states": (18, 3, 10),
    }  # fmt: skip
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(np.isfinite(one.half().numpy()).all() for one in shown.values())
    module.eval()
    assert torch.equal(shown["input_map"][0], x[0, 0])
    torch.testing.assert_close(shown["frame_probability"].amax(1), module(x[:1]).sigmoid())
    torch.testing.assert_close(shown["frame_states"], module.network.states(x)[:, [0, 25, 50]])


def test_what_figures_show_of_self_attention():
    module, x = EDCModule(**SMALL, attention="self"), clips(2)
    bottleneck, attended = module.bottleneck(x), module.attended_input(x)
    assert (bottleneck.shape, attended.shape) == ((1, 60, 4), (1, 60, 64))
    module.eval()
    torch.testing.assert_close(bottleneck, module.network.attend(x[:1]))
    weights = module.network.attention.weights(module.network.vectors(x[:1]))[0]
    torch.testing.assert_close(weights.sum(1), torch.ones(60))
    torch.testing.assert_close(attended[0, 7], (weights[7, :, None] * x[0, 0]).sum(0))
    assert not bottleneck.requires_grad and not attended.requires_grad


@pytest.mark.parametrize("attention", ["none", "scales"])
def test_self_attention_that_is_not_there(attention):
    module = EDCModule(**SMALL, attention=attention).train()
    for name in ("bottleneck", "attended_input"):
        with pytest.raises(ValueError, match="no self-attention; give EDCModule attention='self'"):
            getattr(module, name)(clips(1))
    assert module.training
