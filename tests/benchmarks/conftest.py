import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

TOY = Path(__file__).parent / "toy"


@pytest.fixture
def toy_papers(monkeypatch):
    """The toy paper in this process: its folder is the folder of papers, its classes can be imported."""
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", TOY / "papers")
    monkeypatch.setenv("RESOUND_BUILT_IN_PAPERS", str(TOY / "papers"))
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.setenv("PYTHONPATH", str(TOY))
    return TOY / "papers"


@pytest.fixture
def toy_workspace(toy_papers, tmp_path):
    """A workspace with the toy dataset's folder."""
    from benchmarks.runs.workspace import Workspace

    (tmp_path / "data" / "toy").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "toy" / "clip.txt").write_text("a toy clip")
    names = ("data", "runs", "cache", "reports")
    return Workspace(**{name: tmp_path / name for name in names})


@pytest.fixture
def paper_copy(tmp_path):
    """A copy of the real acrnn folder to break."""
    shutil.copytree(ROOT / "benchmarks" / "papers" / "acrnn", tmp_path / "papers" / "acrnn")
    return tmp_path / "papers"


@pytest.fixture
def toy_command(tmp_path):
    """Runs `python -m benchmarks ...` on the toy paper in a process of its own."""
    (tmp_path / "data" / "toy").mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "RESOUND_BUILT_IN_PAPERS": str(TOY / "papers"),
        "PYTHONPATH": str(TOY),
        "RESOUND_DATA": str(tmp_path / "data"),
        "RESOUND_RUNS": str(tmp_path / "runs"),
        "RESOUND_CACHE": str(tmp_path / "cache"),
        "RESOUND_REPORTS": str(tmp_path / "reports"),
        "RESOUND_CHECKPOINT_SECONDS": "0.05",
        "OMP_NUM_THREADS": "1",
    }

    def start(*arguments: str, **settings) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**environment, **settings.pop("env", {})}, **settings,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore Ctrl-C
        )  # fmt: skip

    return start
