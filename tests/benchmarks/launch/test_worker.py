"""What a worker does when it starts."""

import subprocess
import sys

from tests import ROOT


def test_a_log_that_cannot_be_had_is_done_without(tmp_path):
    program = f"from pathlib import Path; from benchmarks.launch.worker import print_to; print_to(Path(r'{tmp_path}'))"
    command = [sys.executable, "-c", f"{program}; print('a word'); print('and a mistake'); 1 / 0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")
