"""Imports of any dataset: what is seen is told, and what is killed goes on."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from datasets import registry
from tests import ROOT
from tests.datasets.esc50.esc50_releases import write_v2

pytestmark = pytest.mark.filterwarnings("ignore:.* clips of esc")

KILLED = """
import sys, os
from pathlib import Path
import datasets.acquire.folders as folders, datasets.acquire.importing as importing
name, source, root, stop = sys.argv[1:]
left = [int(stop)]
def counted(function):
    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
        return function(*args, **kwargs)
    return call
importing.link = counted(importing.link)
Path.replace, Path.mkdir = counted(Path.replace), counted(Path.mkdir)
from datasets import registry
registry.part(registry.get(name), "acquire").import_folder(Path(source), Path(root), lambda line: None)
"""


@pytest.mark.parametrize(("name", "fixture", "kills"), [("esc50", None, 4), ("chime_home", "miniature_chime", 4)])
def test_an_import_that_is_killed_anywhere_goes_on(name, fixture, kills, tmp_path, request):
    source, root = tmp_path / "mine", tmp_path / "data" / name
    if fixture:
        shutil.copytree(request.getfixturevalue(fixture), source)
        (source / "miniature.json").unlink()
    else:
        write_v2(source)
    draw = np.random.default_rng(0)
    killed = 0
    for _ in range(kills):
        stop = str(draw.integers(1, 40))
        code = subprocess.run([sys.executable, "-c", KILLED, name, source, root, stop], cwd=ROOT).returncode
        killed += code == -9
    assert killed
    registry.part(registry.get(name), "acquire").import_folder(source, root, lambda line: None)
    assert registry.get(name)(root).fingerprint() == registry.get(name)(source).fingerprint()
    assert [path.name for path in root.parent.iterdir()] == [name]
