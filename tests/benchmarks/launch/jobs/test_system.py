"""The batch system is asked without its accounting, and whatever it answers is understood or left open."""

import os
import stat
import sys

import pytest

from benchmarks.errors import InputError
from benchmarks.launch.jobs.system import FORGOTTEN, BatchSystem, require


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Slurm's commands as scripts that a test writes."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def write(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(stat.S_IRWXU)

    write("srun", "exit 0")
    write("sbatch", "echo Submitted batch job 7")
    return write


@pytest.fixture
def system(commands, tmp_path):
    return BatchSystem(tmp_path / "jobs", "slurm", {"timeout_min": 10, "slurm_partition": "night"})


def test_jobs_are_one_array_with_what_was_asked_for(system, commands, tmp_path):
    commands("sbatch", f'cat "$1" > {tmp_path}/submitted; echo Submitted batch job 7')
    assert system.submit(print, ["a", "b"]) == ["7_0", "7_1"]
    submitted = (tmp_path / "submitted").read_text()
    for line in ("--array=0-1%2", "--partition=night", "--time=10", "--signal=USR2@90"):
        assert f"#SBATCH {line}\n" in submitted
    assert system.log("7_1").name == "7_1_0_log.err"


def test_states_are_those_of_squeue_and_of_jobs_that_it_has_forgotten(system, commands):
    system.submit(print, ["a", "b"])
    commands("squeue", "printf '7_0 RUNNING\\n6 FAILED\\n'")
    assert system.states() == {"7_0": "RUNNING", "7_1": FORGOTTEN}
    commands("squeue", "echo Unable to contact slurm controller >&2; exit 1")
    assert system.states() is None


def test_a_refused_submission_is_one_line(system, commands):
    commands("sbatch", "echo 'sbatch: error: invalid partition specified: night' >&2; exit 1")
    with pytest.raises(InputError, match=r"^the batch system takes no jobs: .*invalid partition specified: night"):
        system.submit(print, ["a"])


def test_a_broken_submitit_is_one_line(monkeypatch, tmp_path):
    (tmp_path / "submitit.py").write_text("raise RuntimeError('not\\nthis one')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "submitit", raising=False)
    with pytest.raises(InputError, match=r"submitit cannot be imported \(RuntimeError: not.*; `pip install") as error:
        require("local")
    assert "\n" not in str(error.value)


def test_without_slurm_it_is_told_where_to_go(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"no sbatch here; .*--launcher slurm:cluster=local"):
        require("slurm")
    require("local")
