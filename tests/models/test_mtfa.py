"""MTFA and its ablations: counts and costs worked out by hand, and what follows from the paper's equations."""

import inspect
import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.complexity import macs
from models.mtfa import MTFA, Block, Hourglass, MTFAModule, pad_time
from tests.models import mtfa_task

ATTENTIONS = ("none", "resnet", "hourglass")
REDUCTIONS = ("flatten", "avgpool8", "mean")
#: Millions of parameters, and GMAC per chunk of 256 frames, of the layers in sections 2.2, 2.3, 3.2 and 3.4 of the
#: paper, which prints neither.
PARAMETERS = {"none": (3.40, 0.65, 0.28), "resnet": (3.55, 0.80, 0.43), "hourglass": (4.15, 1.39, 1.03)}
GMACS = {"none": 5.7, "resnet": 10.7, "hourglass": 10.6}
SMALL = {"n_mels": 16, "channels": 4, "units": 4}


def frames(count=2, length=40, bands=16, seed=0):
    return torch.randn(count, 1, length, bands, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("attention", "counts"), PARAMETERS.items())
def test_parameter_counts(attention, counts):
    networks = [MTFA(attention=attention, freq_reduce=reduction) for reduction in REDUCTIONS]
    found = [sum(parameter.numel() for parameter in network.parameters()) / 1e6 for network in networks]
    assert [round(count, 2) for count in found] == list(counts)


@pytest.mark.parametrize(("attention", "gmacs"), GMACS.items())
def test_cost(attention, gmacs):
    network = MTFA(attention=attention)
    network.input_shape = (1, 64, 128)
    counted = macs(network) * 4  # exactly linear in the frames
    assert counted / 1e9 == pytest.approx(gmacs, abs=0.055)  # 10.649 stands as 10.7


def test_blocks_of_the_reference_hourglass():
    """Three per scale and one more at the bottom."""
    assert sum(isinstance(layer, Block) for layer in Hourglass(4, 3).modules()) == 10


@pytest.mark.parametrize(("attention", "reduction"), itertools.product(ATTENTIONS, REDUCTIONS))
def test_logits_and_gradients(attention, reduction):
    module = MTFAModule(**SMALL, attention=attention, freq_reduce=reduction)
    loss = module.training_step((frames(3, 37), torch.ones(3, 37)), 0)
    loss.backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
    assert module.predict_step(frames(3, 37), 0).shape == (3, 37, 1)


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("length", [33, 37, 40])
def test_a_clip_is_judged_as_if_its_last_frame_went_on(attention, length):
    network = MTFA(**SMALL, attention=attention).eval()
    x = frames(2, length)
    padded = torch.cat([x, *[x[:, :, -1:]] * (40 - length)], 2)
    assert torch.equal(pad_time(x), padded)
    torch.testing.assert_close(network(x), network(padded)[:, :length])


def test_bands_that_cannot_be_halved_three_times():
    with pytest.raises(ValueError, match="n_mels 20 must be a multiple of 8"):
        MTFA(n_mels=20)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_seed_alone_decides_the_initial_weights(attention):
    torch.manual_seed(5)
    first, again, other = (MTFA(**SMALL, attention=attention, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(
        not torch.equal(first[name], other[name]) for name in first if "norm" not in name and "stem.1" not in name
    )


def test_attention_is_equation_1():
    network = MTFA(**SMALL).eval()
    features, mask, merged = network.branches(frames())
    assert ((mask > 0) & (mask < 1)).all()
    torch.testing.assert_close(network.attend(frames()), (1 + mask) * features)
    assert [tuple(maps.shape[2:]) for maps in (mask, *merged)] == [(40, 16), (20, 8), (10, 4), (5, 2)]


def test_without_a_mask_the_module_is_its_features():
    network = MTFA(**SMALL, attention="none").eval()
    features, mask, merged = network.branches(frames())
    assert (mask, merged) == (None, [])
    assert torch.equal(network.attend(frames()), features)


def test_the_ablations_share_all_but_the_mask_branch():
    """With the same weights outside the mask branch, a mask of one half is the ablation's features times 1.5."""
    whole, without = (MTFA(**SMALL, attention=attention).eval() for attention in ("hourglass", "none"))
    without.load_state_dict({name: value for name, value in whole.state_dict().items() if not name.startswith("mask")})
    nn.init.zeros_(whole.mask_head.weight)
    nn.init.zeros_(whole.mask_head.bias)
    torch.testing.assert_close(whole.attend(frames()), 1.5 * without.attend(frames()))


def test_hourglass_merges_by_addition_what_its_scales_give():
    hourglass = Hourglass(4, 2).eval()
    maps = torch.randn(2, 4, 8, 12)
    inner = hourglass.inner
    pooled = hourglass.down(F.max_pool2d(maps, 2))
    bottom = inner.inner(inner.down(F.max_pool2d(pooled, 2)))
    middle = inner.skip(pooled) + inner.up(bottom).repeat_interleave(2, 2).repeat_interleave(2, 3)
    top = hourglass.skip(maps) + hourglass.up(middle).repeat_interleave(2, 2).repeat_interleave(2, 3)
    for found, expected in zip(hourglass(maps), (top, middle, bottom), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("reduction", "values"), {"flatten": 64, "avgpool8": 8, "mean": 4}.items())
def test_what_the_gru_gets_of_a_frame(reduction, values):
    maps = torch.randn(2, 4, 5, 16)
    found = MTFA(**SMALL, freq_reduce=reduction).sequence(maps)
    bands = maps.unflatten(3, (values // 4, -1)).mean(-1)  # (B, C, T, groups of bands)
    assert found.shape == (2, 5, values)
    torch.testing.assert_close(found[1, 3], bands[1, :, 3].flatten())


def test_dropout_is_at_four_places():
    network = MTFA(**SMALL, dropout=0.4)
    shapes = []
    network.dropout.register_forward_hook(lambda layer, inputs, output: shapes.append(inputs[0].shape[-1]))
    network(frames())
    assert shapes == [64, 8, 8, 4]
    assert network.dropout.p == 0.4


def test_width_divisor_divides_channels_and_units():
    network = MTFA(width_divisor=8)
    assert (network.stem[0].out_channels, network.rnns[0].hidden_size, network.hidden.out_features) == (8, 8, 8)


def test_maps_of_figure_4():
    module = MTFAModule(**SMALL)
    x = frames(2, 37)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    sizes = {"mask_full": (37, 16), "mask_half": (19, 8), "mask_quarter": (10, 4), "mask_eighth": (5, 2)}
    maps = {name: getattr(module, name)(x) for name in sizes}
    assert {name: tuple(found.shape[1:]) for name, found in maps.items()} == sizes
    assert torch.equal(module.input_map(x), x[:, 0])
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    module.eval()
    _, mask, merged = module.network.branches(x)
    torch.testing.assert_close(maps["mask_full"], mask.mean(1)[:, :37])
    torch.testing.assert_close(maps["mask_quarter"], merged[1].mean(1))
    torch.testing.assert_close(module.frame_probability(x), module(x).sigmoid())
    assert not module.frame_probability(x).requires_grad


def test_maps_that_an_ablation_lacks():
    single = MTFAModule(**SMALL, attention="resnet")
    assert single.mask_full(frames()).shape == (2, 40, 16)
    with pytest.raises(ValueError, match="attention='hourglass'"):
        single.mask_half(frames())
    with pytest.raises(ValueError, match="has no mask"):
        MTFAModule(**SMALL, attention="none").mask_full(frames())


def test_the_module_takes_every_argument_of_the_network():
    network, module = (inspect.signature(one).parameters for one in (MTFA, MTFAModule))
    assert {name: module[name].default for name in network} == {name: one.default for name, one in network.items()}


@pytest.mark.parametrize(("attention", "sees"), {"none": False, "resnet": False, "hourglass": True}.items())
def test_who_can_see_the_hum_of_mtfa_task(attention, sees):
    """Why the ablations fail: the logits of a click's frames do not change with what is eight frames away."""
    network = mtfa_task.Branches(attention, seed=0).double().eval()
    nn.init.ones_(network.output.weight)
    x, _, clicks = mtfa_task.clips(6, torch.Generator().manual_seed(0))
    near = F.max_pool1d(clicks.double(), 2 * mtfa_task.NEAREST - 1, 1, mtfa_task.NEAREST - 1) > 0
    silent = x.double() * near[:, None, :, None]
    change = (network(x.double()) - network(silent))[clicks].abs().max()
    assert (change > 1e-3) if sees else (change < 1e-12)


@pytest.fixture
def one_thread():
    """For training: threads that wait for a busy core cost more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_the_hourglass_solves_a_task_that_needs_it(one_thread):
    hourglass, single_scale = mtfa_task.accuracy("resnet", seed=0)
    assert hourglass > 0.9
    assert single_scale < 0.6
