"""Worker processes that hang, die, hold memory or lose their launcher; what they work on costs nothing here."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from benchmarks.launch import local
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Free, Slots, launcher_named
from benchmarks.launch.local import Local, LocalOptions
from benchmarks.launch.memory import Holding
from benchmarks.launch.perform import ran_out_of_memory
from benchmarks.launch.worker import Alive, StopSignal
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Planned
from datasets.processes import ProcessDied
from tests.benchmarks.launch.test_memory import RUN

FORK = multiprocessing.get_context("fork")


def serve(connection, slot, slots, workspace, log):
    """A worker whose runs do what their setting says."""
    log.write_text("its last words\n")
    connection.send(Free(slot))
    while True:
        try:
            run = connection.recv()
        except EOFError:
            os._exit(0)
        if run.setting == "deaf":  # to whatever asks it to stop
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        connection.send(Alive(slot, Holding(100.0, 1e6), True))
        if run.setting in ("hangs", "deaf"):
            time.sleep(600)
        if run.setting == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send(
            Ended(slot, run.id, "failed", out_of_memory=True) if run.setting == "large" else done(slot, run)
        )


def done(slot, run):
    return Ended(slot, run.id, "done", str(os.getpid()))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "serve", serve)
    monkeypatch.setattr(local, "_context", lambda: FORK)
    workspace = SimpleNamespace(runs=tmp_path / "runs", ledger=Ledger(tmp_path / "runs"))
    monkeypatch.setattr(local, "replace", lambda one: one)
    return workspace


def planned(*settings):
    return [Planned(replace(RUN, setting=setting), False, {}) for setting in settings]


def swept(workspace, *settings, jobs=1, launcher=Local):
    runs = planned(*settings)
    outcome = launch(runs, launcher(workspace, Slots(jobs, "cpu")))
    names = {one.run.id: one.run.setting for one in runs}
    return [names[run] for run in outcome.done], {names[run]: message for run, message in outcome.failed.items()}


def test_a_run_that_is_killed_is_tried_again_and_told(workspace):
    done, failed = swept(workspace, "dies", "healthy")
    assert done == ["healthy"] and list(failed) == ["dies"]
    assert "its worker process died (signal SIGKILL, as when memory runs out)" in failed["dies"]
    [failure] = workspace.ledger.failures().values()
    assert failure["trace"] == "its last words\n"


def test_a_run_that_makes_no_progress_is_ended(workspace):
    impatient = launcher_named("local:timeout=0.002")
    done, failed = swept(workspace, "hangs", "healthy", jobs=2, launcher=impatient)
    assert done == ["healthy"] and "made no progress for 0.002 minutes and was ended" in failed["hangs"]


def test_a_run_that_does_not_save_when_it_is_asked_to_is_ended(workspace, monkeypatch):
    monkeypatch.setattr(local, "SAVE_SECONDS", 0.3)
    one = Local(workspace, Slots(1, "cpu"))
    one.open(0)
    assert list(one.events(20)) == [Free(0)]
    one.submit(0, planned("deaf")[0])
    assert not list(one.events(20))  # it has said that it is at work
    one.stop()
    until, gone = time.monotonic() + 30, []
    while not gone and time.monotonic() < until:
        gone = list(one.events(0.1))
    [event] = gone
    assert event.message.startswith("was asked to stop, said nothing for 0.3 seconds and was ended; see ")
    one.close()


def test_time_in_which_nobody_listened_is_no_silence(workspace, monkeypatch):
    one = launcher_named("local:timeout=0.5")(workspace, Slots(1, "cpu"))
    one.open(0)
    assert list(one.events(10)) == [Free(0)]
    one.submit(0, planned("hangs")[0])
    hour = time.monotonic() + 3600
    monkeypatch.setattr(local.time, "monotonic", lambda: hour)  # the machine slept
    assert list(one.events(0.1)) == []
    assert one._workers[0].silence <= local.LOOK_SECONDS
    monkeypatch.undo()
    one.close()


def test_before_a_run_is_tried_again_the_others_let_go(workspace):
    """The workers that have had a run end; the sweep does not wait for them."""
    one, found = Local(workspace, Slots(2, "cpu")), {}

    def clear(slot):
        Local.clear(one, slot)
        found.update({worker.reason: worker.is_warm for number, worker in one._workers.items() if number != slot})

    one.clear = clear
    runs = planned("large", "healthy")
    outcome = launch(runs, one)
    assert (outcome.done, list(outcome.failed)) == ([runs[1].run.id], [runs[0].run.id])
    assert found in ({"made room": True}, {"": False})  # the second worker may have come late


def test_more_run_at_a_time_only_as_far_as_memory_goes(workspace):
    """Of 150 MiB beside what is left to others, runs of 100 get in one after the other."""
    settings = [f"healthy {number}" for number in range(4)]
    one = launcher_named("local:memory=0.65")(workspace, Slots(2, "cpu"))
    beside = []
    one.submit_gang = lambda slot, runs: (
        beside.append(sum(bool(worker.runs) for worker in one._workers.values())),
        Local.submit_gang(one, slot, runs),
    )
    outcome = launch(planned(*settings), one)
    assert len(outcome.done) == 4 and beside == [0, 0, 0, 0]


def test_who_waits_for_features_is_not_silent_while_another_makes_them(workspace):
    one = Local(workspace, Slots(2, "cpu"))
    for slot in (0, 1):
        one.open(slot)
        one._workers[slot].run, one._workers[slot].silence = RUN, 50.0
    signs = [Alive(0, Holding(1.0, 1e6), is_training) for is_training in (False, True, False)]
    assert not list(one._noted(0, one._workers[0], signs[0])) and one._workers[1].silence == 0.0
    one._workers[1].silence = 60.0
    assert not list(one._noted(0, one._workers[0], signs[1])) and one._workers[1].silence == 60.0
    one._workers[1].is_training = True
    assert not list(one._noted(0, one._workers[0], signs[2])) and one._workers[1].silence == 60.0
    one.close()


@pytest.mark.parametrize(("text", "field"), [("timeout=0", "timeout"), ("memory=-1", "memory")])
def test_options_are_checked(text, field):
    assert LocalOptions() == Local.options
    with pytest.raises(ValueError, match=field):
        launcher_named(f"local:{text}")


def test_what_memory_runs_out_of():
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 50)
    died = ProcessDied("a process died")
    for error in (MemoryError(), torch.OutOfMemoryError("of the accelerator"), OSError(12, "no"), refused.value, died):
        assert ran_out_of_memory(error)
    assert not ran_out_of_memory(RuntimeError("the toy was told to fail")) and not ran_out_of_memory(
        OSError(28, "full")
    )


def test_a_worker_in_the_middle_of_a_long_step_ends_with_its_launcher():
    told, tell = FORK.Pipe(duplex=False)

    def work():
        StopSignal().end_alone(0.2)
        tell.send(os.getpid())
        time.sleep(600)

    def start():
        FORK.Process(target=work).start()
        time.sleep(600)

    launcher = FORK.Process(target=start)
    launcher.start()
    assert told.poll(30)
    worker = told.recv()
    time.sleep(0.3)
    os.kill(worker, 0)  # there as long as its launcher is
    launcher.kill()
    launcher.join()
    for _ in range(200):
        time.sleep(0.05)
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker outlived its launcher")
