"""`predict` and what `run` keeps for it: what is said, in which form, and what is refused in a line."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import soundfile
import torch

from benchmarks.runs.kept.weights import read_weights, write_weights
from tests.benchmarks.cli.as_begun import answered
from tests.conftest import written

OPTIONS = ("--tier", "smoke", "--corpus", "miniature", "--folds", "1", "--seeds", "1", "--jobs", "1")


@pytest.fixture(scope="module")
def place(session_folder, tmp_path_factory):
    base = tmp_path_factory.mktemp("asked")
    (base / "cache" / "miniature").mkdir(parents=True)
    (base / "cache" / "miniature" / "esc50").symlink_to(written(session_folder, "esc50"))
    return base


@pytest.fixture
def resound(place):
    """Runs the command line in this process; tells exit code, stdout and stderr."""
    return partial(answered, place)


@pytest.fixture
def sounds(tmp_path):
    """A tone of 2.2 s in stereo at another rate, a short one, and what is no sound."""
    times = np.arange(round(2.2 * 48000)) / 48000
    tone = 0.3 * np.sin(2 * np.pi * 440 * times)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 48000)
    soundfile.write(tmp_path / "short.wav", tone[:4000], 44100)
    (tmp_path / "text.wav").write_text("hello\n")
    return tmp_path


@pytest.fixture
def kept(resound, place):
    """The id of a run that kept its weights."""
    assert resound("run", "acrnn.t1.knn.esc10", *OPTIONS, "--keep", "weights")[0] == 0
    return next(path.parent.name for path in place.glob("runs/acrnn-esc10-knn*/weights.safetensors"))


@pytest.fixture
def weights(resound, place):
    """What a run of a network kept."""
    found = list(place.glob("runs/acrnn-esc10-base*/weights.safetensors"))
    if not found:
        assert resound("run", "acrnn.t3.base.esc10", *OPTIONS, "--keep", "weights")[0] == 0
        found = list(place.glob("runs/acrnn-esc10-base*/weights.safetensors"))
    return read_weights(found[0])


def test_a_table_tells_the_likeliest_and_what_was_changed(resound, kept, sounds):
    code, out, said = resound("predict", kept, sounds / "tone.wav", "--top", "2")
    assert code == 0
    head, whole, *rest = out.splitlines()
    assert head.endswith("tone.wav  (probability)") and whole.split()[0] == "whole" and len(whole.split()) == 5
    assert rest == ["        it judges the whole; seconds are not told"]
    assert "2 channels: their mean is heard" in said and "48000 Hz: resampled to 44100 Hz" in said


def test_networks_tell_every_second_in_every_form(resound, place, sounds):
    assert resound("run", "acrnn.t3.base.esc10", *OPTIONS, "--keep", "weights")[0] == 0
    code, out, said = resound(
        "predict", "acrnn-esc10-base", sounds / "tone.wav", sounds / "short.wav", "--format", "csv"
    )
    assert code == 0 and "short.wav: 0.09 s are less than a segment" in said
    rows = list(csv.DictReader(out.splitlines()))
    assert list(rows[0]) == ["file", "second", "class", "value", "quantity"]
    assert [row["second"] for row in rows] == [one for one in ("whole", "0", "1", "2", "whole", "0") for _ in range(3)]
    assert all(0 <= float(row["value"]) <= 1 and row["quantity"] == "probability" for row in rows)
    code, out, _ = resound("predict", "acrnn-esc10-base", sounds / "tone.wav", "--format", "json", "--top", "10")
    (found,) = json.loads(out)
    assert code == 0 and len(found["seconds"]) == 3 and len(found["notes"]) == 2
    whole = list(found["whole"].values())
    assert sum(whole) == pytest.approx(1) and whole == sorted(whole, reverse=True)
    first = float(next(row["value"] for row in rows if row["second"] == "0"))
    assert first == pytest.approx(max(found["seconds"][0].values()), abs=1e-5)


def test_a_bad_file_is_a_line_and_the_others_are_heard(resound, kept, sounds):
    code, out, said = resound("predict", kept, sounds / "text.wav", sounds / "no.wav", sounds / "short.wav")
    assert code == 2 and "short.wav" in out and out.count("whole  ") == 1
    lines = [line for line in said.splitlines() if "short.wav" not in line]
    assert len(lines) == 2 and "not decodable" in lines[0] and "no such file" in lines[1]


def test_runs_without_weights_and_unknown_ones_are_named(resound, kept, place, sounds):
    assert resound("run", "acrnn.t1.svm.esc10", *OPTIONS)[0] == 0
    sound = sounds / "short.wav"
    code, _, said = resound("predict", "acrnn-esc10-svm", sound)
    assert code == 2 and "this run kept no weights" in said and "--again --keep weights" in said
    # Once they are made anew, they are found.
    code, _, said = resound("run", "acrnn.t1.svm.esc10", *OPTIONS, "--keep", "weights")
    assert code == 0 and "1 of these has no weights; repeat the command with --again --keep weights" in said
    assert resound("run", "acrnn.t1.svm.esc10", *OPTIONS, "--keep", "weights", "--again")[0] == 0
    code, out, _ = resound("predict", "acrnn-esc10-svm", sound)
    assert code == 0 and "(share of votes)" in out
    for word, message in (
        ("nothing", "neither a file nor a finished run"),
        (str(sound), "neither a checkpoint nor a file of kept weights"),
        ("acrnn", "runs begin so"), (str(place), "no such file"),
    ):  # fmt: skip
        code, out, said = resound("predict", word, sound)
        assert code == 2 and message in said and len(said.strip().splitlines()) == 1 and not out, said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"classes": ["a", "b"]}, "tells 10 values, but what it hears has 2 classes"),
        ({"classes": ["a"] * 10}, "two classes have one name"),
        ({"segment_hop": 0}, "cannot hear"),
        ({"segment_frames": "many"}, "cannot hear"),
        ({"extractor": {"rate": 0}}, "a rate of 0 Hz"),
        ({"extractor": {"hop": None}}, "cannot hear"),
        ({"mean": (3, 7)}, "cannot hear"),
        ({"std": 0.0}, "values that are no numbers"),
    ],
)
def test_a_file_that_was_altered_is_told_in_a_line(changed, said, resound, weights, sounds, tmp_path):
    odd = {
        name: {**weights.ear[name], "init_args": {**weights.ear[name]["init_args"], **value}} if isinstance(value, dict)
        else torch.full_like(weights.ear[name], value) if isinstance(value, float)
        else torch.zeros(value) if isinstance(value, tuple) else value
        for name, value in changed.items()
    }  # fmt: skip
    write_weights(tmp_path / "odd.safetensors", replace(weights, ear={**weights.ear, **odd}))
    code, out, error = resound("predict", tmp_path / "odd.safetensors", sounds / "tone.wav")
    assert code == 2 and said in error and len(error.strip().splitlines()) == 1 and not out, error


def test_names_of_classes_do_not_steer_the_terminal(resound, weights, sounds, tmp_path):
    names = [f"\x1b[31m{one}\n" for one in weights.ear["classes"]]
    write_weights(tmp_path / "red.safetensors", replace(weights, ear={**weights.ear, "classes": names}))
    for form in ("table", "csv"):
        code, out, _ = resound("predict", tmp_path / "red.safetensors", sounds / "tone.wav", "--format", form)
        assert code == 0 and "\x1b" not in out and r"\x1b[31mdog\n" in out


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_missing_logger_names_its_extra(name, resound, monkeypatch):
    monkeypatch.setattr("benchmarks.runs.kept.logs.find_spec", lambda one: None)
    code, _, said = resound("run", "acrnn.t3.att.esc10", *OPTIONS, "--logger", name)
    assert code == 2 and f'--editable ".[{name}]"' in said and len(said.strip().splitlines()) == 1


def test_where_logs_go_is_said(resound, place):
    code, _, said = resound("run", "acrnn.t3.aug.esc10", *OPTIONS, "--logger", "csv")
    assert code == 0 and f"losses are logged to {place / 'runs' / 'logs'} (csv)" in said
    assert list((place / "runs" / "logs").rglob("metrics.csv"))
    assert resound("status")[0] == 0  # what is logged is no run
