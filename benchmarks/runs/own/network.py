"""A network of the user's own in the place of a setting's: found, named, and made a setting.

Classes lie in modules that can be imported, or in files (`path/to/mynet.py:MLP`), whose folder is then searched, too,
behind all others, by this process and by those that it starts.
"""

import os
from ast import ClassDef
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.build import PROJECT, import_class, places_of, spec_of
from benchmarks.runs.own.changes import Change, changed, signature
from benchmarks.runs.versions import BrokenSource, parsed
from benchmarks.spec import DatasetUse, Setting
from benchmarks.spec.bricks import Sourced
from benchmarks.spec.folders import search
from benchmarks.spec.paper import Part

#: What stands around a plain network, by the task of the data module (models.tasks.own).
MODULES = {name: f"models.tasks.own.Own{name.capitalize()}" for name in ("clips", "tags", "frames", "activity")}
_MODULE, _LIGHTNING = "torch.nn.modules.module.Module", "LightningModule"
HOW = "name one as MODULE.CLASS or FILE.py:CLASS"


def found_class(word: str) -> str:
    """The import path of a class that the user names by module or file, which can be imported from here on.

    Raises InputError for what is not there, or cannot be imported.
    """
    file, colon, name = word.rpartition(":")
    if not colon and word.endswith(".py") and _expanded(word).is_file():
        raise InputError(f"{word}: is a file; ask for a class of it, {word}:CLASS{_classes(_expanded(word))}")
    if colon:
        path = _expanded(file).resolve()
        if path.suffix != ".py" or not path.is_file():
            raise InputError(f"{word}: there is no file {file}; {HOW}")
        if not path.stem.isidentifier():
            raise InputError(
                f"{word}: {path.name} is no name of a module; rename it, {path.stem!r} holds other letters"
            )
        search(path.parent)
        spec = spec_of(path.stem)
        if spec is None or not spec.origin or Path(spec.origin).resolve() != path:
            other = spec.origin if spec and spec.origin else "Python itself"
            raise InputError(f"{word}: another module is called {path.stem}, too ({other}); rename the file")
        word = f"{path.stem}.{name}"
    top, dot, _ = word.partition(".")
    if not dot or not all(part.isidentifier() for part in word.split(".")):
        raise InputError(f"{word}: is no class; {HOW}")
    if top not in PROJECT and spec_of(top) is None:
        search(Path.cwd())
    if spec_of(top) is None:
        raise InputError(f"{word}: no module {top} here or on PYTHONPATH; {HOW}")
    if not isinstance(import_class(word), type):
        raise InputError(f"{word}: is no class; {HOW}")
    for place in places_of(top)[:1] if top not in PROJECT else ():
        search(place.resolve().parent)
    return word


def _expanded(file: str) -> Path:
    return Path(os.path.expanduser(file))  # noqa: PTH111 - without a home, `~` stays


def _classes(file: Path) -> str:
    """The classes that a file defines, in words to end a message with; nothing where it cannot be read, or has none."""
    try:
        names = [one.name for one in parsed(file).body if isinstance(one, ClassDef)]
    except (OSError, BrokenSource):
        return ""
    return f" (it has {', '.join(names)})" if names else ""


def network_setting(base: Setting, use: DatasetUse, network: str, changes: Sequence[Change]) -> Setting:
    """The setting with a network of the user's own: with its data, its trainer, seeds, tiers; without its probes.

    network: the import path of a LightningModule, which is taken as it is, or of an nn.Module, which is made one.
    Raises InputError for a class that is neither.
    """
    bases = {f"{one.__module__}.{one.__name__}" for one in import_class(network).__mro__}
    if _MODULE not in bases:
        raise InputError(f"{network}: is no torch.nn.Module and no LightningModule; derive it from one of them")
    args: dict[str, Sourced] = {}
    if any(name.rpartition(".")[2] == _LIGHTNING for name in bases):
        if not any(name.startswith("pytorch_lightning.") for name in bases):
            raise InputError(f"{network}: is on top of another package's LightningModule; import pytorch_lightning")
        part = Part(class_path=network)
    else:
        own = signature(network)
        takes_all = any(one.kind is one.VAR_KEYWORD for one in own.values())
        inner = {
            one.name: one.value for one in changes
            if one.part == "model" and (one.name in own or (takes_all and one.name not in _around(use, base)))
        }  # fmt: skip
        args = {"network": _given(network), "arguments": _given(inner)}
        changes = [one for one in changes if one.part != "model" or one.name not in inner]
        part = Part(class_path=_around_path(use, base, network))
    part = part.model_copy(update={"args": args})
    tiers = {tier: one.model_copy(update={"model": {}}) for tier, one in base.tiers.items()}
    made = base.model_copy(update={"title": network, "model": part, "tiers": tiers, "probes": []})
    return changed(made, changes)


def _given(value: Any) -> Sourced:
    return Sourced(value=value, origin="assumed", note="the user's own")


def _task(use: DatasetUse, base: Setting) -> str:
    """What networks learn from the setting's data."""
    return str(getattr(import_class(str(base.data.class_path or use.data_module)), "task", ""))


def _around_path(use: DatasetUse, base: Setting, network: str) -> str:
    task = _task(use, base)
    if task not in MODULES:
        known = ", ".join(MODULES)
        raise InputError(
            f"{network}: a plain nn.Module is taken where the data's `task` is one of {known}; it is {task!r}"
        )
    return MODULES[task]


def _around(use: DatasetUse, base: Setting) -> set[str]:
    """The arguments of what stands around a plain network."""
    task = _task(use, base)
    return set(signature(MODULES[task])) if task in MODULES else set()
