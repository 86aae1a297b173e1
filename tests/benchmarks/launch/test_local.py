"""Sweeps of the toy paper in real worker processes: failures, kills, two commands at once."""

import json
import os
import random
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Slots
from benchmarks.launch.local import Local
from benchmarks.reporting import write_reports
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.launch.toy.in_process import InProcess


@contextmanager
def one_thread():
    """The number of threads that a worker has, so that sums are the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def descendants(pid: int) -> list[int]:
    """All processes that a process has started, and those that these have."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += [int(stat.parent.name), *descendants(int(stat.parent.name))]
    return found


def fresh(attempts: Path, name: str, started: float) -> bool:
    """Whether an attempt has written this file since then."""
    times = []
    for path in attempts.glob(f"*/*/{name}"):
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return any(time >= started for time in times)


def kill_all(process) -> None:
    """`kill -9` of the command and of all its workers at the same moment."""
    for pid in (process.pid, *descendants(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


def scores(runs: Path) -> dict[str, str]:
    return {f.run.id: f.result["files"]["scores_test.npz"] for f in Ledger(runs).finished()}


def table(tmp_path, folder: str) -> dict:
    report = json.loads((tmp_path / folder / "report.json").read_text())
    return {cell["id"]: (cell["mean"], cell["n_runs"]) for cell in report["cells"]}


@pytest.mark.slow
def test_a_failing_run_and_a_dying_worker_do_not_stop_the_others(toy_command, tmp_path):
    process = toy_command("run", "toy.t2", "--jobs", "2", "--seeds", "1", "--folds", "1,2")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1, errors
    assert "RuntimeError: the toy was told to fail" in errors
    assert "its worker process died (exit code 9)" in errors
    ledger = Ledger(tmp_path / "runs")
    assert len(list(ledger.finished())) == 2  # both folds of the healthy setting
    assert len(ledger.failures()) == 4
    status = toy_command("status")
    text, _ = status.communicate(timeout=120)
    assert text.count("failed ") == 4
    assert "2 runs done" in text


@pytest.mark.slow
def test_a_sweep_killed_at_random_moments_ends_with_the_tables_of_an_undisturbed_one(
    toy_command, toy_workspace, tmp_path
):
    undisturbed = replace(toy_workspace, runs=tmp_path / "undisturbed")
    plan = make_plan(select("toy.t1"), Choice(), undisturbed)
    with one_thread():
        assert not launch(plan.missing, InProcess(undisturbed, InProcess.share_out(None, "cpu", 1))).failed

    draw = random.Random(7)
    attempts = tmp_path / "runs" / ".attempts"
    for written in ("progress.json", "checkpoint.ckpt"):
        process, started = toy_command("run", "toy.t1.slow", "--jobs", "2"), time.time()
        while not fresh(attempts, written, started):
            assert process.poll() is None, "the sweep ended before it could be killed; the test shows nothing"
            time.sleep(0.005)
        time.sleep(draw.uniform(0.0, 0.2))
        kill_all(process)
    assert list(attempts.glob("*/*/checkpoint.ckpt")), "no kill left a checkpoint behind; the test shows nothing"
    process = toy_command("run", "toy.t1", "--jobs", "2")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert scores(tmp_path / "runs") == scores(tmp_path / "undisturbed")  # bit-equal scores, the same runs
    write_reports(undisturbed, None, tmp_path / "expected")
    write_reports(toy_workspace, None, tmp_path / "ours")
    assert table(tmp_path, "expected") == table(tmp_path, "ours")


@pytest.mark.slow
def test_two_commands_on_one_store_share_the_work(toy_command, tmp_path):
    processes = [toy_command("run", "toy.t1", "--jobs", "1") for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    finished = list(Ledger(tmp_path / "runs").finished())
    assert len(finished) == 8
    for one in finished:
        one.verify()


@pytest.mark.slow
def test_workers_are_started_as_programs_where_forking_is_not_safe(toy_workspace, monkeypatch):
    monkeypatch.setattr("benchmarks.launch.local.sys", SimpleNamespace(platform="darwin"))
    plan = make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace)
    outcome = launch(plan.missing, Local(toy_workspace, Slots(jobs=1, device="cpu")))
    assert (outcome.done, outcome.failed) == ([planned.run.id for planned in plan.missing], {})


@pytest.mark.slow
def test_ctrl_c_and_the_time_budget_stop_behind_a_checkpoint(toy_command, tmp_path):
    process = toy_command("run", "toy.t1.slow.toy", "--jobs", "1", "--seeds", "1", "--folds", "1")
    while not list((tmp_path / "runs" / ".attempts").glob("*/*/progress.json")):
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3, errors
    assert "the same command continues" in errors
    assert list((tmp_path / "runs" / ".attempts").glob("*/*/checkpoint.ckpt"))

    process = toy_command(
        "run", "toy.t1.slow.toy", "--jobs", "1", "--seeds", "1", "--folds", "1", "--minutes", "0.0001"
    )
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 3, errors  # nothing was expected to end in time
    process = toy_command("run", "toy.t1.slow.toy", "--jobs", "1", "--seeds", "1", "--folds", "1")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
