"""The lines of `plan`, and its data."""

import json
import re

import pytest

from benchmarks.cli.listing import plan_data, plan_lines
from benchmarks.cli.main import run_command_line
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize(
    ("tier", "told"),
    [("smoke", r"\d+ s on cpu, \d+ s on cuda"), ("full", r"\d{3} h on cpu, \d\.\d h on cuda")],
)
def test_a_plan_tells_times_as_they_are_said(tmp_path, tier, told):
    plan = make_plan(select("acrnn.t3.att_aug.esc50"), Choice(tier), workspace_in(tmp_path))
    assert re.search(f": about {told}$", list(plan_lines(plan))[-1])


@pytest.mark.parametrize(
    ("target", "choice", "cell", "reason", "said"),
    [
        ("pbcnn.t2", Choice("reduced", folds=(1,)), "pbcnn.t2.fold2.cnn", "about another fold than 1", "other folds"),
        (
            "edc.t3.1_none",
            Choice("reduced", "standin"),
            "edc.t3.1_none.om_chime",
            "its dataset has no stand-in",
            "2 cells",
        ),
    ],
)
def test_a_plan_tells_which_cells_get_no_runs(tmp_path, target, choice, cell, reason, said):
    plan = make_plan(select(target), choice, workspace_in(tmp_path))
    told = plan.to_dict()
    assert told["left_out"][cell] == reason and not set(told["left_out"]) & set(told["feeds"])
    assert any(said in line and cell in line for line in plan_lines(plan))


def test_numbers_have_the_decimals_of_the_paper(capsys):
    assert run_command_line(["list", "acrnn.t3.esc10"]) == 0
    assert re.search(r"acrnn\.t3\.\w+\.esc10 +93\.0 ", capsys.readouterr().out)


def test_a_plan_of_what_is_not_trained_says_so(capsys):
    assert run_command_line(["plan", "acrnn.t2"]) == 0
    assert capsys.readouterr().out == (
        "0 runs, 0 missing\nnothing is trained there; `list` tells how each number is checked\n"
    )


def test_plan_and_run_count_alike_what_cannot_be_run_here(tmp_path, monkeypatch, capsys, miniature_maestro):
    """Without the weights of wav2vec2, which the user brings."""
    monkeypatch.delenv("RESOUND_WAV2VEC2", raising=False)
    monkeypatch.setattr("benchmarks.cli.sweep.ASK_ABOVE_MINUTES", 0.0)
    places = [f"--{name}={tmp_path / name}" for name in ("runs", "cache", "reports")]
    (tmp_path / "maestro_real").symlink_to(miniature_maestro)
    asked = ["maestro.t1.controls", "--tier", "reduced", f"--data-root={tmp_path}", *places]
    assert run_command_line(["plan", *asked]) == 0
    planned = capsys.readouterr().out
    assert run_command_line(["run", *asked]) == 2
    assert capsys.readouterr().out == planned
    words = " ".join(planned.split())
    total, missing, left = map(int, re.search(r"(\d+) runs?, (\d+) missing, (\d+) left out", words).groups())
    assert left and missing == total - left and f"{left} runs left out: weights of wav2vec2" in words
    assert run_command_line(["plan", "maestro.t1", *asked[1:]]) == 0
    beside = " ".join(capsys.readouterr().out.split())
    assert f", {left} left out" in beside and f"{left} runs left out: weights of wav2vec2" in beside


def test_runs_have_a_name_whatever_files_are_here_and_an_id_only_with_them(tmp_path, miniature_maestro):
    workspace, choice = workspace_in(tmp_path), Choice("smoke", "miniature")

    def data():
        return json.loads(json.dumps(plan_data(make_plan(select("maestro.t1.r6"), choice, workspace))))

    before = data()
    assert {run["id"] for run in before["runs"]} == {None} and "checksum is a part of the id" in before["without_id"]
    root = workspace.dataset_root("maestro_real", "miniature")
    root.parent.mkdir(parents=True)
    root.symlink_to(miniature_maestro)
    after = data()
    assert after["without_id"] is None
    assert [run["name"] for run in after["runs"]] == [run["name"] for run in before["runs"]]
    assert all(re.fullmatch(f"{run['name']}-[0-9a-f]{{10}}", run["id"]) for run in after["runs"])
    named = {run["name"] for run in after["runs"]}
    assert len(named) == len(after["runs"]) and before["feeds"] == after["feeds"]
    assert {name for runs in after["feeds"].values() for name in runs} == named
