"""Runs that are made anew lie beside those that are stored, which nothing touches."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.cli import BAD_INPUT, OUT_OF_TIME
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.launch.background import Begun, Trainer
from benchmarks.runs.plan import Choice
from benchmarks.runs.scores import Scores
from tests.benchmarks.runs.stored.altered import rewrite

TARGET, CHOICE = "toy.t1.plain.toy", Choice(seeds=1)


def sweep(workspace) -> Sweep:
    return Sweep(TARGET, CHOICE, replace(workspace), "cpu", jobs=1)


def files(workspace) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in workspace.runs.glob("toy-*/*")}


@pytest.fixture
def stored(toy_workspace, capsys):
    assert sweep(toy_workspace).run() == 0
    capsys.readouterr()
    return toy_workspace


def test_the_same_comes_out_and_what_is_stored_is_not_touched(stored, capsys):
    before = files(stored)
    for _ in range(2):  # the second time what was made the first time is made anew, too
        assert sweep(stored).run_again() == 0
        shown, told = capsys.readouterr()
        assert "resound: 2 runs made anew: 2 with the same scores to the last bit\n" in told
        assert told.count("] done toy-") == 2
        assert shown == ""  # no page of these runs alone, which would call all others missing
    assert files(stored) == before


def test_left_to_the_background_stored_runs_are_made_anew_too(stored, monkeypatch, capsys):
    """Where all are stored, and where all were made anew before."""
    started = []

    def start(self, module, command, has_begun):
        started.append(command)
        return Begun(7, None, True)

    monkeypatch.setattr(Trainer, "start", start)
    for _ in range(2):
        assert sweep(stored).run_in_background(["run", TARGET, "--again"], True, anew=True) == 0
        assert "runs in the background (process 7)" in capsys.readouterr().out
        assert sweep(stored).run_again() == 0
        capsys.readouterr()
    assert len(started) == 2 and all("--again" in command for command in started)
    assert sweep(stored).run_in_background(["run", TARGET], True) == 0
    assert "nothing to train" in capsys.readouterr().err and len(started) == 2


def test_what_was_made_anew_stays_until_it_is_made_once_more(stored, monkeypatch, capsys):
    """Whatever is refused before: hours that nobody has confirmed, a launcher that is none."""
    assert sweep(stored).run_again() == 0
    made = sorted((stored.runs / "again").glob("toy-*/result.json"))
    before = [path.stat().st_ino for path in made]
    monkeypatch.setattr("benchmarks.cli.sweep.ASK_ABOVE_MINUTES", -1.0)
    capsys.readouterr()
    assert sweep(stored).run_again() == BAD_INPUT
    assert sweep(stored).run_in_background(["run", TARGET, "--again"], False, anew=True) == BAD_INPUT
    told = capsys.readouterr()
    assert told.err.count("add --yes to start") == 2 and "made anew" not in told.err
    assert "2 runs, 2 missing" in told.out
    with pytest.raises(InputError, match="loacl"):
        replace(sweep(stored), launcher="loacl").run_again()
    assert sweep(stored).run_again(minutes=0, confirmed=True) == OUT_OF_TIME
    assert len(before) == 2 and [path.stat().st_ino for path in made] == before
    assert sweep(stored).run_again(confirmed=True) == 0
    assert [path.stat().st_ino for path in made] != before


def test_other_scores_are_named_with_how_far_they_are_off(stored, capsys):
    first = sorted(stored.runs.glob("toy-*"))[0]
    scores = Scores.load(first / "scores_test.npz")
    rewrite(first, replace(scores, values=scores.values + np.float32(0.25)))
    assert sweep(stored).run_again() == 0
    told = capsys.readouterr().err
    assert "resound: 2 runs made anew: 1 with the same scores to the last bit\n" in told
    assert f"resound: {first.name}: other scores, by 0.25 at most\n" in told


def test_what_was_computed_otherwise_is_named(stored, capsys):
    first = sorted(stored.runs.glob("toy-*"))[0]
    scores = Scores.load(first / "scores_test.npz")
    rewrite(first, replace(scores, values=scores.values + np.float32(0.25)))
    result = json.loads((first / "result.json").read_text())
    result["device"] |= {"name": "Old Xeon", "kernels": "fused"}
    (first / "result.json").write_text(json.dumps(result))
    assert sweep(stored).run_again() == 0
    told = capsys.readouterr().err
    assert f"{first.name}: other scores, by 0.25 at most: with " in told
    assert re.search(r"native kernels\); stored with Old Xeon \(cpu, \d threads?, \w+, fused kernels\)\n", told)


def test_without_a_stored_run_there_is_nothing_to_compare_with(toy_workspace, capsys):
    assert sweep(toy_workspace).run_again() == 0
    told = capsys.readouterr().err
    assert "2 runs made anew, of which none was stored before: nothing to compare with" in told
    assert f"they are in {toy_workspace.runs / 'again'}\n" in told
    assert not list(toy_workspace.runs.glob("toy-*"))
