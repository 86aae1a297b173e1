import json
import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.errors import InputError
from benchmarks.runs.bundle import bundle
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.transport import merge
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from tests import ROOT


@pytest.mark.slow
def test_a_bundle_runs_without_the_checkout_and_comes_back(toy_workspace, tmp_path):
    clip = toy_workspace.data / "toy" / "clip.txt"
    clip.write_text("x" * 3_000_000)  # larger than a part, so that it travels in pieces
    out, work = tmp_path / "parts", tmp_path / "work"
    lines = list(bundle("toy.t1.plain", Choice(tier="smoke"), toy_workspace, out, "3.12", "any", [], 1))
    assert "1 runs" in lines[0]
    parts = sorted(out.glob("part-*.tar"))
    assert len(parts) > 3
    assert max(part.stat().st_size for part in parts) <= 2**20

    def unbundle() -> subprocess.CompletedProcess:
        command = [sys.executable, str(out / "unbundle.py"), str(out), str(work)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    held_back = parts[1].rename(tmp_path / parts[1].name)
    first = unbundle()
    assert first.returncode == 1
    assert parts[1].name in first.stderr
    content = bytearray(held_back.read_bytes())
    content[1000] ^= 1
    parts[1].write_bytes(content)
    assert unbundle().returncode == 2
    shutil.copyfile(held_back, parts[1])
    assert unbundle().returncode == 0
    assert (work / "data" / "toy" / "clip.txt").read_text() == clip.read_text()
    assert (work / "code" / "REVISION").read_text().strip()

    toy = str(ROOT / "tests" / "benchmarks" / "toy")
    script = (work / "run.sh").read_text().replace('PYTHONPATH="$here', f'PYTHONPATH="{toy}:$here')
    (work / "run.sh").write_text(script.replace("python3", sys.executable))
    environment = {**os.environ, "RESOUND_PAPERS": f"{toy}/papers"}
    done = subprocess.run(["sh", work / "run.sh"], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    here = Workspace(toy_workspace.data, tmp_path / "here", toy_workspace.cache, toy_workspace.reports)
    merged, _ = merge(work, here)
    assert json.loads((out / "bundle.json").read_text())["runs"] == merged
    result = next(Ledger(here.runs).finished()).result
    assert result["code"]["revision"] == (work / "code" / "REVISION").read_text().strip()


def test_a_bundle_of_nothing_and_an_unknown_wheel_are_one_line(toy_workspace, tmp_path):
    choice = Choice(tier="smoke")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match="not empty"):
        list(bundle("toy.t1.plain", choice, toy_workspace, tmp_path / "full", "3.12", "any", [], 1))
    execute(make_plan(select("toy.t1.plain"), choice, toy_workspace).missing[0].run, Surroundings(toy_workspace))
    toy_workspace.ledger.__dict__.pop("by_slot", None)
    with pytest.raises(InputError, match="nothing is missing in tier smoke"):
        list(bundle("toy.t1.plain", choice, toy_workspace, tmp_path / "out", "3.12", "any", [], 1))
