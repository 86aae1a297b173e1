"""`nn.Sequential` itself is the oracle."""

import copy

import pytest
import torch
from torch import nn

from models import kernels

pytest.importorskip("numba")

CONV, NORM, RELU = nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(True)
#: Layers behind a convolution, and whether ours do any of it.
ROWS = {
    "pool last": ([NORM, RELU, nn.MaxPool2d((1, 4))], True),
    "pool first": ([NORM, nn.MaxPool2d(2), RELU, nn.Dropout(0.0)], True),
    "pool of lists": ([NORM, RELU, nn.MaxPool2d([1, 4])], True),
    "no pool": ([NORM, RELU], True),
    "twice": ([NORM, RELU, nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6), RELU, nn.MaxPool2d(2)], True),
    "overlapping pool": ([NORM, RELU, nn.MaxPool2d(3, 2)], True),
    "padded pool first": ([NORM, nn.MaxPool2d(2, padding=1), RELU], False),
    "norm alone": ([NORM], False),
    "another activation": ([NORM, nn.ELU(), nn.MaxPool2d(2)], False),
}


@pytest.mark.parametrize("name", ROWS)
def test_it_does_what_plain_layers_do(name):
    layers, ours = ROWS[name]
    plain = nn.Sequential(copy.deepcopy(CONV), *copy.deepcopy(layers)).to(memory_format=torch.channels_last)
    fused = kernels.Sequential(*copy.deepcopy(plain))
    fused.load_state_dict(plain.state_dict())
    x = torch.randn(3, 2, 8, 12)
    kernels.begin()
    made, expected = fused(x), plain(x)
    assert kernels.used() == ("fused" if ours else "native")
    torch.testing.assert_close(made, expected)
    torch.testing.assert_close(fused.state_dict(), plain.state_dict())
    torch.testing.assert_close(fused.eval()(x), plain.eval()(x))


@pytest.mark.parametrize(("dtype", "used"), [(torch.float32, "native"), (torch.bfloat16, "fused")])
def test_half_of_it_leaves_float32_to_the_library(dtype, used):
    layers = kernels.HalfSequential(copy.deepcopy(NORM), RELU, nn.MaxPool2d(2))
    x = torch.randn(2, 6, 4, 4).to(dtype).contiguous(memory_format=torch.channels_last)
    kernels.begin()
    layers(x)
    assert kernels.used() == used


class Squared(nn.ReLU):
    """An activation of somebody's own."""

    def forward(self, x):
        return super().forward(x).square()


def test_a_layer_that_only_begins_like_ours_is_called():
    layers = [copy.deepcopy(NORM), Squared(), nn.MaxPool2d(2)]
    x = torch.randn(3, 6, 8, 8).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(kernels.Sequential(*layers)(x), nn.Sequential(*copy.deepcopy(layers))(x))


LISTENERS = {
    "forward": lambda layer, note: layer.register_forward_hook(lambda one, given, made: note(made)),
    "before": lambda layer, note: layer.register_forward_pre_hook(lambda one, given: note(given[0])),
    "backward": lambda layer, note: layer.register_full_backward_hook(lambda one, of_given, of_made: note(of_made[0])),
    "before backward": lambda layer, note: layer.register_full_backward_pre_hook(lambda one, of_made: note(of_made[0])),
}


@pytest.mark.parametrize("is_trained", [True, False])
@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("order", [(NORM, nn.ReLU(), nn.MaxPool2d(2)), (NORM, nn.MaxPool2d(2), nn.ReLU())])
def test_whoever_listens_to_a_layer_hears_what_it_does(order, at, listener, is_trained):
    heard = []
    for kind in (nn.Sequential, kernels.Sequential):
        layers, told = kind(*copy.deepcopy(order)).train(is_trained), []
        LISTENERS[listener](layers[at], lambda one, told=told: told.append(one.detach().clone()))
        draw = torch.Generator().manual_seed(3)
        x = torch.randn(3, 6, 8, 8, generator=draw).contiguous(memory_format=torch.channels_last).requires_grad_()
        layers(x).square().sum().backward()
        heard.append([*told, x.grad])
    assert len(heard[0]) == 2
    torch.testing.assert_close(heard[1], heard[0], rtol=1e-4, atol=1e-5)


def test_whoever_listens_to_all_layers_hears_each():
    heard = []
    handle = nn.modules.module.register_module_forward_hook(lambda layer, given, made: heard.append(type(layer)))
    try:
        kernels.Sequential(copy.deepcopy(NORM), nn.ReLU(), nn.MaxPool2d(2))(torch.randn(2, 6, 4, 4))
    finally:
        handle.remove()
    assert heard == [nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, kernels.Sequential]
