"""The note of a sweep: what it says while the sweep runs, and what is left of it after a kill."""

import json
from types import SimpleNamespace

import pytest

from benchmarks.launch import sweeps
from benchmarks.launch.launcher import Ended, Epoch, Gone, Pulse, Slots, Started, Stopping
from benchmarks.launch.sweeps import SweepRecord, notes


@pytest.fixture
def record(tmp_path, monkeypatch):
    """The record of a sweep of three runs in two slots, 60 s expected of each; every event is written."""
    monkeypatch.setattr(sweeps, "NOTE_SECONDS", 0.0)
    launcher = SimpleNamespace(slots=Slots(2, "cpu"), expected_seconds=lambda planned: 60.0)
    with SweepRecord(tmp_path, "toy.t1", "local") as record:
        record.begin([SimpleNamespace(run=SimpleNamespace(id=name)) for name in "abc"], launcher)
        yield record


def only(store):
    [(_, note, alive)] = notes(store)
    return note, alive


def test_a_note_tells_what_became_of_the_runs_and_what_the_slots_do(record, tmp_path):
    for event in (Started(0, "a"), Started(1, "b"), Epoch(0, "a", 3, 9, 0.5, 0.25), Ended(1, "b", "failed", "oh")):
        record(event)
    note, alive = only(tmp_path)
    assert alive and (note["total"], note["done"], note["failed"], note["waiting"], note["jobs"]) == (3, 0, 1, 1, 2)
    [(number, slot)] = note["slots"].items()
    assert (number, slot["run"], slot["epoch"], slot["of"], slot["loss"], slot["busy"]) == ("0", "a", 3, 9, 0.5, 0.25)
    assert 59 < note["seconds_left"] <= 60  # a and c, each in a slot of its own
    record(Gone(0, "the machine is wanted", fault=False))
    record(Stopping())
    note, _ = only(tmp_path)
    assert note["slots"] == {} and note["waiting"] == 2 and note["stopping"]


def test_a_further_round_has_the_runs_that_were_elsewhere(record, tmp_path):
    record(Started(0, "a"))
    record(Ended(0, "a", "elsewhere"))
    assert only(tmp_path)[0]["elsewhere"] == 1
    launcher = SimpleNamespace(slots=Slots(1, "cpu"), expected_seconds=lambda planned: 60.0)
    record.begin([SimpleNamespace(run=SimpleNamespace(id="a"))], launcher)
    note, _ = only(tmp_path)
    assert (note["total"], note["elsewhere"], note["waiting"]) == (3, 0, 3)


def test_a_sweep_that_ends_leaves_no_note(tmp_path):
    with SweepRecord(tmp_path, "toy.t1", "local") as record:
        record(Pulse())
        assert list((tmp_path / ".sweeps").glob("*.json"))
    assert list((tmp_path / ".sweeps").iterdir()) == []


def test_the_note_of_a_killed_sweep_stays_until_the_next_one(tmp_path):
    killed = SweepRecord(tmp_path, "toy.t1", "local")
    killed(Pulse())  # nothing holds its lock
    assert only(tmp_path)[1] is False
    with SweepRecord(tmp_path, "toy.t1", "local") as next_one:
        next_one(Pulse())
        assert only(tmp_path)[1] is True


def test_whatever_a_killed_sweep_has_left_goes_with_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps.socket, "gethostname", lambda: "a.host")
    with SweepRecord(tmp_path, "toy.t1", "local") as alive:
        alive(Pulse())
        folder = tmp_path / ".sweeps"
        kept = {path.name for path in folder.iterdir()} | {"b.host-7-0123abcd.lock", "mine.txt"}
        for name in ("a.host-7-0123abcd.lock", "a.host-8-0123abcd.json", f".a.host-9-0123abcd.json.{'0' * 32}", *kept):
            (folder / name).touch()
        with SweepRecord(tmp_path, "toy.t2", "local"):
            pass
        assert {path.name for path in folder.iterdir()} == kept


def test_a_fresh_note_of_another_machine_is_that_of_a_live_sweep(tmp_path, monkeypatch):
    killed = SweepRecord(tmp_path, "toy.t1", "ray")
    killed(Pulse())
    [file] = (tmp_path / ".sweeps").glob("*.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "host": "elsewhere"}))
    assert only(tmp_path)[1] is True
    monkeypatch.setattr(sweeps, "ALIVE_SECONDS", -1.0)
    assert only(tmp_path)[1] is False


def test_a_store_that_takes_no_note_does_not_end_the_sweep(tmp_path):
    (tmp_path / ".sweeps").write_text("a file where the folder should be")
    with SweepRecord(tmp_path, "toy.t1", "local") as record:
        record(Pulse())
    assert list(notes(tmp_path)) == []


def test_what_a_launcher_tells_wrongly_does_not_end_the_sweep(record, tmp_path):
    record(Started(0, "a"))
    record(Epoch(0, "a", 1, 9, float("nan")))
    assert only(tmp_path)[0]["slots"]["0"]["epoch"] == 0  # the note from before


def test_a_broken_note_is_left_out(record, tmp_path):
    record(Pulse())
    (tmp_path / ".sweeps" / "odd.json").write_text('{"format": 2}')
    (tmp_path / ".sweeps" / "cut.json").write_text('{"form')
    assert only(tmp_path)[1] is True
