"""Which runs share a slot, and that a sweep gives every one of them its own end."""

import time
from dataclasses import replace

import pytest

from benchmarks.launch.driver import launch
from benchmarks.launch.gangs.mates import gang_lines, mates
from benchmarks.launch.launcher import Ended, Free, Gone, Launcher, Slots, Started
from benchmarks.launch.local import Local
from benchmarks.launch.sweeps import SweepRecord
from benchmarks.runs.ledger import load_finished
from benchmarks.runs.plan import Choice, Planned, make_plan
from benchmarks.spec import select


def missing(workspace, target="toy.t1", **choice):
    return make_plan(select(target), Choice(**choice), workspace).missing


def test_mates_differ_in_fold_and_seed_alone(toy_workspace):
    runs = missing(toy_workspace)
    first = next(one for one in runs if one.run.setting == "plain")
    along = mates(first, runs, 3)
    assert len(along) == 2 and first not in along
    assert {one.run.recipe for one in along} == {first.run.recipe}
    assert mates(first, runs, 1) == []
    estimator = Planned(replace(first.run, resolved={**first.run.resolved, "trainer": {}}), False, {})
    assert mates(estimator, [estimator, *runs], 3) == []


def test_gangs_that_are_smaller_than_asked_are_one_line(toy_workspace):
    runs = missing(toy_workspace, "toy.t1.plain")
    assert gang_lines(runs, len(runs)) == gang_lines(runs, 1) == gang_lines([], 4) == []
    [line] = gang_lines(runs, 50)
    assert line.startswith(f"--gang 50: gangs have {len(runs)} runs at most") and "\n" not in line
    assert "gangs have 1 run at most" in gang_lines(runs[:1], 2)[0]
    first = runs[0]
    estimator = replace(first, run=replace(first.run, resolved={**first.run.resolved, "trainer": {}}))
    assert gang_lines([estimator] * 3, 2) == ["--gang 2: goes unused, for estimators are fitted in one go"]


class Told(Launcher):
    """Has one slot, and ends what it is given as its script says: an event after the other for each gang."""

    @classmethod
    def share_out(cls, jobs, device, runs):
        return Slots(jobs or 1, device)

    def open(self, slot):
        self.given = getattr(self, "given", [])
        self.happened = [Free(slot)]

    def submit(self, slot, planned):
        self.submit_gang(slot, [planned])

    def submit_gang(self, slot, planned):
        self.given.append([one.run.id for one in planned])
        self.happened += self.script.pop(0)(slot, [one.run.id for one in planned])

    def events(self, seconds):
        events, self.happened = self.happened, []
        return events

    def stop(self):
        pass

    def close(self):
        pass


def all_done(slot, ids):
    return [Ended(slot, run, "done") for run in ids]


def made(workspace, *script):
    launcher = Told(workspace, Slots(1, "cpu", gang=3))
    launcher.script = list(script)
    return launcher


def test_a_slot_is_free_when_the_last_of_its_gang_has_ended(toy_workspace):
    runs = missing(toy_workspace, "toy.t1.plain")
    heard = []
    launcher = made(toy_workspace, *[all_done] * len(runs))
    outcome = launch(runs, launcher, heard.append)
    assert sorted(outcome.done) == sorted(one.run.id for one in runs)
    assert [len(some) for some in launcher.given] == [3] * (len(runs) // 3) + [len(runs) % 3] * (len(runs) % 3 > 0)
    assert sorted(event.run for event in heard if isinstance(event, Started)) == sorted(outcome.done)


def test_of_a_gang_whose_process_dies_each_is_tried_alone(toy_workspace):
    runs = missing(toy_workspace, "toy.t1.plain")[:3]

    def dies(slot, ids):
        return [Ended(slot, ids[0], "done"), Gone(slot, "died")]

    launcher = made(toy_workspace, dies, all_done, all_done)
    outcome = launch(runs, launcher)
    assert sorted(outcome.done) == sorted(one.run.id for one in runs)
    assert [len(some) for some in launcher.given] == [3, 1, 1]


def test_a_note_of_a_sweep_shows_every_member(toy_workspace):
    runs = missing(toy_workspace, "toy.t1.plain")[:3]
    launcher = made(toy_workspace)
    with SweepRecord(toy_workspace.runs, "toy", "local") as record:
        record.begin(runs, type("Any", (), {"slots": launcher.slots, "expected_seconds": lambda self, one: 1.0})())
        for one in runs:
            record(Started(0, one.run.id))
        note = record.note()
        assert [slot.run for slot in note.slots.values()] == [one.run.id for one in runs]
        assert note.waiting == 0 and note.jobs == 3
        record(Ended(0, runs[0].run.id, "done"))
        assert len(record.note().slots) == 2 and record.note().done == 1
        record(Gone(0, "died"))
        assert record.note().slots == {} and time.time() >= note.updated


class Single(Told):
    """A launcher that knows of no gangs."""

    submit_gang = Launcher.submit_gang

    def submit(self, slot, planned):
        self.given.append(planned)


def test_a_launcher_without_gangs_is_handed_one_run(toy_workspace):
    run, other = missing(toy_workspace, "toy.t1.plain")[:2]
    single = Single(toy_workspace, Slots(1, "cpu"))
    single.open(0)
    single.submit_gang(0, [run])
    assert single.given == [run]
    with pytest.raises(ValueError, match="too many values"):
        single.submit_gang(0, [run, other])


def test_a_warm_worker_trains_a_gang(toy_workspace):
    runs = missing(toy_workspace, "toy.t1.plain")[:3]
    outcome = launch(runs, Local(toy_workspace, Slots(1, "cpu", gang=3)))
    assert sorted(outcome.done) == sorted(one.run.id for one in runs) and not outcome.failed
    assert {load_finished(toy_workspace.runs / run).result["gang"] for run in outcome.done} == {3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--launcher", "ray", "--gang", "2"), "--gang 2 --launcher ray: its slots take one run each; use local"),
        (("--launcher", "local:graph=yes", "--device", "cpu"), "captures what an accelerator does"),
        (("--launcher", "local:compile=yes", "--device", "cpu"), "makes training on a CPU slower"),
    ],
)
def test_what_cannot_be_is_one_line(toy_command, words, said):
    process = toy_command("run", "toy.t1.plain", *words)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2 and said in errors and len(errors.splitlines()) == 1
