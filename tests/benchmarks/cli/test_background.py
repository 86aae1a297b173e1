"""What trains in the background, as real processes."""

import json
import os
import re
import signal
import time

import pytest

from benchmarks.launch.background import Trainer, heading
from benchmarks.launch.sweeps import notes

#: Seconds that any of it may take on a machine with much to do.
PATIENCE = 240.0
COMMAND = ("run", "toy.t1.slow", "--background", "--launcher", "toy_parts.load.Watched")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "nice"), reason="a system without priorities")]


def until(happens, what):
    """Wait for something; what it is, is said where it does not happen."""
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.05)
    return found


class Machine:
    """A store with its trainer, and how busy others are."""

    def __init__(self, toy_command, tmp_path):
        self.start, self.load = toy_command, tmp_path / "load"
        self.runs = tmp_path / "runs"
        self.trainer = Trainer(self.runs)
        self.is_busy(0.0)

    def is_busy(self, share):
        written = self.load.with_suffix(".new")
        written.write_text(str(share))
        written.replace(self.load)

    def call(self, *arguments, **more):
        """Exit code, output and errors of a command."""
        process = self.start(*arguments, env={"TOY_LOAD": str(self.load), **more})
        output, errors = process.communicate(timeout=PATIENCE)
        return process.returncode, output, errors

    def begin(self):
        code, output, errors = self.call(*COMMAND)
        assert code == 0, errors
        return int(re.search(r"process (\d+)", output)[1])

    def done(self):
        return len(list(self.runs.glob("*-s*-*/result.json")))

    def epoch(self):
        """How far the run at work is."""
        for path in self.runs.glob(".attempts/*/*/progress.json"):
            try:
                return json.loads(path.read_text())["epoch"]
            except (OSError, ValueError):
                return 0
        return 0

    def status(self):
        return self.call("status")[1]

    def is_paused(self):
        """Whether its note says that it stands aside."""
        return any(note["paused"] for _, note, alive in notes(self.runs) if alive)


@pytest.fixture
def machine(toy_command, tmp_path):
    found = Machine(toy_command, tmp_path)
    yield found
    if (note := found.trainer.note()) and "pid" in note:
        os.kill(note["pid"], signal.SIGKILL)


def test_it_is_alone_last_in_line_in_no_terminal_and_ends_with_its_work(machine):
    machine.is_busy(1.0)
    code, output, _ = machine.call(*COMMAND)
    pid = int(re.search(r"process (\d+)", output)[1])
    assert code == 0 and str(machine.trainer.log) in output and "python -m benchmarks stop" in output
    assert machine.trainer.note()["pid"] == pid and not machine.done()
    assert os.getsid(pid) == pid and os.getpriority(os.PRIO_PROCESS, pid) == 19
    code, output, errors = machine.call(*COMMAND)
    assert code == 2 and not output and errors.count("\n") == 1
    assert f"has a background trainer already, of toy.t1.slow (process {pid})" in errors
    machine.is_busy(0.0)
    until(lambda: machine.trainer.note() is None, "the end of the trainer")
    assert machine.done() == 4
    code, _, errors = machine.call(*COMMAND)
    assert code == 0 and "nothing to train" in errors and machine.trainer.note() is None


def test_killed_at_once_it_goes_on_by_the_same_command_to_the_same_numbers(machine, tmp_path):
    pid = machine.begin()
    until(lambda: machine.epoch() > 3, "some epochs")
    os.kill(pid, signal.SIGKILL)
    until(lambda: machine.trainer.note() is None, "the end of the trainer")
    assert "cut     toy.t1.slow" in machine.status()
    machine.begin()
    until(lambda: machine.trainer.note() is None, "the end of the trainer")
    assert machine.done() == 4
    there = ("--runs", str(tmp_path / "undisturbed"), "--launcher", "background:pause=100")
    assert machine.call("run", "toy.t1.slow", *there)[0] == 0
    stored = {path.parent.name: path.read_bytes() for path in machine.runs.glob("*/scores_test.npz")}
    undisturbed = {path.parent.name: path.read_bytes() for path in tmp_path.glob("undisturbed/*/scores_test.npz")}
    assert stored == undisturbed and len(stored) == 4


def test_it_stands_aside_while_the_machine_is_busy_and_not_for_a_moment(machine):
    machine.begin()
    until(lambda: machine.epoch() > 0, "an epoch")
    machine.is_busy(0.6)  # below the bound above which it pauses
    done = machine.done()
    until(lambda: machine.done() > done, "the end of a run")
    until(lambda: machine.epoch() > 0, "an epoch of the next")
    machine.is_busy(0.9)
    until(machine.is_paused, "it to stand aside")
    assert "(toy_parts.load.Watched, paused: the machine is busy, process" in machine.status()
    machine.is_busy(0.6)  # above the bound below which it goes on
    far = machine.done(), machine.epoch()
    time.sleep(1.0)
    assert (machine.done(), machine.epoch()) == far and machine.is_paused()
    machine.is_busy(0.4)
    until(lambda: machine.trainer.note() is None, "the end of the trainer")
    log = machine.trainer.log.read_text()
    assert machine.done() == 4 and 0 < log.index("paused: the machine is busy") < log.index("goes on")


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["at work", "aside"])
def test_stopped_it_saves_and_goes_on_another_time(share, machine):
    machine.begin()
    until(lambda: machine.epoch() > 1, "some epochs")
    machine.is_busy(share)
    if share:
        until(machine.is_paused, "it to stand aside")
    code, output, errors = machine.call("stop")
    assert (code, output) == (0, "toy.t1.slow: saved and stopped; the same command continues\n"), errors
    assert machine.trainer.note() is None and machine.done() < 4
    assert list(machine.runs.glob(".attempts/*/*/checkpoint.ckpt"))
    code, output, _ = machine.call("stop")
    assert code == 0 and output == f"{machine.runs}: nothing runs in the background\n"


def test_what_cannot_be_is_one_line(machine, capfd):
    for more, said in {
        ("--jobs", "2"): "--jobs 2: in the background there is one run at a time",
        ("--gang", "2"): "--gang 2: in the background there is one run at a time; leave it out",
        ("--launcher", "local:memory=2"): "is no launcher for the background",
        ("--launcher", "background:pause=0"): "pause",
    }.items():
        code, output, errors = machine.call("run", "toy.t1.slow", "--background", *more)
        assert code == 2 and not output and said in errors and errors.count("\n") == 1, errors
    (machine.runs / ".background").mkdir(parents=True)
    with machine.trainer.held("toy.t1"):
        machine.trainer.claim.write_text(json.dumps({"pid": 1, "host": "another", "target": "toy.t1"}))
        code, _, errors = machine.call("stop")  # a store that several machines share
        assert code == 2 and "its background trainer is on another; stop it there" in errors
        assert "begins  toy.t1 (background, process 1 on another)" in machine.status()
        for note in ("", "[1]", '{"pid": "x"}', '{"pid": 1}'):
            machine.trainer.claim.write_text(note)
            code, _, errors = machine.call("stop")
            assert code == 2 and "does not tell the process that holds it" in errors, errors
            assert machine.trainer.note() == {} and "it does not tell its process" in machine.status()


def test_more_than_an_hour_is_asked_for_first(machine):
    code, output, errors = machine.call("run", "toy.t1.slow", "--background", "--seeds", "6000")
    assert (code, machine.trainer.note()) == (2, None) and "add --yes to start" in errors and "missing" in output


def test_of_two_that_are_started_at_once_one_tells_that_it_is_not_needed(machine):
    machine.is_busy(1.0)
    first, second = (machine.start(*COMMAND, env={"TOY_LOAD": str(machine.load)}) for _ in range(2))
    told = [process.communicate(timeout=PATIENCE) for process in (first, second)]
    codes = [process.returncode for process in (first, second)]
    assert sorted(codes) == [0, 2], told
    output, errors = told[codes.index(2)]
    assert not output and "has a background trainer already, of toy.t1.slow" in errors and errors.count("\n") == 1
    assert "runs in the background" in told[codes.index(0)][0]


def test_what_a_trainer_said_is_told_apart_from_what_another_one_did(machine):
    assert machine.trainer.last_line(7) == "it ended without a word, as where its log cannot be written"
    machine.trainer.log.parent.mkdir(parents=True)
    of_nine = "resound: 1 run left; the time given is too short\n\nThe pages: report"
    sections = (7, "resound: no such data"), (8, "[1/2] done"), (9, of_nine), (77, "")
    machine.trainer.log.write_text("".join(f"-- 2026-01-01 00:00{heading(pid)}run\n{said}\n" for pid, said in sections))
    assert machine.trainer.last_line(8) == "[1/2] done"
    assert machine.trainer.last_line(9) == "1 run left; the time given is too short"
    assert machine.trainer.last_line(77).startswith("it ended without a word")
