"""The library's layer in float64 is the oracle; its own float32 layer's error is the tolerance."""

import os
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import kernels
from models.kernels import linear
from tests import ROOT

#: Sums of so many products of unit numbers round to a millionth of the largest.
NEAR = 3e-6


@pytest.fixture(autouse=True)
def on_any_processor(monkeypatch):
    """oneDNN's products are tested wherever they can be made, and not only where they are the faster ones."""
    monkeypatch.setattr(linear, "is_faster", lambda: True)


def learnt(layer, rows, others=None):
    """Outputs of a layer, and the gradients of rows, weight and bias."""
    rows = rows.detach().requires_grad_()
    layer.zero_grad()
    made = layer(rows)
    above = torch.randn(made.shape, generator=torch.Generator().manual_seed(5)) if others is None else others
    made.backward(above.to(made.dtype))
    return [made.detach(), rows.grad, *(one.grad.clone() for one in layer.parameters())]


def layers(inputs, outputs, bias=True):
    """Ours, and the library's in float64, of the same weights."""
    ours = kernels.Linear(inputs, outputs, bias)
    exact = nn.Linear(inputs, outputs, bias, dtype=torch.float64)
    exact.load_state_dict(ours.state_dict())
    return ours, exact


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 70), st.integers(1, 300), st.integers(1, 300), st.booleans(), st.integers(0, 99))
def test_all_shapes_equal_the_library(items, inputs, outputs, bias, seed):
    torch.manual_seed(seed)
    ours, exact = layers(inputs, outputs, bias)
    rows = torch.randn(items, inputs)
    kernels.begin()
    found = learnt(ours, rows)
    assert kernels.used() == "fused"
    for one, other in zip(found, learnt(exact, rows.double()), strict=True):
        assert one.dtype == torch.float32
        assert (one.double() - other).abs().max() <= NEAR * max(1.0, float(other.abs().max()))


def test_numbers_by_hand():
    layer = kernels.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[2.0, -3.0]]))
        layer.bias.fill_(0.5)
    rows = torch.tensor([[1.0, 4.0], [5.0, 1.0]])
    made, of_rows, of_weight, of_bias = learnt(layer, rows, torch.tensor([[1.0], [10.0]]))
    assert made.tolist() == [[-9.5], [7.5]] and of_rows.tolist() == [[2.0, -3.0], [20.0, -30.0]]
    assert of_weight.tolist() == [[51.0, 14.0]] and of_bias.tolist() == [11.0]


def test_laid_otherwise_they_give_the_same():
    """Rows that are a transposed view, and a gradient that one number fills, as that of a sum."""
    ours, exact = layers(30, 20)
    rows = torch.randn(30, 8).t()
    for one, other in zip(
        learnt(ours, rows, torch.ones(1).expand(8, 20)), learnt(exact, rows.double(), torch.ones(8, 20)), strict=True
    ):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5)


def test_the_same_bits_again():
    ours, _ = layers(500, 300)
    rows = torch.randn(64, 500)
    assert all(torch.equal(*pair) for pair in zip(learnt(ours, rows), learnt(ours, rows), strict=True))


def test_gradients_that_nobody_asks_for_are_not_computed(monkeypatch):
    ours, _ = layers(4, 3)
    ours.requires_grad_(False)
    rows, products = torch.randn(2, 4, requires_grad=True), []
    monkeypatch.setattr(linear, "_product", lambda *given: products.append(given) or given[0] @ given[1].t())
    ours(rows).sum().backward()
    assert len(products) == 2 and rows.grad is not None and ours.weight.grad is None


@pytest.mark.parametrize(
    ("why", "rows"),
    [
        ("not in training", torch.randn(2, 4)), ("float64", torch.randn(2, 4).double()),
        ("frames of rows", torch.randn(2, 3, 4)), ("no rows", torch.randn(0, 4)), ("autocast", torch.randn(2, 4)),
        ("native", torch.randn(2, 4)), ("no gradients", torch.randn(2, 4)), ("slower", torch.randn(2, 4)),
    ],
)  # fmt: skip
def test_the_librarys_layer_is_used_where_ours_is_not_for_it(why, rows, monkeypatch):
    layer = kernels.Linear(4, 3, dtype=rows.dtype).train(why != "not in training")
    monkeypatch.setattr(linear, "is_faster", lambda: why != "slower")
    kernels.begin()
    with (
        kernels.choose("native" if why == "native" else "fused"),
        torch.autocast("cpu", torch.bfloat16, enabled=why == "autocast"), torch.set_grad_enabled(why != "no gradients"),
    ):  # fmt: skip
        assert layer(rows).shape == (*rows.shape[:-1], 3)
    assert kernels.used() == "native"


RULE = {
    "AMD with AVX-512": ({"avx512_f": True, "cpu_name": "AMD EPYC 9B45"}, True),
    "AMD without": ({"avx512_f": False, "cpu_name": "AMD EPYC"}, False),
    "Intel": ({"avx512_f": True, "cpu_name": "Intel(R) Xeon(R) Platinum"}, False),
    "one that tells nothing": ({}, False),
    "one that does not tell its name": ({"avx512_f": True}, False),
}


@pytest.mark.parametrize("processor", RULE)
def test_which_processors_are_faster_with_it(processor, monkeypatch):
    able, expected = RULE[processor]
    monkeypatch.undo()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    linear.is_faster.cache_clear()
    try:
        assert linear.is_faster() is expected
        monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: False)
        linear.is_faster.cache_clear()
        assert not linear.is_faster()
    finally:
        linear.is_faster.cache_clear()


def test_piczaks_hidden_layers_are_of_it():
    from models.piczak import PiczakCNN

    network = PiczakCNN(width_divisor=20)
    assert all(type(layer) is kernels.Linear for layer in (network.hidden1, network.hidden2, network.output))


@pytest.mark.skipif(not linear.is_faster(), reason="a processor on which MKL is as fast")
def test_it_is_faster_where_the_rule_says_so():
    """Of one thread, in a process of its own: the libraries' products of PiczakCNN's hidden layers."""
    code = (
        "import time, torch\n"
        "from models.kernels.linear import _product\n"
        "rows, weight = torch.randn(500, 2500), torch.randn(2500, 2500)\n"
        "def least(made):\n"
        "    times = []\n"
        "    for _ in range(5):\n"
        "        began = time.process_time(); made(); times.append(time.process_time() - began)\n"
        "    return min(times)\n"
        "print(least(lambda: rows @ weight.t()) / least(lambda: _product(rows, weight)))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert float(told.stdout) > 1.2, "the rule names a processor on which MKL is as fast"
