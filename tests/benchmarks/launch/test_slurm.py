"""Sweeps over jobs: submitit's processes of this machine in their place, and a real Slurm where one is up.

A Slurm for the last test needs two partitions of one node, `main` whose jobs are requeued for those of `high`. One on a
single machine takes Debian's slurmctld, slurmd and munge; see docs/cluster.md.
"""

import math
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.errors import InputError
from benchmarks.launch import slurm
from benchmarks.launch.driver import launch
from benchmarks.launch.jobs.spool import Spool
from benchmarks.launch.launcher import Epoch, Free, Gone, Said, Started, launcher_named
from benchmarks.reporting import write_reports
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, Planned, make_plan
from benchmarks.spec import select
from tests.benchmarks.launch.test_local import descendants, one_thread, scores, table
from tests.benchmarks.launch.toy.in_process import InProcess


@pytest.fixture
def soon(monkeypatch):
    """Jobs are asked about all the time, and checkpoints written at every epoch."""
    monkeypatch.setattr(slurm, "ASK_SECONDS", 0.3)
    monkeypatch.setenv("RESOUND_CHECKPOINT_SECONDS", "0")


def plan(row, workspace, **choice):
    return make_plan(select(f"toy.t1.{row}.toy"), Choice(**choice), workspace).missing


def local(workspace, runs, **options):
    """The launcher with processes of this machine as jobs."""
    given = ",".join(f"{name}={value}" for name, value in {"cluster": "local", "cpus": 1, **options}.items())
    cls = launcher_named(f"slurm:{given}")
    return cls(workspace, cls.share_out(2, "cpu", len(runs)))


def performing(launcher):
    """The process in which each job performs its task: {job: pid}."""
    found = {}
    for name in launcher._system._jobs:
        for pid in descendants(int(name)):
            with suppress(OSError):
                if b"submitit.core._submit" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.setdefault(name, pid)
    return found


@pytest.mark.slow
def test_a_job_that_is_taken_away_and_one_that_is_killed_end_with_the_scores_of_an_undisturbed_sweep(
    toy_workspace, tmp_path, soon
):
    undisturbed = replace(toy_workspace, runs=tmp_path / "undisturbed")
    with one_thread():
        launch(plan("slow", undisturbed), InProcess(undisturbed, InProcess.share_out(None, "cpu", 1)))
    runs, events, sent = plan("slow", toy_workspace), [], []
    launcher = local(toy_workspace, runs, packed=2)

    def disturb(event):
        events.append(event)
        if not isinstance(event, Epoch) or sum(isinstance(one, Epoch) for one in events) < 6 * len(sent) + 3:
            return
        # Events come in bundles: what came back after the first signal is another process, and that is waited for.
        back = {name: pid for name, pid in performing(launcher).items() if pid not in [one for _, one in sent]}
        if len(sent) < 2 and back:
            [(name, pid)] = back.items()
            os.kill(pid, signal.SIGKILL if sent else signal.SIGUSR2)
            sent.append((name, pid))

    outcome = launch(runs, launcher, disturb)
    assert sorted(outcome.done) == sorted(planned.run.id for planned in runs), outcome
    [(first, _), (second, _)] = sent
    assert first == second  # the same job came back
    assert "this job is preempted" in launcher._system.log(first).read_text()
    assert len(launcher._system._jobs) >= 2  # in place of the killed one comes another
    assert {0, 1} <= {event.slot for event in events if isinstance(event, Started)}
    assert scores(toy_workspace.runs) == scores(undisturbed.runs)


class FakeSystem:
    """Jobs that do what a test says."""

    def __init__(self, *arguments):
        self.folders, self.now, self.cancelled = [], {}, []

    def submit(self, work, folders):
        first = len(self.folders)
        self.folders += folders
        names = [f"j{number}" for number in range(first, len(self.folders))]
        self.now |= dict.fromkeys(names, "PENDING")
        return names

    def log(self, job):
        return Path("/nowhere") / job

    def states(self):
        return dict(self.now)

    def cancel(self, job):
        self.cancelled.append(job)


@pytest.fixture
def cluster(toy_workspace, monkeypatch):
    """A launcher of three slots, a job each, the jobs' sides of what is written, and the batch system."""
    monkeypatch.setattr(slurm, "BatchSystem", FakeSystem)
    monkeypatch.setattr(slurm, "ASK_SECONDS", 0.0)
    cls = launcher_named("slurm:cluster=local")
    launcher = cls(toy_workspace, cls.share_out(3, "cpu", 3))
    for slot in range(3):
        launcher.open(slot)
    assert list(launcher.events(0)) == []
    system = launcher._system
    return SimpleNamespace(launcher=launcher, system=system, jobs=[Spool(Path(one)) for one in system.folders])


def begin(cluster, *numbers):
    """Jobs come: their slots are free."""
    for number in numbers:
        cluster.system.now[f"j{number}"] = "RUNNING"
        cluster.jobs[number].tell(Free(number))


def given(cluster, number):
    return [(order.what, order.slot) for order in cluster.jobs[number].orders()]


@pytest.fixture
def run(toy_workspace):
    return plan("plain", toy_workspace, tier="smoke")[0]


@pytest.mark.parametrize(("state", "to_blame"), [("FAILED", True), ("OUT_OF_MEMORY", True), ("NODE_FAIL", False)])
def test_a_run_is_lost_with_its_job_and_a_slot_that_is_coming_with_one_that_never_began(cluster, run, state, to_blame):
    begin(cluster, 0)
    assert next(iter(cluster.launcher.events(0))) == Free(0)
    cluster.launcher.submit(0, run)
    assert given(cluster, 0) == [("open", 0), ("run", 0)]
    cluster.system.now |= {"j0": state, "j1": "FAILED"}
    gone = list(cluster.launcher.events(0))
    assert [(one.slot, one.fault) for one in gone] == [(0, to_blame), (1, True)]
    assert gone[0].message == f"its job j0 is no more ({state.lower()}); see /nowhere/j0"


def test_what_waits_for_a_node_again_goes_to_a_job_that_has_room(cluster, run):
    begin(cluster, 0)
    list(cluster.launcher.events(0))
    cluster.launcher.submit(0, run)
    cluster.system.now["j0"] = "PENDING"
    assert list(cluster.launcher.events(0)) == []  # nobody else could take it
    begin(cluster, 1)
    assert list(cluster.launcher.events(0)) == [
        Free(1), Gone(0, "its job j0 was cancelled while it waited for a node", fault=False)
    ]  # fmt: skip
    assert cluster.system.cancelled == ["j0"]


def test_jobs_with_nothing_to_do_are_given_back_and_room_is_used_again(cluster, run, monkeypatch):
    begin(cluster, 0, 1)
    cluster.jobs[1].tell(Gone(1, "its worker died"))
    assert {type(event) for event in cluster.launcher.events(0)} == {Free, Gone}
    cluster.launcher.submit(0, run)
    cluster.launcher.open(3)
    assert given(cluster, 1) == [("open", 1), ("open", 3)]  # no new job for it
    cluster.jobs[1].tell(Free(3))
    assert list(cluster.launcher.events(0)) == [Free(3)]
    monkeypatch.setattr(slurm, "IDLE_SECONDS", 0.0)
    assert list(cluster.launcher.events(0)) == [Gone(3, "there was nothing to do", fault=False)]
    assert given(cluster, 1) == [("end", -1)]


def test_what_a_run_has_to_say_reaches_the_sweep(cluster, run):
    begin(cluster, 0)
    list(cluster.launcher.events(0))
    cluster.launcher.submit(0, run)
    said = Said(0, "its checkpoint cannot be read; it starts again")
    cluster.jobs[0].tell(said)
    assert list(cluster.launcher.events(0)) == [said]


def test_at_a_stop_jobs_that_wait_for_a_node_are_cancelled(cluster, run):
    begin(cluster, 0)
    list(cluster.launcher.events(0))
    cluster.launcher.submit(0, run)
    cluster.launcher.stop()
    assert [event.slot for event in cluster.launcher.events(0)] == [1, 2]
    assert cluster.system.cancelled == ["j1", "j2"]
    assert given(cluster, 0)[-1] == ("stop", -1)
    cluster.launcher.close()
    assert given(cluster, 0) == [("end", -1)]


def test_jobs_ask_for_the_time_that_the_sweep_has_and_what_their_runs_need(toy_workspace, monkeypatch):
    monkeypatch.setattr(slurm, "BatchSystem", lambda *arguments: arguments)
    cls = launcher_named("slurm:cluster=local,packed=3,cpus=4,memory=8,partition=gpu,minutes=90")
    slots = cls.share_out(None, "cuda", 100)
    assert (slots.jobs, slots.device, slots.threads) == (24, "cuda", 4)
    asked = cls(toy_workspace, slots)._system[2]
    assert (asked["timeout_min"], asked["cpus_per_task"], asked["mem_gb"]) == (90, 12, 24)
    assert (asked["slurm_gres"], asked["slurm_partition"]) == ("gpu:1", "gpu")
    assert "slurm_qos" not in asked
    assert cls(toy_workspace, replace(slots, minutes=10.5))._system[2]["timeout_min"] == 16
    assert cls(toy_workspace, replace(slots, minutes=math.inf))._system[2]["timeout_min"] == 90
    assert launcher_named("slurm:cluster=local").share_out(None, "auto", 2).device == "cpu"
    with pytest.raises(InputError, match="packed: Input should be greater than or equal to 1"):
        launcher_named("slurm:packed=0")


@pytest.mark.parametrize(
    ("options", "device", "runs", "minutes"),
    [
        ("cpus=2,packed=4", "cpu", 9, 60.0),  # the minutes are those of two cores, which each run has to itself
        ("cpus=4,packed=1", "cpu", 9, 30.0),
        ("cpus=1,packed=1", "cpu", 9, 120.0),
        ("cpus=8,packed=1", "cuda", 9, 20.0),
        ("cpus=2,packed=4", "cuda", 9, 80.0),
        ("cpus=2,packed=4", "cuda", 3, 60.0),  # no more are packed than there are
    ],
)
def test_a_run_takes_as_long_as_its_own_cores_or_its_part_of_an_accelerator_let_it(
    toy_workspace, monkeypatch, options, device, runs, minutes
):
    monkeypatch.setattr(slurm, "BatchSystem", FakeSystem)
    cls = launcher_named(f"slurm:cluster=local,{options}")
    launcher = cls(toy_workspace, cls.share_out(None, device, runs))
    assert launcher.expected_seconds(Planned(None, False, {"cpu": 60.0, "cuda": 20.0})) == minutes * 60
    half = Planned(None, False, {"cpu": 60.0, "cuda": 20.0}, begun=0.5)
    assert launcher.expected_seconds(half) == minutes * 30


def squeue(form):
    return subprocess.run(["squeue", "-hra", "-t", "all", "-o", form], capture_output=True, text=True).stdout.split()


def is_up():
    """Whether a Slurm as this test needs it answers."""
    if shutil.which("sinfo") is None:
        return False
    command = ["sinfo", "--noheader", "--format=%R %O"]
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return {"main", "high"} <= set(done.stdout.split())
    return False


@pytest.mark.slow
@pytest.mark.skipif(not is_up(), reason="no Slurm with the partitions main and high answers (see the module)")
def test_a_sweep_over_slurm_with_a_preempted_and_a_killed_job_ends_with_the_tables_of_an_undisturbed_one(
    toy_command, toy_workspace, tmp_path
):
    undisturbed = replace(toy_workspace, runs=tmp_path / "undisturbed")
    with one_thread():
        launch(plan("slow", undisturbed, seeds=8), InProcess(undisturbed, InProcess.share_out(None, "cpu", 1)))
    command = ("run", "toy.t1.slow.toy", "--seeds", "8", "--launcher", "slurm:partition=main,cpus=1", "--jobs", "2")
    process = toy_command(*command)

    def wait_for_checkpoints(number):
        until = time.monotonic() + 200
        while len(list((tmp_path / "runs" / ".attempts").glob("*/*/checkpoint.ckpt"))) < number:
            assert process.poll() is None and time.monotonic() < until, "nothing was there to be disturbed"
            time.sleep(0.05)

    def jobs_of_main(state):
        return [one.partition("|")[0] for one in squeue("%i|%T|%P") if one.endswith(f"|{state}|main")]

    wait_for_checkpoints(2)
    subprocess.run(["sbatch", "-p", "high", "-c1", "-o", "/dev/null", "--wrap", "sleep 1"], check=True)
    until = time.monotonic() + 60
    while not jobs_of_main("PENDING"):
        assert process.poll() is None and time.monotonic() < until, "no job was pre-empted"
        time.sleep(0.2)
    [left] = jobs_of_main("RUNNING")
    wait_for_checkpoints(1)
    subprocess.run(["scancel", "--signal=KILL", left], check=True)
    _, errors = process.communicate(timeout=500)
    assert process.returncode == 0, errors
    assert scores(tmp_path / "runs") == scores(tmp_path / "undisturbed")
    write_reports(undisturbed, None, tmp_path / "expected")
    write_reports(toy_workspace, None, tmp_path / "ours")
    assert table(tmp_path, "expected") == table(tmp_path, "ours")
    assert len(list(Ledger(tmp_path / "runs").finished())) == 16
