"""What a worker does when it starts."""

import subprocess
import sys

from benchmarks.launch.worker import LOG_BYTES, tail
from tests import ROOT


def test_a_log_that_cannot_be_had_is_done_without(tmp_path):
    program = f"from pathlib import Path; from benchmarks.launch.worker import print_to; print_to(Path(r'{tmp_path}'))"
    command = [sys.executable, "-c", f"{program}; print('a word'); print('and a mistake'); 1 / 0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_of_a_log_its_end_is_kept_and_of_none_nothing(tmp_path):
    log = tmp_path / "worker.log"
    assert tail(log) == ""
    log.write_bytes(b"first" + b"x" * LOG_BYTES + b"\xff last")
    assert tail(log) == "x" * (LOG_BYTES - 6) + "\ufffd last"
    assert tail(tmp_path) == ""
