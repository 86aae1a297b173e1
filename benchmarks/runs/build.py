"""From import paths in a paper file to classes, their versions and their objects."""

import ast
import importlib
import importlib.util
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.errors import InputError


@cache
def class_version(import_path: str) -> int:
    """The `version` of a class, read from its source so that planning and reporting import no torch.

    Raises InputError if the module, the class or its integer `version` is not there.
    """
    module, _, name = import_path.rpartition(".")
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        raise InputError(f"{import_path}: no module {module}")
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            values = [value for line in node.body if (value := _version_of(line)) is not None]
            if not values:
                raise InputError(f"{import_path}: has no `version`; give it one, it is part of every run's identity")
            return values[-1]
    for step in ast.walk(tree):  # a class that the module passes on from another one
        if isinstance(step, ast.ImportFrom) and step.module and any(alias.name == name for alias in step.names):
            return class_version(f"{step.module}.{name}")
    raise InputError(f"{import_path}: no class {name} in {found.origin}")


def _version_of(line: ast.stmt) -> int | None:
    """The number in a line `version = 3` or `version: ClassVar[int] = 3`."""
    if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant):
        target = line.targets[0] if isinstance(line, ast.Assign) else line.target
        if isinstance(target, ast.Name) and target.id == "version" and isinstance(line.value.value, int):
            return line.value.value
    return None


def import_class(import_path: str) -> Any:
    """The class behind an import path."""
    module, _, name = import_path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{import_path}: cannot be imported ({error})") from error


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """The modules that lie in a package, imported, by file name: what registers itself by being a file there.

    Folders appended to the package's `__path__` count too; names with a leading underscore do not.
    """
    found = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in found}


def versions(resolved: dict[str, Any], dataset_class: str) -> dict[str, int]:
    """Version numbers of all that can move a run's numbers: network, data module, dataset, features, conditioner."""
    paths = [resolved["model"]["class_path"], resolved["data"]["class_path"], dataset_class]
    extractor = resolved["data"]["init_args"].get("extractor")
    if extractor is not None:
        from datasets.features import EXTRACTORS

        if extractor not in EXTRACTORS:
            raise InputError(f"unknown feature extractor {extractor!r}; known: {', '.join(sorted(EXTRACTORS))}")
        paths.append(EXTRACTORS[extractor])
    conditioner = resolved["data"]["init_args"].get("conditioner")
    if conditioner is not None:
        paths.append(conditioner["class_path"])
    return {path: class_version(path) for path in paths}


def instantiate(class_path: str, init_args: dict[str, Any]) -> Any:
    """Build an object from its import path and arguments, checked against the real signature by jsonargparse."""
    from jsonargparse import ArgumentError, ArgumentParser

    cls = import_class(class_path)
    parser = ArgumentParser(exit_on_error=False)
    try:
        parser.add_class_arguments(cls, "object", fail_untyped=False)
        return parser.instantiate_classes(parser.parse_object({"object": init_args})).object
    except (ArgumentError, TypeError) as error:
        message = " ".join(str(error).split())
        raise InputError(f"{class_path}: its arguments do not fit its signature: {message}") from error


def accepts(class_path: str, name: str) -> bool:
    """Whether the class takes an argument of this name."""
    import inspect

    return name in inspect.signature(import_class(class_path)).parameters
