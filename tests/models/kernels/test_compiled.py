"""The library's layers one by one, in float64, are the oracle of what it compiles of them."""

import copy
import threading
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models import kernels
from models.kernels import choice, compiled

#: Traces functions and their gradients as the real one does, and makes no program of them, which takes a second each.
TRACED = "aot_eager"


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """What is compiled is of this test alone, and made the quick way unless it says otherwise."""
    monkeypatch.setattr(compiled, "BACKEND", TRACED)
    compiled._compiled.cache_clear()
    yield
    compiled._compiled.cache_clear()
    torch.compiler.reset()


def layer(channels=5):
    norm = nn.BatchNorm2d(channels).double()
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        norm.weight.normal_(generator=draw)
        norm.bias.normal_(generator=draw)
    return norm


def maps_of(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def learnt(norm, way, *inputs):
    """What a step of a copy gives: maps, all gradients, the running statistics, and how often they have moved."""
    norm, inputs = copy.deepcopy(norm), [one.clone().requires_grad_() for one in inputs]
    kernels.begin()
    made = way(norm, *inputs)
    made.square().sum().backward()
    grads = [one.grad for one in (*inputs, norm.weight, norm.bias)]
    return [made.detach(), *grads, norm.running_mean, norm.running_var, norm.num_batches_tracked]


def both(norm, piece, plain, *inputs):
    """A step by a compiled piece and by the layers that the papers name."""
    with kernels.choose("compiled"):
        found = learnt(norm, piece, *inputs)
    assert kernels.used() == "compiled"
    expected = learnt(norm, plain, *inputs)
    assert kernels.used() == "native"
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def pooled(pool):
    return lambda norm, maps: F.relu(norm(maps)) if pool is None else F.max_pool2d(F.relu(norm(maps)), pool)


@pytest.mark.parametrize("pool", [None, (2, 3)])
def test_a_piece_equals_its_layers_for_batches_of_all_sizes(pool):
    for items in (4, 3, 1):
        maps = maps_of(items, 5, 6, 9, seed=items)
        both(layer(), lambda norm, x: kernels.norm_relu(norm, x, pool), pooled(pool), maps)


def test_a_convolution_before_it_and_maps_beside_it():
    maps, others, conv = maps_of(3, 5, 6, 7), maps_of(3, 5, 6, 7, seed=2), nn.Conv2d(5, 5, 3).double()
    both(layer(), kernels.norm_add_relu, lambda norm, x, y: F.relu(norm(x) + y), maps, others)
    both(
        layer(), lambda norm, x: kernels.conv_norm_relu(conv, norm, x, (2, 2)),
        lambda norm, x: F.max_pool2d(F.relu(norm(conv(x))), (2, 2)), maps,
    )  # fmt: skip


def test_layers_in_a_row():
    row = kernels.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.MaxPool2d(2), nn.ReLU())
    alike = copy.deepcopy(nn.Sequential(*row))
    x = maps_of(3, 2, 8, 8).float()
    with kernels.choose("compiled"):
        kernels.begin()
        found = row(x)
        assert kernels.used() == "compiled"
    torch.testing.assert_close(found, alike(x))
    torch.testing.assert_close(row[1].running_var, alike[1].running_var)


def test_local_response_normalisation():
    norm, maps = kernels.LocalResponseNorm(5, 2.0, 0.6, 1.5), maps_of(2, 7, 4, 5)
    given = [maps.clone().requires_grad_() for _ in range(2)]
    with kernels.choose("compiled"):
        kernels.begin()
        found = norm(given[0])
        assert kernels.used() == "compiled"
    expected = F.local_response_norm(given[1], 5, 2.0, 0.6, 1.5)
    torch.testing.assert_close(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(given[0].grad, given[1].grad)


@pytest.mark.parametrize("case", ["evaluation", "no gradients", "somebody listens", "a mean over all batches"])
def test_what_is_not_trained_as_usual_is_left_to_the_layers(case):
    norm, maps = layer(), maps_of(3, 5, 6, 7)
    norm.train(case != "evaluation")
    if case == "somebody listens":
        norm.register_forward_hook(lambda *_: None)
    if case == "a mean over all batches":
        norm.momentum = None
    with kernels.choose("compiled"), torch.set_grad_enabled(case != "no gradients"):
        kernels.begin()
        found = kernels.norm_relu(copy.deepcopy(norm), maps)
        assert kernels.used() == "native"
    torch.testing.assert_close(found, F.relu(norm(maps)))


def test_what_cannot_be_compiled_is_computed_as_it_is_written_and_told_once(monkeypatch):
    def refuses(*_):
        raise RuntimeError("no such accelerator")

    monkeypatch.setattr(compiled, "BACKEND", refuses)
    norm, maps = layer(), maps_of(3, 5, 6, 7)
    expected = learnt(norm, pooled((2, 2)), maps)
    with warnings.catch_warnings(record=True) as said, kernels.choose("compiled"):
        warnings.simplefilter("always")
        for _ in range(2):
            found = learnt(norm, lambda norm, x: kernels.norm_relu(norm, x, (2, 2)), maps)
            for one, other in zip(found, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
        assert kernels.used() == "native" and not choice.may_compile()
    ours = [str(one.message) for one in said if "layers could not be compiled" in str(one.message)]
    assert len(ours) == 1 and "no such accelerator" in ours[0]


def test_who_has_chosen_is_told(monkeypatch):
    def refuses(*_):
        raise RuntimeError("no such accelerator")

    monkeypatch.setattr(compiled, "BACKEND", refuses)
    compiled._compiled.cache_clear()
    said = []
    with warnings.catch_warnings(), kernels.choose("compiled", said.append):
        warnings.simplefilter("error", UserWarning)
        kernels.norm_relu(layer(), maps_of(3, 5, 6, 7), (2, 2))
    assert len(said) == 1 and "no such accelerator" in said[0]
    compiled._compiled.cache_clear()


def test_a_piece_that_cannot_be_compiled_after_others_is_told(monkeypatch):
    norm, maps = layer(), maps_of(3, 5, 6, 7)
    kernels.begin()
    with kernels.choose("compiled"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kernels.norm_relu(norm, maps, (2, 2))
        assert kernels.used() == "compiled"
        compiled._compiled.cache_clear()

        def refuses(*_):
            raise RuntimeError("no such accelerator")

        monkeypatch.setattr(compiled, "BACKEND", refuses)
        kernels.norm_relu(norm, maps, None)
        assert kernels.used() == "partly compiled"


def test_members_of_a_gang_choose_for_themselves():
    found, inside, over = {}, threading.Barrier(2), threading.Barrier(2)

    def member(name, kind):
        with kernels.choose(kind):
            inside.wait()
            found[name] = choice.may_compile()
        over.wait()

    threads = [threading.Thread(target=member, args=one) for one in (("first", "compiled"), ("second", "fused"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"first": True, "second": False} and not choice.may_compile()


@pytest.mark.slow
def test_a_program_of_the_library_equals_its_layers(monkeypatch):
    """The real compiler, which makes programs for this CPU; needs a C++ compiler."""
    from torch._inductor.cpp_builder import get_cpp_compiler

    try:
        get_cpp_compiler()
    except Exception as error:
        pytest.skip(f"no C++ compiler: {error}")
    monkeypatch.setattr(compiled, "BACKEND", "inductor")
    both(layer(), lambda norm, x: kernels.norm_relu(norm, x, (2, 3)), pooled((2, 3)), maps_of(4, 5, 6, 9))
