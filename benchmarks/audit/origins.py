"""Everything that a setting is made of, with its origin: what it states, and what the classes that it names do besides.

It is read from paper files and from source, so that reports import no torch. Whether anything is left out is checked by
`benchmarks.audit.gaps`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from benchmarks.runs.selection import selection_arguments
from benchmarks.runs.versions import lineage, spelled_out
from benchmarks.spec import TIERS, Paper, Tier
from benchmarks.spec.bricks import Sourced

TRAINER, SELECTION = "pytorch_lightning.Trainer", "benchmarks.runs.selection.Selection"
#: An extractor's arguments that data modules hand on under other names; of the same name they hand on what they take.
HANDED_ON = {"frames": "segment_frames", "step": "segment_hop"}
_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


@dataclass(frozen=True)
class Named:
    """A class that a recipe names, and the arguments that it gives it."""

    path: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Stated:
    """A value of a setting with its origin.

    part: "data", "model" or "trainer" for what the setting gives itself; else the class whose default, constant or
    choice it is.
    """

    part: str
    name: str
    sourced: Sourced = field(hash=False)


def named_in(resolved: Mapping[str, Any]) -> Iterator[Named]:
    """The classes that a recipe names by import path, and those that its trainer arguments are for.

    resolved: that of a run (benchmarks.runs.ledger.Run), the extractor by its import path.
    """
    dataset, data = resolved["dataset"], resolved["data"]
    yield Named(dataset["class_path"], dataset["init_args"])
    yield from _objects({**data, "init_args": {**dataset["init_args"], **data["init_args"]}})
    yield from _objects(resolved["model"])
    if resolved["trainer"]:
        selecting, training = selection_arguments(dict(resolved["trainer"]))
        yield Named(TRAINER, training)
        if selecting:
            yield Named(SELECTION, selecting)


def recipes(paper: Paper, setting: str, tier: Tier) -> Iterator[dict[str, Any]]:
    """The setting as plain values, on each dataset of the paper (with whatever data module that takes)."""
    for use in paper.datasets.values():
        if use.data_module or paper.settings[setting].data.class_path:
            dataset = {"class_path": use.class_path, "init_args": dict(use.args)}
            yield spelled_out({"dataset": dataset, **paper.settings[setting].resolved(tier, use)})


def stated(paper: Paper, setting: str, tier: Tier = "full") -> list[Stated]:
    """All values of a setting: its own arguments, then what its classes do besides, each once."""
    own = [
        Stated(part, name, sourced)
        for part in ("data", "model", "trainer")
        for name, sourced in paper.settings[setting].arguments(part, tier).items()  # type: ignore[arg-type]
    ]
    found: dict[tuple[str, str], Stated] = {}
    for recipe in recipes(paper, setting, tier):
        for named in named_in(recipe):
            found |= {(one.part, one.name): one for one in _of_class(paper, setting, named)}
    return [*own, *found.values()]


def changed(paper: Paper, setting: str, tier: Tier) -> list[Stated]:
    """What a shorter tier of a setting has otherwise."""
    full = {(one.part, one.name): one.sourced for one in stated(paper, setting)}
    return [one for one in stated(paper, setting, tier) if full.get((one.part, one.name)) != one.sourced]


def keys_of(paper: Paper, path: str) -> list[str]:
    """The entries of a paper's `classes` that hold for a class: its own, and those of its base classes."""
    line = _lineage(path)
    return [key for key in paper.classes if _lineage(key)[0] in line]


@cache
def _lineage(path: str) -> tuple[str, ...]:
    return lineage(path)


def tiers_of(paper: Paper, setting: str) -> list[Tier]:
    """The tiers that a setting has."""
    return [tier for tier in TIERS if tier == "full" or tier in paper.settings[setting].tiers]


def _of_class(paper: Paper, setting: str, named: Named) -> Iterator[Stated]:
    for key in keys_of(paper, named.path):
        notes = paper.classes[key]
        left = {name: value for name, value in notes.defaults.items() if name not in named.given}
        constants = {path.rpartition(".")[2]: one for path, one in notes.constants.items()}
        choices = {**constants, **notes.choices}
        matter = {name: choice for name, choice in choices.items() if choice.matters_with(named.given)}
        for name, value in {**left, **matter}.items():
            if sourced := value.of(setting):
                yield Stated(key, name, sourced)


def _objects(part: Mapping[str, Any]) -> Iterator[Named]:
    """A class with its arguments, and the classes that these name: with arguments of their own, or by path alone."""
    arguments = part["init_args"]
    yield Named(part["class_path"], arguments)
    for value in arguments.values():
        yield from _within(value, arguments)


def _within(value: Any, beside: Mapping[str, Any]) -> Iterator[Named]:
    if isinstance(value, Mapping) and "class_path" in value:
        yield from _objects({"class_path": value["class_path"], "init_args": value.get("init_args") or {}})
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _within(one, beside)
    elif isinstance(value, str) and _IMPORT_PATH.fullmatch(value):
        handed_on = {name: beside[other] for name, other in HANDED_ON.items() if other in beside}
        yield Named(value, {**beside, **handed_on})
