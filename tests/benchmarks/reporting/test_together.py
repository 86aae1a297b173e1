"""Reports with helpers have the bytes of reports without, whatever becomes of the helpers."""

import threading
import time
from dataclasses import replace

import pytest

from benchmarks.reporting import together, write_pages, write_reports
from benchmarks.runs import memo
from benchmarks.runs.memo import Memo, sharing
from datasets.processes import Child


def files_below(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


@pytest.fixture
def helpers(monkeypatch):
    """Helpers at once, on two cores, whichever there are; those that were started."""
    monkeypatch.setattr(together, "SECONDS_WORTH_HELP", 0.0)
    monkeypatch.setattr(together, "available_cores", lambda: 2)
    started: list[Child] = []

    class Noted(Child):
        def __init__(self, module: str) -> None:
            super().__init__(module)
            started.append(self)

    monkeypatch.setattr(together, "Child", Noted)
    return started


@pytest.mark.parametrize("form", ["report", "site"])
def test_a_report_with_helpers_is_the_same_and_nothing_is_computed_twice(form, clips, tmp_path, helpers, monkeypatch):
    write = {"report": write_reports, "site": write_pages}[form]
    computed: list[str] = []
    before = memo._computed

    def noted(path, compute):
        computed.append(f"{path.parent.name}/{path.name}")
        return before(path, compute)

    def slow(path, compute):
        time.sleep(0.2)  # the helper has something to do
        return noted(path, compute)

    monkeypatch.setattr(memo, "_computed", noted)
    write(replace(clips, cache=tmp_path / "cache-alone"), "acrnn.t4", tmp_path / "alone")
    every, computed = set(computed), []
    monkeypatch.setattr(memo, "_computed", slow)
    write(replace(clips, cache=tmp_path / "cache-shared"), "acrnn.t4", tmp_path / "shared", jobs=2)
    assert files_below(tmp_path / "shared") == files_below(tmp_path / "alone")
    assert len(helpers) == 1 and helpers[0].ended() is not None
    assert len(set(computed)) == len(computed) and set(computed) < every
    assert not memo.is_shared()


def test_one_job_takes_no_helper(clips, tmp_path, helpers):
    write_reports(replace(clips, cache=tmp_path / "cache"), "acrnn.t4", tmp_path / "out")
    assert not helpers


DEATHS = {"killed": "its process ended with code -9", "raises": "ZeroDivisionError: nothing is left"}


@pytest.mark.parametrize("how", DEATHS)
def test_a_report_outlives_its_helpers_and_says_so_in_a_line(how, clips, tmp_path, helpers, monkeypatch, capfd):
    monkeypatch.setattr(together, "__name__", f"tests.benchmarks.reporting.dying_{how}")
    workspace = replace(clips, cache=tmp_path / "cache")
    before = memo._computed

    def slow(path, compute):
        until = time.monotonic() + 60
        while helpers and helpers[0].ended() is None and time.monotonic() < until:
            time.sleep(0.05)
        return before(path, compute)

    monkeypatch.setattr(memo, "_computed", slow)
    write_reports(workspace, "acrnn.t4", tmp_path / "shared", jobs=2)
    told = capfd.readouterr().err
    assert told.count("\n") == 1 and DEATHS[how] in told and "is made without it" in told
    monkeypatch.undo()
    write_reports(replace(clips, cache=tmp_path / "other"), "acrnn.t4", tmp_path / "alone")
    assert files_below(tmp_path / "shared") == files_below(tmp_path / "alone")


def test_helpers_are_as_many_as_memory_has_room_for(monkeypatch):
    for free, number in ((None, 7), (100.0, 0), (2600.0, 2), (1e6, 7)):
        monkeypatch.setattr(together, "free_mib", lambda free=free: free)
        assert together._fitting(7) == number


def test_who_comes_second_waits_and_reads(tmp_path):
    """Locks are of open files: threads of one process take turns as processes do."""
    computed: list[int] = []

    def compute() -> bytes:
        computed.append(1)
        time.sleep(0.3)
        return b"found"

    (tmp_path / "turns").mkdir()
    with sharing(tmp_path / "turns") as shared:
        found: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: found.append(Memo(tmp_path).bytes("x", 1, compute))) for _ in range(3)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert found == [b"found"] * 3 and computed == [1] and shared.spent > 0.2


def test_without_locks_each_computes(tmp_path):
    with sharing(tmp_path / "gone"):
        assert Memo(tmp_path).bytes("x", 1, lambda: b"found") == b"found"
