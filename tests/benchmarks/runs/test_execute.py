import json

import numpy as np
import pytest
import torch

from benchmarks.errors import InputError
from benchmarks.launch.driver import launch
from benchmarks.launch.local import Local
from benchmarks.metrics.accuracy import accuracy_clip_mean_probability
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import Run, load_finished
from benchmarks.runs.plan import Choice, Planned, make_plan, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.train import Stopped
from benchmarks.runs.truth import Truths
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select


def first_run(workspace, target="toy.t1.plain", tier="full"):
    return make_plan(select(target), Choice(tier=tier), workspace).missing[0].run


def test_a_run_publishes_all_that_a_report_needs(toy_workspace):
    folder = execute(first_run(toy_workspace), Surroundings(toy_workspace))
    assert sorted(path.name for path in folder.iterdir()) == [
        "history.csv", "result.json", "run.json", "scores_test.npz",
    ]  # fmt: skip
    finished = load_finished(folder)
    finished.verify()
    result = finished.result
    assert len(result["first_losses"]) == 10
    assert {"data", "fit", "predict", "total"} <= set(result["seconds"])
    assert result["packages"]["torch"] == torch.__version__.split("+")[0]
    assert result["device"]["kind"] == "cpu"
    assert result["data"]["items"] == {name: {"used": 20, "expected": 20} for name in ("train", "test")}
    scores = Scores.load(finished.scores_path())
    assert len(scores.items) == 20
    # Half would be chance, and a fifth what other names of the classes give.
    assert accuracy_clip_mean_probability(scores, toy_workspace.dataset_of(finished.run).truth()).value > 70
    assert len((folder / "history.csv").read_text().splitlines()) == 1 + 12


@pytest.mark.parametrize("stop_after", [1, 5, 10])
def test_a_stopped_run_ends_bit_equal_to_an_undisturbed_one(toy_workspace, tmp_path, stop_after):
    run = first_run(toy_workspace)
    undisturbed = Workspace(toy_workspace.data, tmp_path / "other", toy_workspace.cache, toy_workspace.reports)
    expected = execute(run, Surroundings(undisturbed))

    done = []
    around = Surroundings(toy_workspace, "cpu", lambda: len(done) >= stop_after, lambda *note: done.append(note))
    with pytest.raises(Stopped):
        execute(run, around)
    attempt = next((toy_workspace.runs / ".attempts" / run.id).iterdir())
    assert (attempt / "checkpoint.ckpt").exists()
    note = json.loads((attempt / "progress.json").read_text())
    assert note["epoch"] == stop_after + 1  # the epoch it was asked in
    assert ("seconds" in note) == ("device" in note) == (note["epoch"] > 1)
    torch.manual_seed(99)  # whatever else happened in the process must not matter
    folder = execute(run, Surroundings(toy_workspace))
    for name in ("scores_test.npz",):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()
    first, second = (load_finished(path).result for path in (folder, expected))
    assert first["first_losses"] == second["first_losses"]
    assert first["final_loss"] == second["final_loss"]


def test_a_checkpoint_holds_tensors_and_plain_values_only(toy_workspace):
    run = first_run(toy_workspace)
    done = []
    with pytest.raises(Stopped):
        execute(run, Surroundings(toy_workspace, "cpu", lambda: bool(done), lambda *note: done.append(note)))
    attempt = next((toy_workspace.runs / ".attempts" / run.id).iterdir())
    torch.load(attempt / "checkpoint.ckpt", weights_only=True)


def test_the_numbers_of_a_run_do_not_depend_on_what_ran_before(toy_workspace, tmp_path):
    runs = [planned.run for planned in make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing]
    other = Workspace(toy_workspace.data, tmp_path / "other", toy_workspace.cache, toy_workspace.reports)
    forward = {run.id: execute(run, Surroundings(toy_workspace)) for run in runs}
    backward = {run.id: execute(run, Surroundings(other)) for run in reversed(runs)}
    for run in runs:
        assert np.array_equal(*(Scores.load(p[run.id] / "scores_test.npz").values for p in (forward, backward)))
    assert len({(path / "scores_test.npz").read_bytes() for path in forward.values()}) == len(runs)


@pytest.fixture
def carried(toy_workspace, tmp_path, monkeypatch):
    """The text of a run.json on a machine whose folder of papers is gone, and the workspace there."""
    [run] = setting_runs(load_paper("toy"), "probed", "toy", Choice(folds=(1,)), toy_workspace)
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", tmp_path / "gone")
    monkeypatch.setenv("RESOUND_BUILT_IN_PAPERS", str(tmp_path / "gone"))
    return json.dumps(run.to_dict()), toy_workspace


def test_a_run_executes_and_is_scored_without_its_paper_file(carried):
    text, workspace = carried
    run = Run.from_dict(json.loads(text))
    with pytest.raises(InputError):
        load_paper(run.paper)
    finished = load_finished(execute(run, Surroundings(workspace)))
    assert finished.run == run and finished.folder.name == run.id
    with np.load(finished.folder / "probes.npz") as probes:
        assert probes["hidden"].shape == (2, 16)
    assert len(Truths().of(finished, "test")) == 20


def test_a_worker_executes_a_run_without_its_paper_file(carried):
    text, workspace = carried
    run = Run.from_dict(json.loads(text))
    outcome = launch([Planned(run, done=False, minutes={})], Local(workspace, Local.share_out(1, "cpu", 1)))
    assert outcome.done == [run.id], outcome
    [finished] = workspace.ledger.finished()
    assert finished.run == run


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_run_is_not_made_of_other_files_than_it_was_planned_with(toy_workspace, monkeypatch, when):
    run = first_run(toy_workspace)
    dataset = type(toy_workspace.dataset_of(run))
    changed = when == "before"
    monkeypatch.setattr(dataset, "fingerprint", lambda self: "another" if changed else run.fingerprint)

    def change(*epoch):
        nonlocal changed
        changed = True

    with pytest.raises(InputError, match=r"holds other files than when the run was planned; repeat the command$"):
        execute(run, Surroundings(toy_workspace, on_epoch=change))
    assert not (toy_workspace.runs / run.id).exists()
    assert (toy_workspace.runs / ".attempts" / run.id).exists() == (when == "meanwhile")


def test_a_finished_run_is_not_repeated(toy_workspace):
    run = first_run(toy_workspace)
    assert execute(run, Surroundings(toy_workspace)) is not None
    assert execute(run, Surroundings(toy_workspace)) is None
