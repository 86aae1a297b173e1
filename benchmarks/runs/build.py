"""From import paths in a paper file to classes and their objects."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from benchmarks.errors import InputError


def import_class(import_path: str) -> Any:
    """The class behind an import path."""
    module, _, name = import_path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, SyntaxError, ValueError, TypeError) as error:
        raise InputError(f"{import_path}: cannot be imported ({error})") from error


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """The modules that lie in a package, imported, by file name: what registers itself by being a file there.

    Folders appended to the package's `__path__` count too; names with a leading underscore do not. Raises InputError
    for a file that cannot be imported.
    """
    found = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    return {name: _module(f"{package.__name__}.{name}") for name in found}


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever a file does that somebody has put there
        raise InputError(f"{name}: cannot be imported ({type(error).__name__}: {error}); mend or remove it") from error


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
