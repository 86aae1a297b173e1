"""`equivalence`: the runs of a study in both numerics by one command, and its answer."""

import json

import pytest

from benchmarks.cli import BAD_INPUT, OK, OUT_OF_TIME
from benchmarks.cli.presses import PRESSES
from benchmarks.cli.study.sweeps import StudySweep
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.runs import provenance
from benchmarks.spec import load_paper


@pytest.fixture(autouse=True)
def has_bf16(monkeypatch):
    """These runs take seconds on any processor, also where it has no instructions for them."""
    monkeypatch.setattr(provenance, "instructions", lambda numerics="bf16": "avx512_bf16")


def sweep(workspace, paper: str = "toy", numerics: str = "bf16") -> StudySweep:
    return StudySweep(paper, numerics, workspace, "cpu", jobs=1)


def test_both_numerics_are_run_once_and_the_answer_is_told(toy_workspace, capsys):
    assert sweep(toy_workspace).run() == OK
    told = capsys.readouterr()
    stored = sorted(toy_workspace.runs.glob("toy-*/result.json"))
    results = [json.loads(path.read_text()) for path in stored]
    assert sorted(one["numerics"] for one in results) == ["bf16"] * 4 + ["float32"] * 4
    # What these numerics were multiplied with stands with each run.
    assert all(one["device"]["instructions"] for one in results)
    assert "8 of 8 runs are there" in told.out and "The answer: **shown**" in told.out
    assert "resound: 0 runs of the study stored already" in told.err
    before = [path.stat().st_mtime_ns for path in stored]
    assert sweep(toy_workspace).run() == OK
    assert [path.stat().st_mtime_ns for path in stored] == before
    assert capsys.readouterr().err == "resound: 8 runs of the study stored already\n"


def test_further_seeds_can_be_asked_for_and_count(toy_workspace, capsys):
    assert StudySweep("toy", "bf16", toy_workspace, "cpu", jobs=1, seeds=3).run() == OK
    told = capsys.readouterr().out
    assert "8 of 8 runs are there" in told
    assert len(list(toy_workspace.runs.glob("toy-*/result.json"))) == 12
    [row] = [line for line in told.splitlines() if line.startswith("| Plain")]
    assert row.split("|")[6].strip() == "3"


def test_without_time_nothing_is_begun_and_nothing_answered(toy_workspace, capsys):
    assert sweep(toy_workspace).run(minutes=0) == OUT_OF_TIME
    told = capsys.readouterr()
    assert "0 of 8 runs are there" in told.out
    assert "left; the time given is too short for any; give more --minutes" in told.err and "continues" not in told.err
    assert not list(toy_workspace.runs.glob("toy-*"))


@pytest.mark.parametrize("code", [OUT_OF_TIME, OK])  # all of the sweep may have ended behind the Ctrl-C
def test_stopped_it_begins_no_further_sweep(toy_workspace, monkeypatch, capsys, code):
    begun = []

    def interrupted(self, minutes=None, confirmed=False):
        begun.append(self.choice.numerics)
        PRESSES.count = 1  # as a Ctrl-C leaves it, behind which the sweep has saved
        return code

    monkeypatch.setattr(Sweep, "run", interrupted)
    monkeypatch.setattr(PRESSES, "count", 0)
    assert sweep(toy_workspace).run() == OUT_OF_TIME
    assert len(begun) == 1 and "0 of 8 runs are there" in capsys.readouterr().out


def test_hours_are_confirmed_first(toy_workspace, monkeypatch, capsys):
    from benchmarks.cli.study import sweeps

    monkeypatch.setattr(sweeps, "ASK_ABOVE_MINUTES", -1.0)
    assert sweep(toy_workspace).run() == BAD_INPUT
    assert "8 runs, about 0.0 h on cpu; add --yes to start" in capsys.readouterr().err
    assert not list(toy_workspace.runs.glob("toy-*"))


@pytest.mark.parametrize(
    ("paper", "numerics", "said"),
    [
        ("toi", "bf16", "unknown paper 'toi'; did you mean toy?"),
        ("toy", "tf32", "toy: its file asks for a study of bf16; for tf32 add one there"),
        ("toy", "float32", "--numerics float32: is what others are held against; choose bf16"),
    ],
)
def test_what_cannot_be_asked_is_one_line(toy_workspace, paper, numerics, said):
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        sweep(toy_workspace, paper, numerics).run()


def test_a_processor_without_bf16_measures_nothing(toy_workspace, monkeypatch):
    monkeypatch.setattr(provenance, "instructions", lambda numerics="bf16": "avx2")
    monkeypatch.setattr(provenance, "cpu_name", lambda: "Old Xeon")
    with pytest.raises(InputError, match=r"--numerics bf16: Old Xeon has no bf16 instructions \(avx2 only\)"):
        sweep(toy_workspace).run()
    assert not list(toy_workspace.runs.glob("toy-*"))


def test_numerics_that_a_cpu_does_not_have_are_not_studied_there(toy_workspace, monkeypatch):
    asked = {"tf32": load_paper("toy").equivalence["bf16"]}
    paper = load_paper("toy").model_copy(update={"equivalence": asked})
    monkeypatch.setattr("benchmarks.cli.study.sweeps.load_paper", lambda name: paper)
    with pytest.raises(InputError, match="--numerics tf32: only accelerators have TF32; run it elsewhere"):
        sweep(toy_workspace, numerics="tf32").run()


def test_a_paper_without_a_study_says_so(toy_workspace, monkeypatch):
    bare = load_paper("toy").model_copy(update={"equivalence": {}})
    monkeypatch.setattr("benchmarks.cli.study.sweeps.load_paper", lambda paper: bare)
    with pytest.raises(InputError, match="asks for no study of numerics; add `equivalence` there"):
        sweep(toy_workspace).run()
