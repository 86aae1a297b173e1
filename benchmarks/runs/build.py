"""From import paths in a paper file to classes and their objects."""

import argparse
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from benchmarks.errors import InputError

T = TypeVar("T")


#: The packages of the project.
PROJECT = ("benchmarks", "datasets", "models")
#: Classes of others whose defaults paper files tell; their signatures are read, they are made nowhere by a path.
READ = ("pytorch_lightning.Trainer",)
#: How the folders are called that packages are installed in, whoever they are installed for; where Python's own lie.
_INSTALLED, _PYTHONS = {"site-packages", "dist-packages"}, sysconfig.get_path("stdlib")


def import_class(import_path: str) -> Any:
    """The class or function behind an import path, of the project's packages or of the user's own modules.

    Raises InputError for what cannot be imported; before anything is imported, or called, for Python's own modules and
    for installed packages: files from elsewhere name these paths, and no such file shall reach `os.system`.
    """
    check_home(import_path)
    found = _behind(import_path)
    if inspect.ismodule(found):
        raise InputError(f"{import_path}: is a module; name a class or a function of it")
    if isinstance(found, type) or inspect.isroutine(found):
        check_home(f"{found.__module__}.{import_path.rpartition('.')[2]}", f"{import_path}, which is ")
    return found


def _behind(import_path: str) -> Any:
    module, _, name = import_path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever a file does that somebody has written
        kind = "" if isinstance(error, (ImportError, AttributeError)) else f"{type(error).__name__}: "
        raise InputError(
            f"{import_path}: cannot be imported ({kind}{' '.join(str(error).split())}); mend its module, or the path"
        ) from error


def check_home(import_path: str, said: str = "") -> None:
    """Raise InputError, naming the path behind `said`, for one outside the project's and the user's own modules."""
    top = import_path.partition(".")[0]
    if not _is_ours(top, tuple(sys.path)):
        raise InputError(
            f"{said}{import_path}: `{top}` is neither a package of the project nor a module of yours; name a class of "
            f"{', '.join(PROJECT)}, or of your own files on PYTHONPATH"
        )


def is_users(top: str) -> bool:
    """Whether a module on top is one of the user's own: on this machine, and of no package that is installed."""
    return top not in PROJECT and _is_ours(top, tuple(sys.path)) and spec_of(top) is not None


@cache
def _is_ours(top: str, searched: tuple[str, ...]) -> bool:
    """Whether a module on top is the project's or the user's; what is nowhere is for the import to tell."""
    if top in PROJECT:
        return True
    # What is in this process and lies nowhere, such as __main__, is nobody's.
    return not is_installed(top) and (bool(places_of(top)) or top not in ("", *sys.modules))


def spec_of(top: str) -> ModuleSpec | None:
    """How a module on top would be imported, without importing it; None for what is not found, or has no spec."""
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None


def places_of(top: str) -> list[Path]:
    """Where a module on top lies: the folders of a package, else its file; nowhere where it is in no file."""
    spec = spec_of(top)
    if spec is None:
        return []
    folders = spec.submodule_search_locations
    return [*map(Path, folders)] if folders is not None else [Path(str(spec.origin))] if spec.has_location else []


def is_installed(top: str) -> bool:
    """Whether a module on top is Python's own, or of a package that is installed, which is no user's own then."""
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return True
    return any(_INSTALLED & set(place.parts) or place.is_relative_to(_PYTHONS) for place in places_of(top))


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
    check_named(init_args)
    parser = ArgumentParser(exit_on_error=False)
    try:
        parser.add_class_arguments(cls, "object", fail_untyped=False)
        return parser.instantiate_classes(parser.parse_object({"object": init_args})).object
    except (ArgumentError, TypeError) as error:
        message = " ".join(str(error).split())
        raise InputError(f"{class_path}: its arguments do not fit its signature: {message}") from error


def check_named(values: Any) -> None:
    """Raise InputError where arguments name, as a class, one outside the project's and the user's own modules."""
    for nested in _named(values):
        check_home(nested)


def _named(values: Any) -> Iterator[str]:
    """The import paths that arguments name: of further objects, of extractors, and of networks."""
    if isinstance(values, dict):
        for name, value in values.items():
            if name in ("class_path", "extractor", "network") and isinstance(value, str) and "." in value:
                yield value
            else:
                yield from _named(value)
    elif isinstance(values, list):
        for value in values:
            yield from _named(value)


def class_to_read(class_path: str) -> Any:
    """The class behind an import path, of which the signature alone is read. Raises InputError like `import_class`."""
    return _behind(class_path) if class_path in READ else import_class(class_path)


def parameters(class_path: str) -> dict[str, Any]:
    """The arguments that a class takes, those that it passes on to its base included, and their defaults.

    None also stands for an argument that has no default. Raises InputError for a class that cannot be imported.
    """
    from jsonargparse import ArgumentParser

    cls = class_to_read(class_path)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(cls, "object", fail_untyped=False)
    return dict(vars(parser.get_defaults().get("object") or argparse.Namespace()))


def accepts(class_path: str, name: str) -> bool:
    """Whether the class takes an argument of this name."""
    return name in inspect.signature(import_class(class_path)).parameters
