"""A member of a gang is its separate run: the same bits, whatever befalls it or the others."""

import csv
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.launch.gangs.perform import perform_gang
from benchmarks.launch.launcher import Ended, Said, Slots
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.gang.together import together
from benchmarks.runs.gang.turns import Seat
from benchmarks.runs.ledger import CHECKPOINT, load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.train import Stopped
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from datasets.features.cache import locked


def runs_of(workspace, target="toy.t1.plain", **choice):
    return [planned.run for planned in make_plan(select(target), Choice(**choice), workspace).missing]


def elsewhere(workspace, folder):
    return Workspace(workspace.data, folder, workspace.cache, workspace.reports)


def alone(runs, workspace, folder, **around):
    place = elsewhere(workspace, folder)
    return {run.id: execute(run, Surroundings(place, **around)) for run in runs}


def gang(runs, workspace, should_stop=lambda: False, **slots):
    told = []
    slots = Slots(1, "cpu", **{"checkpoint_seconds": 0.0, "gang": len(runs), **slots})
    perform_gang(0, runs, workspace, slots, told.append, should_stop)
    return told


def ends(told):
    return {event.run: event for event in told if isinstance(event, Ended)}


def history(folder):
    with (folder / "history.csv").open() as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def assert_same(workspace, expected):
    """All that was learnt and said is the same to the bit; provenance alone may differ."""
    for run_id, folder in expected.items():
        mine = workspace.runs / run_id
        for scores in folder.glob("scores_*.npz"):
            assert (mine / scores.name).read_bytes() == scores.read_bytes()
        assert history(mine) == history(folder)
        ours, theirs = (load_finished(one).result for one in (mine, folder))
        for name in ("first_losses", "final_loss", "selection"):
            assert ours.get(name) == theirs.get(name)


def test_members_are_bit_equal_to_separate_runs_and_say_that_they_were_members(toy_workspace, tmp_path):
    runs = runs_of(toy_workspace)
    assert len({(run.fold, run.seed) for run in runs}) == len(runs) > 2
    expected = alone(runs, toy_workspace, tmp_path / "alone")
    torch.manual_seed(5)
    before = torch.get_rng_state()
    told = gang(runs, toy_workspace)
    assert torch.equal(torch.get_rng_state(), before)  # what else the process draws is not touched
    assert {end.how for end in ends(told).values()} == {"done"} and len(ends(told)) == len(runs)
    assert_same(toy_workspace, expected)
    results = [load_finished(toy_workspace.runs / run.id).result for run in runs]
    assert {result["gang"] for result in results} == {len(runs)}
    assert all("gang" not in load_finished(folder).result for folder in expected.values())


def test_the_epochs_of_a_member_are_timed_by_its_own_turns(toy_workspace):
    """Else a plan would take each run of a gang for as long as the whole gang."""
    runs = runs_of(toy_workspace)
    gang(runs, toy_workspace)
    for run in runs:
        stored = load_finished(toy_workspace.runs / run.id)
        with (stored.folder / "history.csv").open() as file:
            epochs = sum(float(row["seconds"]) for row in csv.DictReader(file))
        assert epochs <= stored.result["seconds"]["fit"] + 0.01


def test_members_take_turns_and_their_seconds_add_up(toy_workspace):
    order = []

    def work(name, steps):
        def step(turn):
            for number in range(steps):
                order.append(name)
                torch.manual_seed(number)
                turn.pass_on()
            return name, turn.seconds()

        return step

    found = together([work("a", 3), work("b", 1), work("c", 2)])
    assert order == ["a", "b", "c", "a", "c", "a"]
    assert [name for name, _ in found] == ["a", "b", "c"] and all(seconds >= 0 for _, seconds in found)


def test_each_member_draws_what_it_draws_alone():
    """The oracle: the same draws without anybody else."""

    def drawn(seed, pass_on):
        torch.manual_seed(seed)
        found = []
        for _ in range(4):
            found.append(float(torch.rand(())))
            pass_on()
        return found

    alone = [drawn(seed, lambda: None) for seed in (1, 2, 3)]
    assert together([lambda turn, seed=seed: drawn(seed, turn.pass_on) for seed in (1, 2, 3)]) == alone


def test_as_many_features_stay_in_memory_as_members_use():
    from datasets.batches import resident

    works = [lambda turn: resident._limits[-1]] * 5
    assert together(works) == [5 * resident.SETS_KEPT] * 5
    assert resident._limits == [resident.SETS_KEPT]


def test_what_a_work_raises_comes_when_the_others_have_ended():
    ended = []

    def fails(turn):
        raise ValueError("odd")

    def works(turn):
        turn.pass_on()
        ended.append(True)

    with pytest.raises(ValueError, match="odd"):
        together([fails, works])
    assert ended == [True]


def test_a_stopped_gang_goes_on_alone_and_the_other_way_round(toy_workspace, tmp_path):
    runs = runs_of(toy_workspace)[:3]
    expected = alone(runs, toy_workspace, tmp_path / "alone")
    steps = []
    told = gang(runs, toy_workspace, lambda: steps.append(1) or len(steps) > 50, checkpoint_seconds=1e9)
    assert {end.how for end in ends(told).values()} == {"stopped"}
    assert len(list(toy_workspace.runs.glob(f".attempts/*/*/{CHECKPOINT}"))) == 3  # each saved for itself
    execute(runs[0], Surroundings(toy_workspace))  # one goes on by itself
    done = []
    with pytest.raises(Stopped):  # one by itself and again, behind which it goes on in a gang
        execute(runs[1], Surroundings(toy_workspace, "cpu", lambda: bool(done), lambda *note: done.append(note)))
    told = gang(runs, toy_workspace)
    assert [ends(told)[run.id].how for run in runs] == ["elsewhere", "done", "done"]  # the first was done already
    assert_same(toy_workspace, expected)


def test_checkpoints_of_a_member_are_those_of_its_separate_run(toy_workspace, tmp_path):
    run, other = runs_of(toy_workspace)[:2]

    def stop_after(epoch):
        seen = []
        return {"should_stop": lambda: len(seen) >= epoch, "on_epoch": lambda *note: seen.append(note)}

    place = elsewhere(toy_workspace, tmp_path / "alone")
    with pytest.raises(Stopped):
        execute(run, Surroundings(place, **stop_after(2)))

    def member(one):
        def work(turn):
            asked = stop_after(2)
            stop = asked["should_stop"]
            asked["should_stop"] = lambda: turn.pass_on() or stop()
            with pytest.raises(Stopped):
                execute(one, Surroundings(toy_workspace, **asked, seat=Seat(2, turn.seconds)))

        return work

    together([member(run), member(other)])
    [mine] = toy_workspace.runs.glob(f".attempts/{run.id}/*/{CHECKPOINT}")
    [theirs] = place.runs.glob(f".attempts/{run.id}/*/{CHECKPOINT}")
    first, second = (torch.load(path, weights_only=True) for path in (mine, theirs))
    for content in (first, second):  # how long an epoch took is the machine's
        for row in content["callbacks"]["RunKeeper"]["history"]:
            row.pop("seconds")
    assert first.keys() == second.keys()
    assert str(first) == str(second)


class Odd:
    """Makes a toy network that in fold 2 diverges, or lacks memory, in the middle of its second epoch."""

    version = 1

    def __new__(cls, what: str, num_classes: int = 2, seed: int = 0):
        from toy_parts.training import ToyModule

        class Network(ToyModule):
            def training_step(self, batch, index):
                loss = super().training_step(batch, index)
                if self.trainer.datamodule.fold == 2 and (self.current_epoch, index) == (1, 1):
                    if what == "memory" and len(WANTING) < 1:
                        WANTING.append(what)
                        raise torch.OutOfMemoryError("out of memory")
                    if what == "divergence":
                        return loss * torch.nan
                    if what == "signal":
                        os.kill(os.getpid(), signal.SIGTERM)
                return loss

        return Network(num_classes, seed)


WANTING: list = []


def odd(runs, what):
    part = {"class_path": f"{__name__}.Odd", "init_args": {"what": what}}
    return [replace(run, resolved={**run.resolved, "model": part}) for run in runs]


def test_one_that_diverges_takes_none_along(toy_workspace, tmp_path):
    runs = odd(runs_of(toy_workspace, seeds=1), "divergence")
    expected = alone([run for run in runs if run.fold != 2], toy_workspace, tmp_path / "alone")
    told = ends(gang(runs, toy_workspace))
    assert {run.fold: told[run.id].how for run in runs} == {
        run.fold: "failed" if run.fold == 2 else "done" for run in runs
    }
    [failed] = [one for one in told.values() if one.how == "failed"]
    assert "has diverged" in failed.message and "\n" not in failed.message
    assert_same(toy_workspace, expected)


def test_without_enough_memory_a_gang_is_halved_and_goes_on_from_checkpoints(toy_workspace, tmp_path):
    WANTING[:] = ["already"]
    runs = odd([run for run in runs_of(toy_workspace) if run.seed < 2], "memory")
    expected = alone(runs, toy_workspace, tmp_path / "alone")
    WANTING.clear()
    told = gang(runs, toy_workspace)
    [line] = [event.line for event in told if isinstance(event, Said)]
    assert f"not enough memory for {len(runs)} runs together; " in line and "\n" not in line
    waiting = len(runs) - max(1, len(runs) // 2)
    assert f"{waiting} of them wait, and go on from the last checkpoint" in line
    assert {end.how for end in ends(told).values()} == {"done"}
    sizes = [load_finished(toy_workspace.runs / run.id).result["gang"] for run in runs]
    assert max(sizes) == len(runs) and min(sizes) <= len(runs) // 2
    assert_same(toy_workspace, expected)


def test_a_run_without_enough_memory_for_itself_is_told_as_ever(toy_workspace, monkeypatch):
    monkeypatch.setattr(f"{__name__}.WANTING", type("Never", (list,), {"__len__": lambda self: 0})())
    runs = odd(runs_of(toy_workspace, seeds=1), "memory")
    told = ends(gang(runs, toy_workspace))
    [failed] = [one for one in told.values() if one.how == "failed"]
    assert failed.out_of_memory and failed.run == next(run.id for run in runs if run.fold == 2)


def test_a_signal_saves_all(toy_workspace, tmp_path):
    runs, asked = odd(runs_of(toy_workspace, seeds=1), "signal"), []
    before = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        told = gang(runs, toy_workspace, lambda: bool(asked), checkpoint_seconds=1e9)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert {end.how for end in ends(told).values()} == {"stopped"} and asked
    for run in runs:
        [saved] = toy_workspace.runs.glob(f".attempts/{run.id}/*/{CHECKPOINT}")
        assert torch.load(saved, weights_only=True)["epoch"] == 1
    assert {end.how for end in ends(gang(runs, toy_workspace)).values()} == {"done"}
    assert np.isfinite(Scores.load(toy_workspace.runs / runs[0].id / "scores_test.npz").values).all()


def test_nobody_else_gets_a_turn_while_a_member_makes_features(toy_workspace, tmp_path, monkeypatch):
    """Members want the same features: whoever makes them holds a lock for which the others wait in this process."""

    def waited():
        raise AssertionError("waits for a lock that a member of its own gang holds")

    def makes_features(run, around):
        with locked(tmp_path / "features.lock", waited):
            for done in range(3):
                around.on_item(done + 1, 3)
        for _ in range(2):
            around.should_stop()
        return tmp_path

    monkeypatch.setattr("benchmarks.runs.execute.execute", makes_features)
    told = ends(gang(runs_of(toy_workspace), toy_workspace))
    assert len(told) > 2 and {(one.how, one.message) for one in told.values()} == {("done", "")}
