"""The library's own layers in float64 are the oracle; what float32 and bfloat16 can hold is the tolerance."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from models import keras, kernels
from models.kernels import choice

pytest.importorskip("numba")

#: Of a float64 value, relative to the largest: some roundings of float32, and one of bfloat16.
NEAR = {torch.float32: 3e-6, torch.bfloat16: 2.0**-8}


def layer(channels, seed=0, **arguments):
    norm = nn.BatchNorm2d(channels, **arguments)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        norm.weight.normal_(generator=draw)
        norm.bias.normal_(generator=draw)
    return norm


def maps_of(shape, dtype=torch.float32, seed=0, level=2.0):
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 1.5 + level
    return drawn.to(dtype).contiguous(memory_format=torch.channels_last)


def plain(norm, maps, pool=None, others=None):
    """As the papers say it: normalise, add, ReLU, pool."""
    active = F.relu(norm(maps) if others is None else norm(maps) + others)
    return active if pool is None else F.max_pool2d(active, pool)


def fused(norm, maps, pool=None, others=None):
    kernels.begin()
    found = kernels.norm_relu(norm, maps, pool) if others is None else kernels.norm_add_relu(norm, maps, others)
    assert kernels.used() == "fused"
    return found


def above_of(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(5)).bfloat16()


def learnt(way, norm, maps, pool=None, others=None):
    """What a step gives: maps, all gradients, the running statistics. Gradients from above are bfloat16 numbers."""
    norm = copy.deepcopy(norm)
    inputs = [one.detach().requires_grad_() for one in (maps, others) if one is not None]
    made = way(norm, inputs[0], pool, *inputs[1:])
    made.backward(above_of(made.shape).to(made.dtype))
    of_inputs = [one.grad for one in inputs]
    return [made.detach(), *of_inputs, norm.weight.grad, norm.bias.grad, norm.running_mean, norm.running_var]


def assert_near(found, exact, near):
    for one, other in zip(found, exact, strict=True):
        assert (one.double() - other).abs().max() <= near * (1e-3 + other.abs().max())


def check(norm, maps, pool=None, others=None):
    exactly = None if others is None else others.double()
    exact = learnt(plain, copy.deepcopy(norm).double(), maps.double(), pool, exactly)
    assert_near(learnt(fused, norm, maps, pool, others), exact, NEAR[maps.dtype])


def terms(norm, maps, pool, above):
    """In float64, the sums of the absolute terms of what `learnt` gives: what roundings are relative to.

    A number that normalisation brings next to zero may or may not pass ReLU: what then passes is told apart, as a
    second one of each. Both are in the order of `learnt`.
    """
    x, weight, bias = maps.double(), norm.weight.detach().double(), norm.bias.detach().double()
    weight, bias = weight[:, None, None], bias[:, None, None]
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = x.var((0, 2, 3), unbiased=False, keepdim=True)
    inverse = (variance + norm.eps).rsqrt()
    normed, size = (x - mean) * inverse, (x.abs() + mean.abs()) * inverse
    value, of_value = normed * weight + bias, size * weight.abs() + bias.abs()
    best, at = F.max_pool2d(value, pool or 1, return_indices=True)
    of_best = of_value.flatten(2).gather(2, at.flatten(2)).view(best.shape)
    is_close = best.abs() <= NEAR[torch.float32] * of_best
    sides = []
    for passes in ((best > 0) | is_close, is_close):
        passed = (above.double().abs() * passes).flatten(2)
        grad = torch.zeros_like(x).flatten(2).scatter(2, at.flatten(2), passed).view(x.shape)
        total, leaning = grad.sum((0, 2, 3), keepdim=True), (grad * size).sum((0, 2, 3), keepdim=True)
        count = x.numel() // x.shape[1]
        of_maps = weight.abs() * inverse * (grad + total / count + size * leaning / count)
        sides.append([of_maps, leaning.flatten(), total.flatten()])
    squares = (x.abs() + mean.abs()).square().mean((0, 2, 3))
    running = [x.abs().mean((0, 2, 3)), squares + 1]
    return [of_best, *sides[0], *running], [torch.zeros(()), *sides[1], torch.zeros(()), torch.zeros(())]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 5), st.integers(1, 40), st.integers(2, 17), st.integers(2, 17), st.integers(1, 5), st.integers(1, 4),
    st.sampled_from(list(NEAR)), st.booleans(), st.integers(0, 99),
)  # fmt: skip
def test_all_shapes_equal_the_library(items, channels, height, width, tall, wide, dtype, pools, seed):
    pool = (min(tall, height), min(wide, width)) if pools else None
    norm, maps = layer(channels, seed), maps_of((items, channels, height, width), dtype, seed)
    exact = learnt(plain, copy.deepcopy(norm).double(), maps.double(), pool)
    sizes, open_ones = terms(norm, maps, pool, above_of(exact[0].shape))
    # Maps are rounded to their own numbers; the gradients of weights, and statistics, are float32 of either.
    nears = [NEAR[dtype], NEAR[dtype], *[NEAR[torch.float32]] * 4]
    found = learnt(fused, norm, maps, pool)
    for one, other, size, either, near in zip(found, exact, sizes, open_ones, nears, strict=True):
        assert ((one.double() - other).abs() <= near * size + either).all()


@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("channels", [1, 31, 256])
def test_wide_maps_and_those_with_others_added(channels, dtype):
    maps = maps_of((3, channels, 9, 23), dtype)
    check(layer(channels), maps)
    check(layer(channels), maps, (2, 5))
    check(layer(channels), maps, None, maps_of(maps.shape, dtype, seed=1, level=0.0))


def test_means_far_from_zero_lose_nothing():
    """Plain float32 sums of squares would lose the deviation altogether."""
    maps = maps_of((2, 3, 40, 50), level=3000.0)
    exact = maps.double().var((0, 2, 3))
    norm = layer(3, momentum=1.0)
    fused(norm, maps)
    torch.testing.assert_close(norm.running_var.double(), exact, rtol=1e-6, atol=0)


def test_ties_go_to_the_first_of_a_window():
    maps = torch.tensor([[1.0, 7.0, 7.0, 0.0], [7.0, 2.0, 1.0, 3.0]]).expand(2, 1, 2, 4).contiguous()
    for pool in ((2, 2), (2, 4), (1, 4)):
        check(layer(1), maps, pool)


@pytest.mark.parametrize("pool", [None, (3, 2)])
@pytest.mark.parametrize("dtype", NEAR)
def test_the_same_bits_again_and_with_more_threads(pool, dtype):
    norm, maps = layer(32), maps_of((5, 32, 13, 11), dtype)
    first = learnt(fused, norm, maps, pool)
    threads = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            assert all(torch.equal(*pair) for pair in zip(first, learnt(fused, norm, maps, pool), strict=True))
    finally:
        torch.set_num_threads(threads)


def test_a_layer_that_is_used_twice():
    def twice(way):
        def both(norm, maps, pool):
            return way(norm, way(norm, maps, pool), pool)

        return both

    norm, maps = layer(6), maps_of((3, 6, 12, 13))
    exact = learnt(twice(plain), copy.deepcopy(norm).double(), maps.double(), (2, 2))
    assert_near(learnt(twice(fused), norm, maps, (2, 2)), exact, 1e-5)
    assert norm.num_batches_tracked == 0  # learnt works on a copy


def test_running_statistics_of_keras_and_of_a_cumulative_mean():
    for norm in (keras.BatchNorm2d(4), layer(4, momentum=None)):
        other = copy.deepcopy(norm)
        for seed in range(3):
            fused(norm, maps_of((2, 4, 6, 7), seed=seed))
            plain(other, maps_of((2, 4, 6, 7), seed=seed))
        assert norm.num_batches_tracked == other.num_batches_tracked == 3
        torch.testing.assert_close(norm.running_mean, other.running_mean)
        torch.testing.assert_close(norm.running_var, other.running_var)


def test_frozen_weights_and_maps_get_no_gradient():
    norm, maps = layer(4), maps_of((2, 4, 6, 7))
    norm.weight.requires_grad_(False)
    fused(norm, maps).sum().backward()
    assert norm.weight.grad is None and norm.bias.grad is not None and maps.grad is None
    fused(layer(4), maps).detach()
    norm.bias.requires_grad_(False)
    assert not fused(norm, maps).requires_grad


def test_not_a_number_is_not_hidden():
    maps = maps_of((2, 3, 6, 6))
    maps[0, 1, 2, 2] = torch.nan
    for pool in (None, (2, 2)):
        found = fused(layer(3), maps, pool)
        assert found[:, 1].isnan().all() and not found[:, [0, 2]].isnan().any()


def test_maps_changed_behind_its_back_are_noticed():
    norm, maps = layer(3), maps_of((2, 3, 6, 6)).requires_grad_()
    doubled = maps * 2
    made = fused(norm, doubled)
    doubled.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        made.sum().backward()


@pytest.mark.parametrize("pool", [None, (2, 3)])
def test_a_convolution_before_it_needs_no_bias(pool):
    torch.manual_seed(0)
    conv, norm, maps = nn.Conv2d(2, 8, 3).to(memory_format=torch.channels_last), layer(8), maps_of((3, 2, 9, 11))
    nn.init.normal_(conv.bias)
    alike = copy.deepcopy((conv, norm))
    kernels.begin()
    made = kernels.conv_norm_relu(conv, norm, maps, pool)
    assert kernels.used() == "fused"
    theirs = plain(alike[1], alike[0](maps), pool)
    torch.testing.assert_close(made, theirs)
    for one in (made, theirs):
        one.square().sum().backward()
    torch.testing.assert_close(conv.weight.grad, alike[0].weight.grad, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(norm.running_mean, alike[1].running_mean)
    assert conv.bias.grad is None
    assert alike[0].bias.grad.abs().max() < 1e-4 * alike[0].weight.grad.abs().max()  # rounding


def _layout(maps):
    return maps.contiguous(memory_format=torch.contiguous_format)


@pytest.mark.parametrize("case", ["eval", "no_grad", "float64", "layout", "chosen", "absent"])
def test_elsewhere_the_library_does_it(case, monkeypatch):
    norm, maps = layer(4), maps_of((2, 4, 6, 7))
    if case == "eval":
        norm.eval()
    if case == "float64":
        norm, maps = norm.double(), maps.double()
    if case == "layout":
        maps = _layout(maps)
    if case == "absent":
        monkeypatch.setattr(choice, "_has_compiler", lambda: False)
    expected = plain(copy.deepcopy(norm), maps, (2, 2))
    kernels.begin()
    with kernels.choose("native" if case == "chosen" else "fused"), torch.set_grad_enabled(case != "no_grad"):
        found = kernels.norm_relu(norm, maps, (2, 2))
    assert kernels.used() == "native"
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("is_trained", [True, False])
@pytest.mark.parametrize("others", [None, "beside them"])
def test_whoever_listens_to_a_normalisation_has_what_it_gives(is_trained, others):
    norm, maps = layer(5).train(is_trained), maps_of((3, 5, 6, 7))
    beside = None if others is None else maps_of((3, 5, 6, 7), seed=1)
    told, gradients = [], []
    norm.register_forward_hook(lambda *given: told.append(given[-1]))
    norm.register_full_backward_hook(lambda *given: gradients.append(given[-1]))
    inputs = maps.clone().requires_grad_()
    found = kernels.norm_relu(norm, inputs) if beside is None else kernels.norm_add_relu(norm, inputs, beside)
    found.sum().backward()
    alone = copy.deepcopy(norm).train(is_trained)
    alone._forward_hooks.clear()
    alone._backward_hooks.clear()
    torch.testing.assert_close(told[0], alone(maps))
    assert (told[0] < 0).any() and len(gradients) == 1


def test_maps_keep_their_type_where_the_bias_is_added_by_itself():
    conv, norm = nn.Conv2d(3, 5, 3), layer(5)
    with torch.autocast("cpu", torch.bfloat16):
        assert kernels.conv_norm_relu(conv, norm, torch.randn(2, 3, 8, 8)).dtype == torch.bfloat16


def test_a_single_number_per_channel_is_refused_as_ever():
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        kernels.norm_relu(layer(4), maps_of((1, 4, 1, 1)))
