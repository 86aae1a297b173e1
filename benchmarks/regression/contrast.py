"""Contrasts: tasks that a network solves with one of its parts and fails without it."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from datasets.processes import in_processes

ROOT = Path(__file__).parents[2]


def outcomes(call: str, cases: Mapping[str, dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """For each case the shares of right answers (with the part, without it), computed by a process per core.

    call: a function of a file, `path.py:function`; cases: its arguments by case, at least one.
    """
    tasks = [(call, args) for args in cases.values()]
    return dict(zip(cases, in_processes(_call, tasks), strict=True))


def _call(call: str, args: dict[str, Any]) -> tuple[float, float]:
    path, _, function = call.partition(":")
    file = ROOT / path
    if not file.is_file():
        raise InputError(f"{file}: no such file; run the regression from a checkout of the repository")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    with_part, without = getattr(module, function)(**args)
    return float(with_part), float(without)
