"""The conditioners as a data module builds and calls them, and the two controls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from jsonargparse import ArgumentParser

import models
from models.edc import EventConditioning, MinMax, MovingAverage, condition, ranges

CONDITIONERS = (EventConditioning(7), MinMax(), MovingAverage())


def clips(count=3, frames=40, bands=8):
    return torch.randn(count, frames, bands, generator=torch.Generator().manual_seed(0)) * 5 - 3


def rescaled(clip):
    clip = np.asarray(clip, dtype=np.float64)
    return (clip - clip.min()) / (clip.max() - clip.min())


@pytest.mark.parametrize("conditioner", CONDITIONERS, ids=lambda one: type(one).__name__)
def test_what_a_data_module_needs(conditioner):
    x = clips()
    out = conditioner(x)
    assert (out.shape, out.dtype, out.requires_grad) == (x.shape, torch.float32, False)
    assert torch.equal(conditioner(x[1]), out[1])
    assert torch.equal(conditioner(x[1:2])[0], out[1])
    assert type(conditioner).version == 1
    assert type(conditioner)(**conditioner.params()) == type(conditioner)(**conditioner.params())
    assert torch.equal(type(conditioner)(**conditioner.params())(x), out)


@pytest.mark.parametrize("conditioner", CONDITIONERS, ids=lambda one: type(one).__name__)
def test_clips_that_no_conditioner_takes(conditioner):
    for x, message in ((clips()[:, :, 0, None, None], "must be"), (clips() / 0, "NaN"), (clips() * 0, "constant")):
        with pytest.raises(ValueError, match=message):
            conditioner(x)


def test_minmax_is_a_rescaling_per_clip():
    x = clips()
    for clip, out in zip(x, MinMax()(x), strict=True):
        np.testing.assert_allclose(out, rescaled(clip), atol=1e-7)
        assert (out.min(), out.max()) == (0, 1)


@pytest.mark.parametrize("frames", [1, 2, 3, 50])
def test_moving_average(frames):
    x = clips()
    for clip, out in zip(x, MovingAverage(frames)(x), strict=True):
        z = rescaled(clip)
        wanted = [z[max(0, frame - frames + 1) : frame + 1].mean(0) for frame in range(len(z))]
        np.testing.assert_allclose(out, wanted, atol=1e-6)


def test_two_frames_are_the_default_and_the_first_stands_alone():
    x = clips()
    z = MinMax()(x)
    torch.testing.assert_close(MovingAverage()(x)[:, 1:], (z[:, 1:] + z[:, :-1]) / 2)
    assert torch.equal(MovingAverage()(x)[:, 0], z[:, 0])
    with pytest.raises(ValueError, match="frames 0 must be at least 1"):
        MovingAverage(0)


def test_every_argument_counts_as_what_it_does():
    assert EventConditioning(7).params() == {
        "alpha": 7.0, "similarity_input": "minmax", "output_from": "minmax", "renormalise_decay": False,
        "rounding": "trunc", "decay": "exp(-d/alpha)",
    }  # fmt: skip
    assert repr(EventConditioning(7).params()["alpha"]) == "7.0"  # a cache must not tell 7 from 7.0
    assert EventConditioning(7, similarity_input="raw").params()["output_from"] == "raw"


def test_the_functions_are_the_class():
    x, switches = clips(), {"similarity_input": "raw", "output_from": "minmax", "rounding": "round"}
    conditioner = EventConditioning(7, **switches)
    assert torch.equal(condition(x, 7, **switches), conditioner(x))
    past, future = ranges(x, 7, **switches)
    assert conditioner.ranges(x) == {
        "past_mean": past.double().mean().item(), "future_mean": future.double().mean().item(),
        "past_max": past.max().item(), "future_max": future.max().item(),
    }  # fmt: skip
    assert 0 < conditioner.ranges(x)["past_mean"] < conditioner.ranges(x)["past_max"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("EventConditioning", {"alpha": 2.5}),
        ("EventConditioning", {"alpha": 7, "similarity_input": "raw", "decay": "exp(-alpha*d)", "output_from": None}),
        ("MinMax", {}),
        ("MovingAverage", {"frames": 3}),
    ],
)
def test_a_class_path_and_arguments_make_a_conditioner(name, arguments):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--conditioner", type=object)
    given = {"class_path": f"models.edc.{name}", "init_args": arguments}
    made = parser.instantiate_classes(parser.parse_object({"conditioner": given})).conditioner
    assert type(made).__name__ == name
    assert {key: getattr(made, key) for key in arguments} == arguments


def test_versions_are_read_without_importing_torch():
    names = ("EventConditioning", "MinMax", "MovingAverage", "EDCModule")
    code = (
        "import sys; from benchmarks.runs.versions import class_version; "
        f"print([class_version('models.edc.' + name) for name in {names}], 'torch' in sys.modules)"
    )
    root = Path(models.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1, 1, 1, 1] False"


def test_a_name_that_the_package_lacks():
    with pytest.raises(ImportError, match="Conditioning2"):
        from models.edc import Conditioning2  # noqa: F401
