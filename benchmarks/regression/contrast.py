"""Contrasts: tasks that a network solves with one of its parts and fails without it."""

import importlib.util
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.launch.local import Slots
from benchmarks.regression.cases import Contrast

ROOT = Path(__file__).parents[2]


def outcomes(contrast: Contrast) -> dict[str, tuple[float, float]]:
    """For each case the shares of right answers (with the part, without it), computed in one process per core."""
    jobs = Slots.choose(None, "cpu", len(contrast.cases)).jobs
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        pending = {name: pool.submit(_call, contrast.call, args) for name, args in contrast.cases.items()}
        return {name: future.result() for name, future in pending.items()}


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


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
