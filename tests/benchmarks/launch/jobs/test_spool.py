"""What launcher and job write to each other arrives once, in order, and whole, or not at all."""

import os
import time

import pytest

from benchmarks.errors import InputError
from benchmarks.launch.jobs.spool import KEPT_DAYS, Heartbeat, Lines, Order, Spool, forget_old, read_sweep, write_sweep
from benchmarks.launch.launcher import Again, Ended, Epoch, Free, Gone, Paused, Said, Slots, Started
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select


@pytest.fixture
def planned(toy_workspace):
    return make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing


def test_orders_and_events_arrive_once_and_as_they_were(tmp_path, planned):
    ours, theirs = Spool(tmp_path / "0"), Spool(tmp_path / "0")
    orders = [Order("open", 3), Order("run", 3, planned[0]), Order("stop"), Order("end")]
    events = [Free(3), Epoch(3, "a", 1, 2, 0.5), Ended(3, "a", "failed", "why", "trace"), Gone(3, "gone", fault=False),
              Said(3, "a line"), Paused(3, "a", "busy"), Started(3, "a"), Again(3, "a", "why")]  # fmt: skip
    assert not list(theirs.orders())
    for order in orders:
        ours.order(order)
    for event in events:
        theirs.tell(event)
    theirs.note("a word")
    assert list(theirs.orders()) == orders and not list(theirs.orders())
    assert list(ours.events()) == events and not list(ours.events())
    assert list(Spool(tmp_path / "0").history()) == [*events, "a word"]


def test_a_line_that_is_being_written_is_read_later_and_one_that_was_cut_short_never(tmp_path):
    lines, path = Lines(tmp_path / "lines"), tmp_path / "lines"
    lines.append([1])
    with path.open("ab") as file:
        file.write(b"[2")
    assert list(lines.new()) == [[1]]
    with path.open("ab") as file:
        file.write(b"]\n[3, ")
    assert list(lines.new()) == [[2]]
    Lines(path).append([4])  # the writer died and came back
    assert list(lines.new()) == [[4]]


def test_what_all_jobs_need_is_read_as_it_was_written(tmp_path, toy_workspace, planned):
    slots = Slots(2, "cpu", 3, 0.5, tuple(one.run for one in planned), minutes=7.0)
    write_sweep(tmp_path, toy_workspace, slots)
    assert read_sweep(tmp_path) == (toy_workspace, slots)
    with pytest.raises(InputError, match="launcher and nodes must see the store under the same path"):
        read_sweep(tmp_path / "not here")


def test_a_disk_that_refuses_is_one_line(tmp_path):
    (tmp_path / "0").touch()
    with pytest.raises(InputError, match=r"orders\.jsonl: cannot be written"):
        Spool(tmp_path / "0").order(Order("stop"))


def test_silence_is_the_time_without_a_change(tmp_path):
    launcher, job = Heartbeat(tmp_path), Heartbeat(tmp_path)
    assert job.silence(10.0) == 0.0  # nothing has been seen yet
    assert job.silence(15.0) == 5.0
    launcher.beat()
    assert job.silence(20.0) == 0.0
    assert job.silence(22.0) == 2.0
    launcher.beat()
    assert job.silence(30.0) == 0.0


def test_what_earlier_sweeps_left_goes_after_a_while(tmp_path):
    for name, days in (("old", KEPT_DAYS + 1), ("new", KEPT_DAYS - 1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "alive").touch()
        os.utime(tmp_path / name / "alive", (0, time.time() - days * 86400))
    forget_old(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
