"""The notebooks of `examples/`, executed cell by cell, and as they are committed: without outputs."""

import json
import os
import subprocess
import sys

import pytest

from tests import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def cells(path, kind="code"):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == ["first_row.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped_and_no_machine_is_named(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["nbformat"] == 4
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(path))
    text = "".join(line for cell in content["cells"] for line in cell["source"])
    assert "/home" not in text and "/tmp" not in text and "/work" not in text


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_own_folder(path, tmp_path):
    script = tmp_path / "notebook.py"
    script.write_text("\n\n".join("".join(cell["source"]) for cell in cells(path)), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESOUND_")}
    done = subprocess.run(
        [sys.executable, script], cwd=path.parent, capture_output=True, text=True, check=False, timeout=300,
        env={**environment, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # It has learnt what a dog is: the likeliest class of the clip.
    assert "ten lines" in done.stdout and "the likeliest class: dog" in done.stdout
