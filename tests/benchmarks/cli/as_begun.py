"""The command line asked in the tests' own process, as if it began there: importing Lightning takes seconds a process.

What a command changes in its process is undone: the environment, the working folder and where modules are looked for.
"""

import io
import linecache
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from benchmarks.cli.main import run_command_line
from tests import ROOT


def answered(home: Path, *words: object, folder: Path | None = None, papers: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command of somebody whose data, runs, cache and reports lie in `home`.

    folder: where it is asked, `home` by default; papers: RESOUND_PAPERS.
    """
    return as_begun(lambda: run_command_line([str(word) for word in words]), home, folder, papers)


def as_begun(
    command: Callable[[], int], home: Path, folder: Path | None = None, papers: str = ""
) -> tuple[int, str, str]:
    """The same of any command; modules that it imported from `home` are forgotten, as their text may change."""
    said, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as here, redirect_stdout(said), redirect_stderr(told):
        for name in ("data", "runs", "cache", "reports"):
            here.setenv(f"RESOUND_{name.upper()}", str(home / name))
        here.setenv("RESOUND_PAPERS", papers)
        here.setenv("PYTHONPATH", str(ROOT))
        here.setattr(sys, "path", [*sys.path])
        here.chdir(folder or home)
        linecache.clearcache()
        try:
            code = command()
        finally:
            _forget_modules(home)
    return code, said.getvalue(), told.getvalue()


def _forget_modules(home: Path) -> None:
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "").is_relative_to(home):
            del sys.modules[name]
