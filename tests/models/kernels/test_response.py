"""The library's layer in float64 is the oracle; what float32 and bfloat16 can hold is the tolerance."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import kernels
from models.cited.caffe import Norm

pytest.importorskip("numba")

#: Of a float64 value, relative to the largest: some roundings of float32, and one of bfloat16.
NEAR = {torch.float32: 1e-6, torch.bfloat16: 2.0**-8}


def maps_of(shape, dtype=torch.float32, seed=0, scale=30.0):
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale
    return drawn.to(dtype).contiguous(memory_format=torch.channels_last)


def learnt(layer, maps):
    """Maps of a layer and their gradient. Gradients from above are bfloat16 numbers."""
    given_maps = maps.detach().requires_grad_()
    made = layer(given_maps)
    above = torch.randn(made.shape, generator=torch.Generator().manual_seed(5)).bfloat16()
    made.backward(above.to(made.dtype))
    return made.detach(), given_maps.grad


def fused(layer, maps):
    kernels.begin()
    found = learnt(layer, maps)
    assert kernels.used() == "fused"
    return found


def native(layer, maps):
    kernels.begin()
    found = learnt(layer, maps)
    assert kernels.used() == "native"
    return found


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 5, 9]),
    st.floats(0, 3), st.floats(0.1, 3), st.sampled_from(list(NEAR)), st.integers(0, 99),
)  # fmt: skip
def test_all_shapes_equal_the_library(items, channels, height, width, size, alpha, least, dtype, seed):
    maps = maps_of((items, channels, height, width), dtype, seed, scale=2.0)
    exact = learnt(nn.LocalResponseNorm(size, alpha, 0.75, least), maps.double())
    for one, other in zip(fused(kernels.LocalResponseNorm(size, alpha, 0.75, least), maps), exact, strict=True):
        # A gradient is a difference, whose parts are as large as the gradient from above over least^beta.
        assert (one.double() - other).abs().max() <= NEAR[dtype] * 8 * (other.abs().max() + 4 * least**-0.75)


@pytest.mark.parametrize("dtype", NEAR)
def test_caffes_layer_on_maps_of_alexnet(dtype):
    maps = maps_of((3, 96, 13, 11), dtype)
    exact = learnt(nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0), maps.double())
    for one, other in zip(fused(Norm(), maps), exact, strict=True):
        assert one.dtype == dtype and one.is_contiguous(memory_format=torch.channels_last)
        assert (one.double() - other).abs().max() <= NEAR[dtype] * other.abs().max()


def test_numbers_by_hand():
    """Two channels of 3 and 4: each level is 1 + (9 + 16) / 5 with alpha 1, that is 6."""
    maps = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1).requires_grad_()
    made = kernels.LocalResponseNorm(5, 1.0, 0.75, 1.0)(maps)
    torch.testing.assert_close(made.flatten(), torch.tensor([3.0, 4.0]) / 6**0.75)
    made[0, 0, 0, 0].backward()
    of_own = 6**-0.75 - 3 * 0.75 * 6**-1.75 * 2 * 3 / 5
    of_other = -3 * 0.75 * 6**-1.75 * 2 * 4 / 5
    torch.testing.assert_close(maps.grad.flatten(), torch.tensor([of_own, of_other]))


def test_the_same_bits_again_and_with_more_threads():
    layer, maps = Norm(), maps_of((5, 32, 7, 11))
    first = fused(layer, maps)
    threads = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            assert all(torch.equal(*pair) for pair in zip(first, fused(layer, maps), strict=True))
    finally:
        torch.set_num_threads(threads)


def test_what_is_not_finite_stays_so():
    maps = maps_of((1, 8, 2, 2))
    with torch.no_grad():
        maps[0, 4, 0, 0] = torch.nan
    made, grad = fused(Norm(), maps)
    assert made[0, 2:7, 0, 0].isnan().all() and grad[0, :, 0, 0].isnan().any()
    assert made[0, :, 1, 1].isfinite().all() and made[0, [0, 1, 7], 0, 0].isfinite().all()


def test_the_librarys_layer_is_used_where_ours_is_not_for_it():
    maps = maps_of((2, 8, 5, 5))
    for layer in (kernels.LocalResponseNorm(5, 1e-4, 0.5), kernels.LocalResponseNorm(4), Norm().eval()):
        native(layer, maps)
    native(Norm(), maps.double())
    native(Norm(), maps.contiguous())
    with kernels.choose("native"):
        native(Norm(), maps)
    kernels.begin()
    with torch.no_grad():
        Norm()(maps)
    assert kernels.used() == "native"
