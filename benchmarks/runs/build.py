"""From import paths in a paper file to classes and their objects."""

import argparse
import importlib
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

from benchmarks.errors import InputError

T = TypeVar("T")


def import_class(import_path: str) -> Any:
    """The class behind an import path."""
    module, _, name = import_path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, SyntaxError, ValueError, TypeError) as error:
        raise InputError(f"{import_path}: cannot be imported ({error})") from error


def modules_of(package: ModuleType) -> dict[str, ModuleType]:
    """The modules that lie in a package, imported, by file name: what registers itself by being a file there.

    Those in folders of it are among them. Folders appended to the package's `__path__` count too; names with a leading
    underscore do not. Raises InputError for a file that cannot be imported, and for two of one name.
    """
    found: dict[str, ModuleType] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = _module(f"{package.__name__}.{info.name}")
        for name, one in (modules_of(module) if info.ispkg else {info.name: module}).items():
            if name in found:
                raise InputError(f"{one.__file__}: {found[name].__file__} has that name too; rename one of them")
            found[name] = one
    return found


def classes_of(package: ModuleType, base: type[T], what: str) -> dict[str, type[T]]:
    """The one class on top of `base` that each module of a package defines, by file name.

    what: how a message calls such a class ("a figure"). Raises InputError for a file that has none, or several.
    """
    found = {}
    for name, module in modules_of(package).items():
        own = [
            one for one in vars(module).values()
            if isinstance(one, type) and issubclass(one, base) and one.__module__ == module.__name__
        ]  # fmt: skip
        if len(own) != 1:
            raise InputError(f"{module.__file__}: {what} is one class, here are {len(own)}")
        found[name] = own[0]
    return found


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


def parameters(class_path: str) -> dict[str, Any]:
    """The arguments that a class takes, those that it passes on to its base included, and their defaults.

    None also stands for an argument that has no default. Raises InputError for a class that cannot be imported.
    """
    from jsonargparse import ArgumentParser

    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(import_class(class_path), "object", fail_untyped=False)
    return dict(vars(parser.get_defaults().get("object") or argparse.Namespace()))


def accepts(class_path: str, name: str) -> bool:
    """Whether the class takes an argument of this name."""
    import inspect

    return name in inspect.signature(import_class(class_path)).parameters
