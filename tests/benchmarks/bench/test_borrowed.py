"""The script for a borrowed accelerator, from end to end on a CPU, and what it does without the packages of scoring."""

import json
import os
import subprocess
import sys

import pytest
import torch

from benchmarks.bench.borrowed import __main__ as lane
from benchmarks.bench.borrowed import steps as gangs
from benchmarks.runs.ledger import load_finished
from models.kernels import compiled
from tests import ROOT
from tests.benchmarks.conftest import TOY


@pytest.fixture(autouse=True)
def compiler(monkeypatch):
    """What a rehearsal compiles with is forgotten behind each test."""
    monkeypatch.setattr(compiled, "BACKEND", compiled.BACKEND)
    yield
    compiled._compiled.cache_clear()


@pytest.mark.slow
def test_the_whole_script_in_a_rehearsal(toy_workspace, monkeypatch, tmp_path, capsys):
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(tmp_path / name))
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(gangs, "LOOP_BATCHES", 3)
    out = tmp_path / "lane"
    words = ["toy.t1.plain", "--device", "cpu", "--trial", "--gang", "4", "--out", str(out), "--run", "--seeds 2"]
    assert lane.main(words) == 0
    found = json.loads((out / "borrowed.json").read_text())
    off = {one["name"]: one["off"] for one in found["equality"]}
    assert off.pop("seed 0, compiled pieces with Eager, and alone") < 1e-4
    assert [one["kernels"] for one in found["equality"] if "compiled" in one["name"]] == ["compiled"]
    assert len(off) == 6 and not any(off.values())
    names = [one["name"] for one in found["speed"]]
    assert {"ACRNN step, float32, convolutions alone, vmap", "ACRNN step, float32, graph, compiled pieces"} < {*names}
    assert "Lightning's loop, per step" in names
    assert all(one["median"] > 0 and one["target"] is None for one in found["speed"])
    assert found["runs"] == {"toy.t1.plain": 0}
    results = [load_finished(folder).result for folder in (tmp_path / "runs").glob("toy-*")]
    assert len(results) > 2 and {result["gang"] for result in results} == {4}
    assert "differs by 0, may by 0" in capsys.readouterr().out


def test_a_training_that_is_another_is_an_exit_code(monkeypatch, tmp_path):
    monkeypatch.setattr(lane, "_speed", lambda options: iter(()))
    monkeypatch.setattr(lane, "gang_losses", lambda *given: [[1.0, 2.0], [3.0, 4.0]])
    assert lane.main(["--device", "cpu", "--trial", "--out", str(tmp_path)]) == 1


def test_without_time_nothing_is_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(lane, "_speed", lambda options: iter(()))
    monkeypatch.setattr(lane, "equality", lambda *given: iter(()))
    assert lane.main(["toy.t1", "--device", "cpu", "--minutes", "0", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "resound: toy.t1: no time is left for it\n"


def test_the_script_of_a_bundle_gets_what_is_left(monkeypatch, tmp_path):
    monkeypatch.setattr(lane, "_speed", lambda options: iter(()))
    monkeypatch.setattr(lane, "equality", lambda *given: iter(()))
    script = tmp_path / "run.sh"
    script.write_text(f'echo "$@" > {tmp_path}/told; exit 3')
    words = [str(script), "--device", "cpu", "--minutes", "2", "--run", "--jobs 1", "--out", str(tmp_path)]
    assert lane.main(words) == 0
    told = (tmp_path / "told").read_text().split()
    assert told[:5] == ["--device", "cpu", "--gang", "5", "--minutes"] and told[6:] == ["--yes", "--jobs", "1"]
    assert 1.5 < float(told[5]) <= 2
    assert json.loads((tmp_path / "borrowed.json").read_text())["runs"] == {str(script): 3}


def test_vmap_makes_of_all_members_what_each_makes():
    members = gangs.Members(2, "cpu", "float32", 32, 2)
    parts = [gangs.Convolutions(module).eval() for module in members.modules]
    weights, buffers = torch.func.stack_module_state(parts)
    inputs = torch.stack([x for x, _ in members.batches])
    found = torch.func.vmap(lambda *given: torch.func.functional_call(parts[0], given[:2], (given[2],)))(
        weights, buffers, inputs
    )
    for mine, part, x in zip(found, parts, inputs, strict=True):
        torch.testing.assert_close(mine, part(x))


LACKING = ("pydantic", "soundfile", "sed_eval", "dcase_util", "jsonargparse", "typer", "sed_scores_eval")


@pytest.mark.slow
def test_trainings_and_speeds_need_torch_and_lightning_alone():
    code = f"""
import itertools, sys
for name in {LACKING!r}:
    sys.modules[name] = None
from benchmarks.bench.borrowed import __main__ as lane
from benchmarks.bench.borrowed import steps as gangs
lane.rehearse_compiling()
assert [line["off"] < 1e-4 for line in lane.equality("cpu", 32, 1)] == 7 * [True]
measures = gangs.measure(1, "cpu", 1, 32, 1, ("float32",), gangs.Eager, 0.0)
print([one.name for one in itertools.islice(measures, 2)])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(TOY)}, text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0 and "ACRNN step, float32, graph" in done.stdout, done.stderr
