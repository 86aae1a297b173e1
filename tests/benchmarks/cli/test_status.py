"""What `status` says of a store: sweeps, what goes on, what waits to go on, what failed; for people and programs."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.cli import status
from benchmarks.cli.main import run_command_line
from benchmarks.cli.status import status_lines, status_of
from benchmarks.launch import sweeps
from benchmarks.launch.launcher import Ended, Epoch, Pulse, Slots, Started
from benchmarks.launch.sweeps import SweepRecord
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A workspace in which sweeps write every event."""
    monkeypatch.setattr(sweeps, "NOTE_SECONDS", 0.0)
    return workspace_in(tmp_path)


def lines(workspace):
    return list(status_lines(status_of(workspace)))


def leave_attempt(workspace, run_id, progress=None, checkpoint=False):
    """An attempt that nobody works on."""
    folder = workspace.runs / ".attempts" / run_id / "0123456789abcdef"
    folder.mkdir(parents=True)
    if progress:
        (folder / "progress.json").write_text(json.dumps(progress))
    if checkpoint:
        (folder / "checkpoint.ckpt").write_bytes(b"weights")


def sweep_of(workspace, *names, jobs=2):
    """The record of a sweep of these runs, of which each is expected to take a minute; not entered yet."""
    launcher = SimpleNamespace(slots=Slots(jobs, "cpu"), expected_seconds=lambda planned: 60.0)
    record = SweepRecord(workspace.runs, "toy.t1", "local")
    record.begin([SimpleNamespace(run=SimpleNamespace(id=name)) for name in names], launcher)
    return record


def test_a_store_that_is_not_there_has_nothing(here):
    assert lines(here) == ["0 runs done (0.0 h), 0 failed, 0 running"]
    assert not here.runs.exists()


def test_landed_runs_are_told_from_own_ones(here):
    landed = fabricate(replace(here, runs=here.reports / "results"), "base", "esc10", seeds=1)
    own = fabricate(here, "att", "esc10", seeds=1, folds=(1, 2))
    assert (len(landed), len(own)) == (5, 2)
    assert lines(here) == ["7 runs done (7.0 h, 5 of them landed), 0 failed, 0 running"]


def test_attempts_that_nobody_works_on_wait_to_go_on(here):
    leave_attempt(here, "cut-with", {"epoch": 12, "of": 60, "loss": 0.5}, checkpoint=True)
    leave_attempt(here, "cut-without")
    leave_attempt(here, "failing", {"epoch": 1, "of": 60, "loss": 0.5})
    here.ledger.record_failure("failing", "a wall " + 2000 * "b", "trace")
    said = lines(here)
    assert said[0] == "stopped cut-with: after epoch 12 of 60, goes on from its checkpoint"
    assert said[1] == "stopped cut-without: begins anew"
    assert said[2].startswith("failed  failing: a wall bbb") and "..." in said[2] and len(said[2]) < 300
    assert said[3:] == ["0 runs done (0.0 h), 1 failed, 0 running, 2 stopped"]


def test_a_run_that_somebody_works_on_does_not_wait(here):
    leave_attempt(here, "mine", {"epoch": 3, "of": 9, "loss": 0.25}, checkpoint=True)
    with here.ledger.claim("mine") as held:
        assert held
        assert lines(here) == [
            "running mine: epoch 3 of 9, loss 0.2500",
            "0 runs done (0.0 h), 0 failed, 1 running",
        ]


def test_a_claim_that_nobody_may_look_at_counts_as_held_and_is_told(here, monkeypatch):
    """As one of another user is."""
    (here.runs / ".claims").mkdir(parents=True)
    (here.runs / ".claims" / "theirs").touch()
    opened = Path.open

    def refused(path, *mode, **options):
        if path.name == "theirs":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *mode, **options)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.warns(UserWarning, match="theirs: cannot be read .*; meanwhile it counts as held"):
        assert lines(here) == ["running theirs: starting", "0 runs done (0.0 h), 0 failed, 1 running"]


def test_a_live_sweep_is_told_slot_by_slot(here):
    with sweep_of(here, *"abcd") as record:
        for event in (Started(0, "a"), Started(1, "b"), Epoch(0, "a", 3, 9, 0.5, 0.25), Ended(1, "b", "failed")):
            record(event)
        sweep, slot, idle, total = lines(here)
    assert "toy.t1 (local, process " in sweep and ": 0 of 4 done, 1 failed, 2 waiting; about " in sweep
    assert ", until " in sweep and sweep.endswith("; cpu 25 % busy")
    assert slot.startswith("  slot 0: a: epoch 3 of 9, loss 0.5000, 25 % busy, about ")
    assert idle == "  1 of 2 slots have no run yet"
    assert total.endswith(", 1 running")


def test_a_sweep_that_makes_runs_anew_is_told_beside_the_store(here):
    with sweep_of(replace(here, runs=here.runs / "again"), "a") as record:
        record(Started(0, "a"))
        sweep, slot, *_ = lines(here)
    assert sweep.startswith("sweep   toy.t1 (local") and slot.startswith("  slot 0: a: starting")


def test_a_sweep_that_was_killed_says_so_and_its_runs_wait(here):
    leave_attempt(here, "a", {"epoch": 3, "of": 9, "loss": 0.25}, checkpoint=True)
    record = sweep_of(here, "a", "b")  # nobody holds its lock
    record(Started(0, "a"))
    cut, stopped, total = lines(here)
    assert "ended without a word" in cut and "0 of 2 done; the same command continues" in cut
    assert stopped.startswith("stopped a: after epoch 3 of 9") and total.endswith("0 running, 1 stopped")


def test_what_others_have_written_does_not_reach_the_terminal_as_it_is(here):
    with sweep_of(here, "a") as record:
        record(Started(0, "a"))
        record._told |= {"target": "a\x1b[31mRED\nsweep fake: all done", "host": "h\x1b]0;title"}
        record._write()
        told = lines(here)
    assert not any("\x1b" in line or "\n" in line for line in told) and "RED" in told[0]


@pytest.mark.parametrize("change", [{"seconds_left": 1e300}, {"updated": -1e300}, {"total": 10**400}])
def test_a_note_of_numbers_that_cannot_be_is_none(here, change):
    with sweep_of(here, "a") as record:
        record(Started(0, "a"))
        [note] = (here.runs / ".sweeps").glob("*.json")
        note.write_text(json.dumps(json.loads(note.read_text()) | change))
        assert all(len(line) < 200 for line in lines(here))


def test_a_slot_without_a_loss_is_told(here):
    assert "epoch 3 of 9" in status._progress({"epoch": 3, "of": 9, "loss": None})


def test_a_sweep_that_is_silent_is_told(here, monkeypatch):
    with sweep_of(here, "a") as record:
        record(Pulse())
        monkeypatch.setattr(status, "SILENT_SECONDS", -1.0)
        assert "; silent for " in lines(here)[0]


def test_a_folder_that_is_named_and_not_there_is_told(here, tmp_path, monkeypatch, capsys):
    """A slip of the finger gives an answer about other runs; what the environment names may be made another time."""
    fabricate(here, "att", "esc10", seeds=1, folds=(1,))
    here.reports.mkdir()
    assert run_command_line(["status", "--runs", str(tmp_path / "rnus"), "--reports", str(here.reports)]) == 0
    told = capsys.readouterr()
    assert told.err == f"resound: --runs {tmp_path / 'rnus'}: no such folder; nothing is read there\n" and told.out
    asked = ["plan", "acrnn.t3.base.esc10", "--runs", str(here.runs), "--reports", str(here.reports)]
    assert run_command_line([*asked, "--data-root", str(tmp_path / "dta")]) == 0
    assert f"--data-root {tmp_path / 'dta'}: no such folder" in capsys.readouterr().err
    monkeypatch.setenv("RESOUND_DATA", str(tmp_path / "dta"))
    assert run_command_line(asked) == 0 and capsys.readouterr().err == ""


def test_json_has_it_all_and_one_object_per_look(here, monkeypatch, capsys):
    fabricate(here, "att", "esc10", seeds=1, folds=(1,))
    leave_attempt(here, "cut", checkpoint=True)
    arguments = ["status", "--runs", str(here.runs), "--reports", str(here.reports), "--json"]
    assert run_command_line(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["done"], told["stopped"], told["sweeps"]) == (1, [{"id": "cut", "checkpoint": True}], [])

    looks = []

    def look(seconds):
        looks.append(seconds)
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", look)
    assert run_command_line([*arguments, "--watch"]) == 0  # Ctrl-C is how one stops watching
    assert [json.loads(line)["done"] for line in capsys.readouterr().out.splitlines()] == [1, 1]
    assert looks == [status.PLAIN_SECONDS] * 2


def test_status_writes_nothing(here):
    fabricate(here, "att", "esc10", seeds=1, folds=(1,))
    leave_attempt(here, "cut", checkpoint=True)
    sweep_of(here, "a")

    def stamps():
        return {path: path.stat().st_mtime_ns for path in [here.runs, *here.runs.rglob("*")]}

    before = stamps()
    lines(replace(here))
    assert stamps() == before
