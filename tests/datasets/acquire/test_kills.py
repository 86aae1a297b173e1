"""A few of the kills of `kills.py`, which says what each must end with; its default number takes some minutes."""

import os
import subprocess
import sys

import pytest

from tests import ROOT

KILLS = 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands are killed in forked processes")
def test_what_is_killed_goes_on_with_the_same_command(session_folder):
    command = [sys.executable, "-m", "tests.datasets.acquire.kills", "--kills", str(KILLS), "--seed", "3"]
    ended = subprocess.run(
        [*command, "--miniatures", str(session_folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == f"{KILLS} kills, 0 trials went wrong"
