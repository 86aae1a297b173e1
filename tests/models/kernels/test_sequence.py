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
