"""Which runs fit beside each other, by what was measured of their like."""

import mmap
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.launch import memory
from benchmarks.launch.memory import RESERVE_MIB, Holding, Room, free_mib, holding
from benchmarks.runs.ledger import Run

RUN = Run("paper", "small", "data", 1, 0, "full", "real", "float32", {}, [], {}, {}, "0" * 16)
LARGE = replace(RUN, setting="large")


def stored(run, peak, device="cpu"):
    return SimpleNamespace(run=run, result={"peak_memory_mib": peak, "device": {"kind": device}})


def room(*finished, free=4000.0, device="cpu", limit=None):
    workspace = SimpleNamespace(ledger=SimpleNamespace(by_slot={"any": list(finished)}))
    found = Room(workspace, device, limit)
    found._free = None if device == "cuda" else free + RESERVE_MIB
    return found


def test_the_peak_of_a_gang_is_none_of_its_runs():
    together = stored(LARGE, 3900.0)
    together.result["gang"] = 5
    assert room(together)._stored == {} and len(room(stored(LARGE, 3900.0))._stored) == 1


def test_stored_peaks_tell_what_runs_need():
    one = room(stored(LARGE, 3900.0), stored(LARGE, 3000.0), stored(LARGE, 10.0, "cuda"), stored(RUN, 1000.0))
    assert one.fits(1, LARGE, {})
    assert one.fits(1, LARGE, {0: RUN}) and not one.fits(2, LARGE, {0: RUN, 1: RUN})
    assert not one.fits(1, replace(LARGE, seed=1), {0: LARGE})


def test_a_run_is_measured_from_its_first_steps_on():
    one = room(stored(RUN, 500.0))
    one.learn(0, RUN, Holding(3000.0, 1500.0 + RESERVE_MIB))
    other = replace(RUN, fold=2)
    assert one.fits(1, other, {0: RUN})  # its like needed 500 when it was stored
    one.end(RUN)
    assert not one.fits(1, other, {}) and one.fits(0, other, {})  # what a slot holds it gives to its next run
    one.learn(1, other, Holding(1400.0, 4000.0))
    one.end(other)
    assert one.fits(2, RUN, {})  # the slot of the first had kept memory of others


def test_what_is_not_known_is_taken_to_need_as_much_as_the_largest():
    one = room()
    busy = {}
    while one.fits(len(busy), replace(RUN, setting=str(len(busy))), busy):
        busy[len(busy)] = replace(RUN, setting=str(len(busy)))
    assert len(busy) == memory.UNKNOWN_AT_A_TIME
    one.learn(0, RUN, Holding(1900.0, 2000.0 + RESERVE_MIB))
    assert one.fits(1, LARGE, {0: RUN})
    one.learn(0, RUN, Holding(2100.0, 1900.0 + RESERVE_MIB))
    assert not one.fits(1, LARGE, {0: RUN})


def test_what_was_allowed_bounds_also_where_the_system_does_not_tell_what_is_free():
    one = room(stored(RUN, 900.0), limit=2000.0 + RESERVE_MIB)
    one._free = None
    assert one.fits(1, RUN, {0: RUN}) and not one.fits(2, RUN, {0: RUN, 1: RUN})


def test_no_more_is_taken_than_was_allowed():
    assert room(stored(RUN, 900.0)).fits(1, RUN, {0: RUN})
    assert not room(stored(RUN, 900.0), limit=900.0 + RESERVE_MIB).fits(1, RUN, {0: RUN})


def test_of_an_accelerator_the_first_run_tells():
    one = room(stored(RUN, 800.0, "cuda"), device="cuda")
    assert not one.fits(1, RUN, {0: RUN})
    one.learn(0, RUN, Holding(1600.0, 1600.0 + RESERVE_MIB))
    assert one.fits(1, RUN, {0: RUN}) and not one.fits(2, RUN, {0: RUN, 1: RUN})
    one.leave(0)
    assert not one.fits(1, RUN, {0: RUN})


@pytest.mark.skipif(free_mib() is None, reason="this system does not tell how much memory is free")
def test_this_process_holds_what_it_writes():
    before = holding("cpu")
    # A mapping of its own: what is allocated may be memory that this process has written before.
    with mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE) as content:
        content.write(b"x" * len(content))
        after = holding("cpu")
    assert 60 < after.held - before.held < 80
    assert after.free is not None and after.free > 0


def test_a_control_group_may_leave_less_than_there_is(tmp_path, monkeypatch):
    """A group of version 2 without a limit below one with 300 MiB, of which files take 50."""
    files = {
        "proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable: 8388608 kB\nHugePages_Total: 0\n",
        "proc/self/cgroup": "0::/jobs/one\n3:cpu:/\n",
        "sys/fs/cgroup/jobs/one/memory.max": "max\n",
        "sys/fs/cgroup/jobs/one/memory.current": "0\n",
        "sys/fs/cgroup/jobs/memory.max": f"{300 << 20}\n",
        "sys/fs/cgroup/jobs/memory.current": f"{100 << 20}\n",
        "sys/fs/cgroup/jobs/memory.stat": f"anon 1\ninactive_file {50 << 20}\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(memory, "Path", lambda first, *more: tmp_path.joinpath(first.lstrip("/"), *more))
    assert free_mib() == 250.0
    (tmp_path / "proc/self/cgroup").unlink()
    assert free_mib() == 8192.0
    (tmp_path / "proc/meminfo").unlink()
    assert free_mib() is None
