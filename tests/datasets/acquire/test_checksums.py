import subprocess
import sys

from datasets.acquire.checksums import make_list, official_tokens, token
from tests import ROOT

LINES = ["b.wav 5d41402abc4b2a76b9719d911017c592", "a.wav 7d793037a0760186574b0282f2f435e7", ""]


def test_tokens_recognise_name_and_content():
    lines = make_list(LINES)
    assert lines.split() == sorted(lines.split())
    assert token("a.wav", "7d793037a0760186574b0282f2f435e7") in lines.split()
    assert token("c.wav", "7d793037a0760186574b0282f2f435e7") not in lines.split()


def test_the_command_makes_the_list_that_is_read(tmp_path):
    command = [sys.executable, "-m", "datasets.acquire.checksums"]
    done = subprocess.run(command, input="\n".join(LINES), capture_output=True, text=True, check=True, cwd=ROOT)
    (tmp_path / "list.txt").write_text(done.stdout)
    assert official_tokens(tmp_path / "list.txt") == set(make_list(LINES).split())
