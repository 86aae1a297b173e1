"""Where nothing can be compiled, or kept, training goes on."""

import os
import shutil
import subprocess
import sys
import threading

import pytest

from models.kernels import choice
from tests import ROOT

pytest.importorskip("numba")

STEP = """
import sys
import torch
from models import kernels

{before}
norm = torch.nn.BatchNorm2d(3)
maps = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
kernels.norm_relu(norm, maps).sum().backward()
assert maps.grad.isfinite().all()
print(kernels.used())
"""
FULL = """
from numba.core import caching
def full(*_):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile._save_index = full
"""


def used(before="", **settings):
    """Which kernels a step in a process of its own has used, with more environment, after other statements."""
    done = subprocess.run(
        [sys.executable, "-c", STEP.format(before=before)],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **settings},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    """A folder in which the step's kernels are kept; to compile them takes seconds."""
    folder = tmp_path_factory.mktemp("kept")
    assert used(NUMBA_CACHE_DIR=str(folder)) == "fused"
    return folder


@pytest.fixture
def kept(compiled_once, tmp_path):
    """A copy of it for one test, and the setting that names it."""
    shutil.copytree(compiled_once, tmp_path, dirs_exist_ok=True)
    return {"NUMBA_CACHE_DIR": str(tmp_path)}


def test_the_library_s_are_used_where_nothing_may_be_compiled():
    assert used(NUMBA_DISABLE_JIT="1") == used("sys.modules['numba'] = None") == "native"


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_files_that_were_cut_are_made_again(kind, kept, tmp_path):
    files = sorted(tmp_path.glob(f"*/*.{kind}"))
    for file in files:
        file.write_bytes(file.read_bytes()[:20])
    assert files and used(**kept) == "fused"
    assert all(file.stat().st_size > 20 for file in files)


@pytest.mark.parametrize("at", [200, 2000])
def test_a_file_with_another_bit_is_made_again(at, kept, tmp_path):
    """Machine code with a wrong bit would end the process, every time."""
    [file] = tmp_path.glob("*/loops.activate*.nbc")
    damaged = bytearray(file.read_bytes())
    damaged[at] ^= 1
    file.write_bytes(damaged)
    assert used(**kept) == "fused"
    assert file.read_bytes() != damaged


def test_what_is_kept_counts_for_one_state_of_all_sources(kept, tmp_path):
    """The compiler looks at the file of a loop alone, and not at what else was compiled into it."""
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*/*.nbi")}
    assert used(**kept) == "fused"
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert used("from models.kernels import keep\nkeep._state = lambda: 'of another day'", **kept) == "fused"
    assert all(file.stat().st_mtime_ns > time for file, time in before.items())


def test_a_full_disk_costs_time_alone(tmp_path):
    assert used(FULL, NUMBA_CACHE_DIR=str(tmp_path)) == "fused"


def test_runs_that_share_a_process_tell_their_own_kernels():
    found = {}

    def work(name: str, uses: bool) -> None:
        choice.begin()
        if uses:
            choice.note()
        gate.wait()  # both have begun
        found[name] = choice.used()

    gate = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=one) for one in (("ours", True), ("theirs", False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"ours": "fused", "theirs": "native"}
