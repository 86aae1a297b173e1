"""The datasets by name: each folder beside this file with a `dataset.py` is one; its other parts go by file name."""

import importlib
import importlib.util
import pkgutil
import sys
from types import ModuleType
from typing import Any, Literal

import datasets
from datasets.contract import Dataset
from datasets.errors import DataError

#: What a wing may have beside its dataset: `acquire` (fetch, import_folder), `census` (take_census), `miniature` and
#: `standin` (write), `synthesis` (synthesize), `module` (the public DataModule), `needs` (lacking: what trainings need
#: beside the dataset's files).
Part = Literal["acquire", "census", "miniature", "standin", "synthesis", "module", "needs"]
#: What messages call a part, where its file name does not say it.
_CALLED = {"standin": "stand-in corpus", "synthesis": "synthesizer"}


def names() -> tuple[str, ...]:
    """The datasets there are, by the names of their folders."""
    folders = sorted(found.name for found in pkgutil.iter_modules(datasets.__path__) if found.ispkg)
    return tuple(name for name in folders if _has(f"datasets.{name}", "dataset"))


def get(name: str) -> Any:
    """The class of a dataset (datasets.contract.Dataset). Raises DataError for a name that is not known."""
    if name not in names():
        raise DataError(f"unknown dataset {name!r}; known: {', '.join(names())}")
    found = vars(importlib.import_module(f"datasets.{name}.dataset")).values()
    return next(one for one in found if isinstance(one, type) and Dataset in one.__mro__ and one is not Dataset)


def has(dataset: Any, part: Part) -> bool:
    """Whether the wing that a dataset's class is from has such a part: not every one can be written as a stand-in."""
    return _has(_wing(dataset), part)


def having(part: Part) -> tuple[str, ...]:
    """The datasets, by name, whose wings have such a part."""
    return tuple(name for name in names() if has(get(name), part))


def part(dataset: Any, part: Part) -> ModuleType:
    """A part of the wing that a dataset's class is from, found by file name. Raises DataError where there is none."""
    if not has(dataset, part):
        raise DataError(f"{dataset.name} has no {_CALLED.get(part, part)}; these have one: {', '.join(having(part))}")
    return importlib.import_module(f"{_wing(dataset)}.{part}")


def _wing(dataset: Any) -> str:
    """The package that the class is defined in."""
    return str(sys.modules[dataset.__module__].__package__)


def _has(wing: str, part: str) -> bool:
    return importlib.util.find_spec(f"{wing}.{part}") is not None
