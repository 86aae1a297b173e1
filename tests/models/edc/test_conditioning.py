"""The transform beside a plain loop over frames, and beside what was measured on released features."""

import itertools
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.edc import EventConditioning, condition, decay_support, range_bound, ranges, single, transform
from tests.models.edc import plain_conditioning

SWITCHES = {
    "similarity_input": ("minmax", "raw"),
    "output_from": (None, "minmax", "raw"),
    "renormalise_decay": (False, True),
    "rounding": ("trunc", "round", "none"),
    "decay": ("exp(-d/alpha)", "exp(-alpha*d)"),
}
COMBINATIONS = [dict(zip(SWITCHES, chosen, strict=True)) for chosen in itertools.product(*SWITCHES.values())]
#: Table 1 of the paper: alpha and "frames".
FRAMES = {2.5: 18, 5: 38, 7: 54, 10: 78, 20: 156, 50: 390, 100: 782, 250: 1956, 500: 3912}
#: Section 2.4 on nine clips: mean past and future, the largest of both; renormalised: mean expectations E_b, E_f.
MEASURED = {
    2.5: (1.00, 0.00, 1, 0, 2.4, 2.4),
    5: (1.05, 0.04, 2, 1, 5.3, 5.4),
    7: (1.12, 0.11, 3, 2, 7.5, 7.8),
    10: (1.32, 0.31, 4, 3, 10.8, 11.3),
    20: (2.75, 1.65, 7, 6, 20.9, 22.4),
    50: (9.84, 8.49, 18, 18, 44.4, 52.5),
    100: (24.0, 22.8, 36, 36, 70.3, 85.6),
    250: (56.0, 57.0, 85, 91, 98.5, 112.3),
    500: (80.7, 84.7, 170, 183, 110.0, 122.6),
}


def clips(count, frames, bands=64, seed=0):
    """Log-mel-like clips (count, frames, bands): a wandering level, bands that differ, a loud stretch."""
    draw = np.random.default_rng(seed)
    level = np.cumsum(draw.normal(size=(count, frames, 1)), axis=1) / 2
    values = level + draw.normal(size=(count, 1, bands)) - 4 + draw.normal(size=(count, frames, bands)) / 2
    values[:, frames // 3 : frames // 2] += 3
    return torch.from_numpy(values.astype(np.float32))


def assert_equals_the_loop(x, alpha, **switches):
    out = condition(x, alpha, **switches)
    past, future = ranges(x, alpha, **switches)
    assert (out.dtype, out.shape, past.dtype, past.shape) == (torch.float32, x.shape, torch.int64, x.shape[:2])
    for clip, found, back, ahead in zip(x, out, past, future, strict=True):
        expected, expected_back, expected_ahead = plain_conditioning.plain(clip.numpy(), alpha, **switches)
        np.testing.assert_array_equal(back, expected_back)
        np.testing.assert_array_equal(ahead, expected_ahead)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("switches", COMBINATIONS, ids=lambda switches: "-".join(map(str, switches.values())))
def test_every_combination_of_switches(switches):
    for alpha in (0.3, 7):
        assert_equals_the_loop(clips(2, 60), alpha, **switches)


@pytest.mark.parametrize("alpha", FRAMES)
def test_every_published_alpha(alpha):
    for renormalise in (False, True):
        assert_equals_the_loop(clips(2, 200), alpha, renormalise_decay=renormalise)


@pytest.mark.parametrize("similarity", ["minmax", "raw"])
@pytest.mark.parametrize(("frames", "bands"), [(2, 1), (15, 3), (16, 64), (17, 64), (128, 5), (129, 64), (257, 8)])
def test_shapes(frames, bands, similarity):
    assert_equals_the_loop(clips(3, frames, bands), 20, similarity_input=similarity)


def test_a_silent_end_and_equal_frames():
    x = clips(2, 100)
    x[:, 70:] = 0  # as short clips are filled
    x[1, :50] = x[1, :1]
    assert_equals_the_loop(x, 50)
    assert_equals_the_loop(x, 50, similarity_input="raw")


@pytest.mark.parametrize("switches", COMBINATIONS[::7], ids=str)
def test_one_frame_is_returned(switches):
    x = torch.tensor([[-3.0, 1.0]])
    wanted = x if (switches["output_from"] or switches["similarity_input"]) == "raw" else torch.tensor([[0.0, 1.0]])
    assert torch.equal(condition(x, 7, **switches), wanted)
    assert [part.tolist() for part in ranges(x, 7, **switches)] == [[0], [0]]


@pytest.mark.parametrize("switches", [{}, {"similarity_input": "raw"}, {"renormalise_decay": True}], ids=str)
def test_a_clip_does_not_depend_on_its_batch(switches):
    batch = clips(64, 130)
    together, (past, future) = condition(batch, 50, **switches), ranges(batch, 50, **switches)
    for number in (0, 1, 31, 63):
        back, ahead = ranges(batch[number], 50, **switches)
        assert torch.equal(back, past[number]) and torch.equal(ahead, future[number])
        assert torch.equal(condition(batch[number], 50, **switches), together[number])
        assert torch.equal(condition(batch[number : number + 1], 50, **switches)[0], together[number])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_every_float_type_counts_as_its_values(dtype):
    x = clips(1, 60).to(dtype)
    assert torch.equal(condition(x, 20), condition(x.float(), 20))
    assert torch.equal(ranges(x, 20)[0], ranges(x.float(), 20)[0])


def test_the_input_stays_and_the_output_is_new():
    x = clips(2, 20).double()
    before = x.clone()
    for similarity in ("minmax", "raw"):
        out = condition(x, 2.5, similarity_input=similarity)
        assert torch.equal(x, before)
        assert out.data_ptr() != x.data_ptr()


def test_outside_of_inference_mode_after_being_in_it():
    x = clips(1, 77)
    with torch.inference_mode():
        inside = condition(x, 3.5)
    weight = torch.ones((), requires_grad=True)
    (condition(x, 3.5) * weight).sum().backward()
    assert torch.equal(inside, condition(x, 3.5))


@pytest.mark.parametrize("switches", [{}, {"renormalise_decay": True}], ids=str)
def test_both_ways_to_the_expectations_agree(switches, monkeypatch):
    x = clips(4, 300)
    shared = ranges(x, 50, **switches)
    monkeypatch.setattr(transform, "LARGEST", -1.0)  # now with a maximum per row
    for one, other in zip(ranges(x, 50, **switches), shared, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("switches", [{}, {"renormalise_decay": True}], ids=str)
@pytest.mark.parametrize("alpha", [2.5, 7, 50])
def test_float32_moves_no_range(alpha, switches, monkeypatch):
    """Of frames from a clip as given to nearly equal ones, a hundredth apart, whose ranges lie close to cuts."""
    for x in (clips(8, 400), clips(2, 400) / 100, torch.ones(1, 400, 64) + clips(1, 400) / 1e5):
        short = ranges(x, alpha, **switches)
        with monkeypatch.context() as patch:
            patch.setattr(transform, "LARGEST_SINGLE", -1.0)  # now in float64
            for one, other in zip(short, ranges(x, alpha, **switches), strict=True):
                assert torch.equal(one, other)


@pytest.mark.parametrize(("side", "apart"), [(1.0, 3e-9), (1.0, -3e-9), (0.5, 3e-9), (0.5, -3e-9)])
def test_a_distance_that_float32_cannot_tell_from_a_cut(side, apart):
    """A frame as like itself as the one before it: it looks back d exp(-rate d) / 2 for d = 1."""
    rate = -math.log(2 * (side + apart))
    z = torch.full((1, 2, 1), 0.7, dtype=torch.float64)
    past, _ = transform.expected_distances(z, rate, renormalise=False)
    assert past[0, 1] == pytest.approx(side + apart, abs=1e-12)


def test_which_distances_are_doubtful():
    found = np.array([0.0, 0.9996, 0.999, 1.0004, 0.25, 0.4999, 40.01, 1e-3])
    assert single._doubtful(found, 5e-4).tolist() == [False, True, False, True, False, True, True, False]


@pytest.mark.parametrize("renormalise", [False, True])
def test_doubtful_frames_are_those_of_float64(renormalise, monkeypatch):
    z, taken = transform.rescale(clips(1, 300)), [3, 150, 298]
    law = transform.decays(300, 1 / 7, z.device)
    monkeypatch.setattr(single, "_doubtful", lambda found, _: np.isin(np.arange(len(found)), taken))
    found = single.single_distances(z[0], law, renormalise, float(z.square().sum(2).max()))
    for mine, exact in zip(found, transform._both_sides(z, law, renormalise), strict=True):
        off = np.abs(mine - exact[0].numpy())
        assert off[taken].max() < 1e-12 < off.max() < 1e-4


def test_where_float32_is_not_tried(monkeypatch):
    """For long distances, whose errors are long too, nearly all frames would be taken again."""
    z = transform.rescale(clips(1, 500))
    law = transform.decays(500, 1 / 500, z.device)
    largest = float(z.square().sum(2).max())
    monkeypatch.setattr(single, "_both_sides", None)
    assert single.single_distances(z[0], law, False, largest) is None


def test_threads_are_given_back():
    torch.set_num_threads(2)
    condition(clips(1, 20), 7)
    assert torch.get_num_threads() == 2


@given(
    seed=st.integers(0, 10**6), alpha=st.floats(0.05, 600), frames=st.integers(1, 90), loudness=st.floats(1e-3, 100),
    similarity=st.sampled_from(["minmax", "raw"]), rounding=st.sampled_from(["trunc", "round", "none"]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_range_exceeds_the_bound(seed, alpha, frames, loudness, similarity, rounding):
    x = loudness * clips(1, frames, 3, seed)
    for part in ranges(x, alpha, similarity_input=similarity, rounding=rounding):
        assert int(part.max()) <= math.ceil(range_bound(alpha))


@pytest.mark.parametrize("alpha", [2.5, 7, 20])
def test_the_bound_is_reached(alpha):
    """By a frame that resembles one alone, which is louder and alpha frames away."""
    far = round(alpha)
    x = torch.zeros(2 * far, 1)
    x[0], x[far] = 100, 10
    assert ranges(x, alpha, similarity_input="raw")[0][far] == math.ceil(range_bound(alpha))
    assert ranges(x.flip(0), alpha, similarity_input="raw")[1][far - 1] == math.floor(range_bound(alpha))


@pytest.mark.parametrize(("alpha", "frames"), FRAMES.items())
def test_decay_support_is_the_published_column(alpha, frames):
    assert decay_support(alpha) == frames
    assert math.exp(-frames / 2 / alpha) >= 0.02 > math.exp(-(frames / 2 + 1) / alpha)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        pytest.param(torch.zeros(2, 1, 5, 4), "must be .* not .2, 1, 5, 4.", id="axes"),
        pytest.param(torch.zeros(4), "must be .* not .4,.", id="vector"),
        pytest.param(torch.zeros(2, 0, 4), "must be .* not .2, 0, 4.", id="empty"),
        pytest.param(torch.zeros(0, 3, 4), "must be .* not .0, 3, 4.", id="no clip"),
        pytest.param(torch.tensor([[1.0, math.nan]]), "NaN", id="nan"),
        pytest.param(torch.tensor([[1.0, -math.inf]]), "infinite", id="infinite"),
        pytest.param(torch.stack([torch.eye(5, 4), torch.ones(5, 4)]), "a clip is constant", id="constant"),
    ],
)
def test_frames_that_cannot_be_conditioned(x, message):
    for function in (condition, ranges):
        with pytest.raises(ValueError, match=message) as error:
            function(x, 7)
        assert "\n" not in str(error.value)


def test_a_constant_clip_needs_no_rescaling_when_raw():
    x = torch.full((9, 4), 2.0)
    assert torch.equal(condition(x, 7, similarity_input="raw"), x)
    with pytest.raises(ValueError, match="constant"):
        condition(x, 7, similarity_input="raw", output_from="minmax")


@pytest.mark.parametrize("alpha", [0, -1, math.inf, math.nan])
def test_an_alpha_that_makes_no_sense(alpha):
    with pytest.raises(ValueError, match=r"alpha .* must be positive and finite"):
        condition(clips(1, 5), alpha)


@pytest.mark.parametrize("name", [name for name in SWITCHES if name != "renormalise_decay"])
def test_an_unknown_switch_value(name):
    with pytest.raises(ValueError, match=f"unknown {name} 'half'; known: "):
        condition(clips(1, 5), 7, **{name: "half"})


MEMORY = """
import resource, sys, torch
from models.edc import condition
torch.set_num_threads(1)
x = torch.rand(64, 500, 64)
condition(x[:1, :20], 7.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for alpha, similarity in ((7.0, "minmax"), (500.0, "raw")):
    condition(x, alpha, similarity_input=similarity)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in KiB, as Linux does")
def test_memory_of_a_batch():
    root = Path(transform.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", MEMORY], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100 * 1024  # MiB; 64 matrices of similarities alone would be 122


@pytest.fixture(scope="module")
def samples(data_root):
    """The 27 log-mel clips (500, 64) that the authors released, those of the test list first."""
    folder = data_root / "dcase2018_domestic" / "sample_log_mel"
    paths = sorted(folder.glob("*/*.npy"))
    if len(paths) != 27:
        pytest.skip(f"no released log-mel clips in {folder}")
    return torch.stack([torch.from_numpy(np.load(path)).double() for path in paths])


@pytest.mark.real
@pytest.mark.parametrize("alpha", [2.5, 7, 100, 500])
def test_released_clips(samples, alpha):
    assert_equals_the_loop(samples, alpha)


@pytest.mark.real
@pytest.mark.parametrize(
    "switches",
    [{"similarity_input": "raw"}, {"renormalise_decay": True}, {"similarity_input": "raw", "renormalise_decay": True}],
    ids=str,
)
def test_released_clips_with_switches(samples, switches):
    assert_equals_the_loop(samples[::3], 10, **switches)


@pytest.mark.real
@pytest.mark.parametrize(("alpha", "measured"), MEASURED.items())
def test_measured_ranges(samples, alpha, measured):
    """Which nine clips were measured is not recorded: every third one gives every printed number."""
    summary = EventConditioning(alpha).ranges(samples[::3])
    assert list(summary) == ["past_mean", "future_mean", "past_max", "future_max"]
    digits = 2 if alpha < 100 else 1
    assert [round(value, digits) for value in summary.values()] == list(measured[:4])
    z = transform.rescale(samples[::3])
    expected = [float(part.mean()) for part in transform.expected_distances(z, 1 / alpha, renormalise=True)]
    assert expected == pytest.approx(measured[4:], abs=0.0501)
    whole = EventConditioning(alpha).ranges(samples)
    assert (whole["past_mean"], whole["future_mean"]) == pytest.approx(measured[:2], rel=0.1, abs=0.03)
