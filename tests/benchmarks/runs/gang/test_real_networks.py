"""Members with the papers' own networks on the miniature, narrow: separate runs to the bit, captured or not."""

from dataclasses import replace

import pytest
import torch

from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.gang.capture import Eager
from benchmarks.runs.gang.fixed import kept_in_place
from benchmarks.runs.ledger import CHECKPOINT, load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.train import Stopped
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from models.acrnn import ACRNNModule
from models.kernels import compiled
from tests.benchmarks.runs.gang.test_gang import alone, assert_same, ends, gang

SMOKE = {"tier": "smoke", "corpus": "miniature", "seeds": 2}
#: A setting that ends with its last weights, one of another network, and one that validates and selects.
TARGETS = {
    "acrnn": ("acrnn.t3.att.esc10", "esc50"),
    "piczak": ("acrnn.t1.piczak.esc10", "esc50"),
    "tags": ("edc.t3.4_mixup.om_dcase", "dcase2018_domestic"),
}


@pytest.fixture(autouse=True)
def one_thread():
    """Members are threads; with more of them for each one, a busy machine waits more than it works."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def workspace(tmp_path, miniature_esc50, miniature_domestic):
    place = tmp_path / "cache" / "miniature"
    place.mkdir(parents=True)
    (place / "esc50").symlink_to(miniature_esc50)
    (place / "dcase2018_domestic").symlink_to(miniature_domestic)
    return Workspace(tmp_path / "data", tmp_path / "runs", tmp_path / "cache", tmp_path / "reports")


def some(workspace, name, epochs=2):
    """Two seeds of a setting, for some epochs; of ACRNN with a rate that falls."""
    plan = make_plan(select(TARGETS[name][0]), Choice(**SMOKE), workspace)
    runs = [one.run for one in plan.missing if one.run.dataset in ("esc10", "dcase")][:2]
    assert len({run.seed for run in runs}) == 2
    return [changed(run, epochs) for run in runs]


def changed(run, epochs):
    resolved = {**run.resolved, "trainer": {**run.resolved["trainer"], "max_epochs": epochs}}
    arguments = dict(resolved["model"]["init_args"])
    if "drops" in arguments:
        arguments["drops"] = [1]
    return replace(run, resolved={**resolved, "model": {**resolved["model"], "init_args": arguments}})


@pytest.mark.parametrize("name", TARGETS)
def test_a_member_is_its_separate_run(workspace, tmp_path, name):
    runs = some(workspace, name)
    expected = alone(runs, workspace, tmp_path / "alone")
    assert {end.how for end in ends(gang(runs, workspace)).values()} == {"done"}
    assert_same(workspace, expected)
    first, second = (
        Scores.load(folder / next(folder.glob("scores_*.npz")).name).values for folder in expected.values()
    )
    assert first.shape == second.shape and (first != second).any()  # the seeds do differ


class InDoubles(ACRNNModule):
    """ACRNN in float64."""

    version = 1

    def setup(self, stage):
        self.double()

    def forward(self, x):
        return super().forward(x.double())

    def training_step(self, batch, batch_idx):
        return super().training_step((batch[0], batch[1].double()), batch_idx)


def test_in_float64_too(workspace, tmp_path):
    runs = [
        replace(
            run, resolved={**run.resolved, "model": {**run.resolved["model"], "class_path": f"{__name__}.InDoubles"}}
        )
        for run in some(workspace, "acrnn", epochs=2)
    ]
    expected = alone(runs, workspace, tmp_path / "alone")
    gang(runs, workspace)
    for run_id, folder in expected.items():
        mine, theirs = (load_finished(place).result["first_losses"] for place in (workspace.runs / run_id, folder))
        assert mine == pytest.approx(theirs, rel=1e-12) and len(set(mine)) > 1


class Graphlike(Eager):
    """Does on a CPU what a captured graph does: warms up, restores, and keeps the rates that it was captured with."""

    made = 0

    def prepare(self, step, module, optimizer):
        with kept_in_place(module, optimizer):
            for _ in range(3):
                step()
        optimizer.zero_grad(set_to_none=True)
        super().prepare(step, module, optimizer)
        self.optimizer, self.rates = optimizer, [group["lr"] for group in optimizer.param_groups]
        type(self).made += 1

    def replay(self):
        told = [group["lr"] for group in self.optimizer.param_groups]
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate
        try:
            return super().replay()
        finally:
            for group, rate in zip(self.optimizer.param_groups, told, strict=True):
                group["lr"] = rate


@pytest.mark.slow
@pytest.mark.parametrize("name", ["acrnn", "piczak"])
def test_compiled_pieces_train_the_same_up_to_rounding_and_the_result_tells(workspace, tmp_path, monkeypatch, name):
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")
    run, _ = some(workspace, name, epochs=1)
    expected = load_finished(alone([run], workspace, tmp_path / "alone")[run.id]).result
    execute(run, Surroundings(workspace, kernels="compiled", capture=Graphlike))
    compiled._compiled.cache_clear()
    found = load_finished(workspace.runs / run.id).result
    assert found["first_losses"] == pytest.approx(expected["first_losses"], rel=1e-3)
    assert found["device"]["kernels"] == ("compiled" if name == "acrnn" else "native")  # PiczakCNN normalises nothing


@pytest.mark.parametrize("way", ["eager", Graphlike])
@pytest.mark.parametrize("name", TARGETS)
def test_captured_steps_are_the_plain_ones(workspace, tmp_path, name, way):
    [run, _] = some(workspace, name)
    expected = alone([run], workspace, tmp_path / "alone")
    Graphlike.made = 0
    execute(run, Surroundings(workspace, capture=way))
    assert_same(workspace, expected)
    told = load_finished(workspace.runs / run.id).result["capture"]
    epochs = len((workspace.runs / run.id / "history.csv").read_text().splitlines()) - 1
    assert told["steps"] > 0 and told["steps"] % epochs == 0 and "failed" not in told
    if way is Graphlike:  # one for each form of batch, made anew where the rate falls
        assert Graphlike.made == told["captures"] > 0 and (name != "acrnn" or Graphlike.made % 2 == 0)


def test_checkpoints_of_captured_steps_serve_plain_ones(workspace, tmp_path):
    [run, _] = some(workspace, "piczak", epochs=5)
    expected = alone([run], workspace, tmp_path / "alone")
    for capture in (Graphlike, None):
        done = []
        around = Surroundings(
            workspace, "cpu", lambda done=done: bool(done), lambda *n, d=done: d.append(n), capture=capture
        )
        with pytest.raises(Stopped):
            execute(run, around)
    [saved] = workspace.runs.glob(f".attempts/*/*/{CHECKPOINT}")
    loops = torch.load(saved, weights_only=True)["loops"]["fit_loop"]
    steps = loops["epoch_loop.automatic_optimization.optim_progress"]["optimizer"]["step"]["total"]["completed"]
    assert steps == loops["epoch_loop.batch_progress"]["total"]["completed"] > 0
    execute(run, Surroundings(workspace))
    assert_same(workspace, expected)


class Refuses(Eager):
    """What the driver of an accelerator says of a step that waits for it."""

    def prepare(self, step, module, optimizer):
        with kept_in_place(module, optimizer):
            step()
        raise RuntimeError("operation not permitted\nwhen stream is capturing")


def test_a_capture_that_fails_is_said_once_and_noted(workspace, tmp_path):
    [run, _] = some(workspace, "acrnn")
    expected, said = alone([run], workspace, tmp_path / "alone"), []
    execute(run, Surroundings(workspace, capture=Refuses, say=said.append))
    [line] = said
    assert "could not be captured (operation not permitted when stream" in line and "\n" not in line
    assert load_finished(workspace.runs / run.id).result["capture"]["failed"].startswith("operation not permitted")
    assert_same(workspace, expected)


def test_what_is_not_ours_is_made_step_by_step(workspace):
    [run, _] = some(workspace, "acrnn", epochs=1)
    part = {**run.resolved["model"], "class_path": f"{__name__}.InDoubles"}
    run, said = replace(run, resolved={**run.resolved, "model": part}), []
    folder = execute(run, Surroundings(workspace, capture="eager", say=said.append))
    assert load_finished(folder).result["capture"] == {"refused": "its network is none of the papers'"}
    assert len(said) == 1
