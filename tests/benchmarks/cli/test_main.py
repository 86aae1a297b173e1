"""The command line as a user meets it: answers, one-line errors, exit codes."""

import re
import subprocess
import sys

import pytest

from benchmarks.cli.main import run_command_line
from tests import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "acrn"], "unknown paper 'acrn'; did you mean acrnn"),
        (["plan", "acrnn.t3.at"], "unknown target 'acrnn.t3.at'; did you mean acrnn.t3.att"),
        (["run", "acrnn.t3", "--tier", "ful"], "ful"),
        (["plan", "acrnn.t3", "--folds", "a"], "--folds a: must be numbers with commas"),
        (["plan", "acrnn.t3", "--folds", "7"], "has no fold 7"),
        (["run", "acrnn.t3.base.esc10", "--data-root", "nowhere"], "data fetch esc50"),
        (["run", "acrnn.t3", "--device", "cuda"], "use --device cpu|data fetch"),
        (["merge", "nowhere"], "nowhere: holds no finished run"),
        (["data", "check", "esc51"], "esc51.*esc50"),
        (["nonsense"], "nonsense"),
        (["compare", "nowhere.npz", "acrnn.t1"], "nowhere.npz"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RESOUND_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RESOUND_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    code = run_command_line(arguments)
    captured = capsys.readouterr()
    assert code == 2, captured
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert re.search(message, lines[0]), lines[0]


def test_debug_shows_the_traceback(capsys):
    from benchmarks.errors import InputError

    with pytest.raises(InputError):
        run_command_line(["plan", "acrn", "--debug"])


def test_listing_and_help_import_nothing_heavy():
    code = (
        "import sys; from benchmarks.cli.main import run_command_line\n"
        "for arguments in (['--help'], ['list'], ['plan', 'acrnn.t3'], ['status']):\n"
        "    assert run_command_line(arguments) == 0, arguments\n"
        "heavy = {'torch', 'librosa', 'sklearn', 'matplotlib', 'pytorch_lightning'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_every_command_has_help():
    commands = ["list", "plan", "run", "status", "report", "audit", "land", "bundle", "merge", "compare"]
    for command in (*([name] for name in commands), *(["data", name] for name in ("list", "fetch", "import", "check"))):
        assert run_command_line([*command, "--help"]) == 0
