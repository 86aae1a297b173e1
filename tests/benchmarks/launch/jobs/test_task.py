"""What a job does on its node, by submitit's debug executor: it follows its orders, and goes on where it was."""

import os
import signal
import threading
import time

import pytest
import submitit

from benchmarks.launch.jobs import task
from benchmarks.launch.jobs.spool import Order, Spool, write_sweep
from benchmarks.launch.jobs.task import TAKEN, TIME_IS_UP, TIMES_UP, Task
from benchmarks.launch.launcher import Ended, Epoch, Free, Slots
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select


@pytest.fixture
def spool(toy_workspace, tmp_path, monkeypatch):
    """The launcher's side of a job whose launcher is gone for good once the job has begun."""
    monkeypatch.setattr(task, "LONE_SECONDS", 0.5)
    write_sweep(tmp_path / "sweep", toy_workspace, Slots(1, "cpu", checkpoint_seconds=0.0))
    return Spool(tmp_path / "sweep" / "0")


def planned(row, workspace):
    return make_plan(select(f"toy.t1.{row}.toy"), Choice(seeds=1, folds=(1,)), workspace).missing[0]


def performed(spool):
    """What a job says that submitit performs on these orders; returns its last events."""
    submitit.AutoExecutor(spool.folder.parent / "submitit", cluster="debug").submit(Task(), str(spool.folder)).result()
    return list(spool.events())


@pytest.mark.slow
def test_a_job_without_a_launcher_finishes_what_it_has_and_ends(spool, toy_workspace):
    run = planned("plain", toy_workspace)
    spool.order(Order("open", 4))
    spool.order(Order("run", 4, run))
    events = performed(spool)
    assert [event for event in events if not isinstance(event, Epoch)] == [Ended(4, run.run.id, "done")]
    assert [one.run.id for one in Ledger(toy_workspace.runs).finished()] == [run.run.id]
    assert signal.getsignal(TAKEN) == signal.SIG_DFL
    assert {type(event) for event in performed(spool)} <= {Free}  # once more on the same orders: nothing is left to do


CHECKPOINTS = ".attempts/*/*/checkpoint.ckpt"


def once_saved(workspace, act):
    """Do something, from a thread, as soon as a run has written a checkpoint."""

    def wait():
        while not list(workspace.runs.glob(CHECKPOINTS)):
            time.sleep(0.01)
        act()

    threading.Thread(target=wait, daemon=True).start()


@pytest.mark.slow
def test_a_job_that_is_taken_away_saves_and_asks_for_another_that_goes_on(spool, toy_workspace):
    """submitit's handler of the signal is called when all is saved, and what it submits again is the same job."""
    run, asked = planned("slow", toy_workspace), []
    previous = signal.signal(TAKEN, lambda number, frame: asked.append(list(toy_workspace.runs.glob(CHECKPOINTS))))
    spool.order(Order("open", 0))
    spool.order(Order("run", 0, run))
    try:
        once_saved(toy_workspace, lambda: os.kill(os.getpid(), TAKEN))
        first = performed(spool)
    finally:
        signal.signal(TAKEN, previous)
    assert len(asked) == 1 and len(asked[0]) == 1
    assert not [event for event in first if isinstance(event, Ended)]  # the launcher need not know
    again = Task().checkpoint(str(spool.folder))
    assert isinstance(again.function, Task) and again.args == (str(spool.folder),)
    second = performed(spool)
    assert second[-1] == Ended(0, run.run.id, "done")
    epochs = [event.epoch for event in [*first, *second] if isinstance(event, Epoch)]
    assert epochs == sorted(set(epochs))  # no epoch was trained twice


@pytest.mark.slow
def test_a_job_that_is_told_to_stop_saves_and_says_so(spool, toy_workspace):
    run = planned("slow", toy_workspace)
    spool.order(Order("open", 0))
    spool.order(Order("run", 0, run))
    once_saved(toy_workspace, lambda: spool.order(Order("stop")))
    assert performed(spool)[-1] == Ended(0, run.run.id, "stopped")
    assert list(toy_workspace.runs.glob(CHECKPOINTS))


def test_what_never_comes_to_the_end_of_an_epoch_is_given_up(spool, toy_workspace):
    run = planned("slow", toy_workspace)
    spool.order(Order("run", 0, run))
    for _ in range(TIMES_UP):
        spool.tell(Free(0))
        spool.note(TIME_IS_UP)
    [end] = [event for event in performed(spool) if isinstance(event, Ended)]
    assert (end.run, end.how) == (run.run.id, "failed")
    assert end.message == f"made no epoch in {TIMES_UP} jobs until their time was up; give it more"


def test_a_job_that_comes_back_after_the_sweep_was_stopped_begins_nothing(spool, toy_workspace):
    run = planned("slow", toy_workspace)
    for order in (Order("open", 0), Order("run", 0, run), Order("stop")):
        spool.order(order)
    assert performed(spool) == [Ended(0, run.run.id, "stopped")]
    assert not list(toy_workspace.runs.glob(".attempts/*"))
