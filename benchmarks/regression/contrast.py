"""Contrasts: tasks that a network solves with one of its parts and fails without it.

`python -m benchmarks.regression.contrast` computes one case.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from datasets.processes import Child, answering, available_cores

ROOT = Path(__file__).parents[2]


def outcomes(call: str, cases: Mapping[str, dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """For each case the shares of right answers (with the part, without it), computed in one process per core.

    call: a function of a file, `path.py:function`; cases: its arguments by case, at least one.
    """
    with ThreadPoolExecutor(min(available_cores(), len(cases))) as pool:
        pending = {name: pool.submit(_outcome, name, call, args) for name, args in cases.items()}
        return {name: future.result() for name, future in pending.items()}


def _outcome(name: str, call: str, args: dict[str, Any]) -> tuple[float, float]:
    """One case, in a process with one thread."""
    with Child("benchmarks.regression.contrast") as child:
        child.send({"call": call, "args": args})
        answer = next(child.answers(), {})
    if "input_error" in answer:
        raise InputError(answer["input_error"])
    if "shares" not in answer:
        raise RuntimeError(f"the process that computes the contrast {name} ended with code {child.wait()}")
    with_part, without = answer["shares"]
    return with_part, without


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


def _serve() -> None:
    """A child: reads its case from stdin, answers one JSON line."""
    asked = json.loads(sys.stdin.readline())
    answer = answering()
    try:
        answer({"shares": _call(asked["call"], asked["args"])})
    except InputError as error:
        answer({"input_error": str(error)})


if __name__ == "__main__":
    _serve()
