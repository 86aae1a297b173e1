"""Version numbers of all that a run is made of, read from source, so that planning and reporting import no torch."""

import ast
import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import EllipsisType
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.build import PROJECT, is_users, spec_of

_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")

#: The version that every class begins with.
_FIRST = 1
#: Hexadecimal digits of a hash of sources that make up a number which every reader of JSON keeps whole.
_DIGITS = 12
#: Files of modules by the name and the folders that were searched.
_FILES: dict[tuple[str, ...], Path] = {}


class BrokenSource(InputError):
    """A module that is there and cannot be read."""


def versions(resolved: dict[str, Any], by_content: bool = False) -> dict[str, int]:
    """Version numbers of all that can move a run's numbers, by import path.

    These are the classes and functions that `resolved` (benchmarks.runs.ledger.Run) names anywhere. Every `class_path`
    must have a version, and so must every other name in the packages that these are from and in the user's own modules;
    what other packages hold counts where it has one. The base classes of those classes count from their second version
    on: with its first one a base class is a part of what its subclasses were all along, so that ids survive when code
    moves into a new base class. Raises InputError for a name that leads nowhere and for what lacks a version.

    by_content: of what is defined in modules of the user's own the number is one of their sources (`content_number`),
    whatever versions stand there; so another text is another recipe.
    """
    named = dict(_import_paths(resolved))
    own = {path.partition(".")[0] for path, is_class_path in named.items() if is_class_path}
    found: dict[str, int] = {}
    for path, is_class_path in named.items():
        is_theirs = is_users(path.partition(".")[0])
        if by_content and is_theirs and (is_class_path or _found(path)):
            found[path] = content_number(path)
        elif is_class_path or path.partition(".")[0] in own or (is_theirs and _found(path)):
            found[path] = class_version(path)
        elif version := _version(path):
            found[path] = version
        for base in _all_bases(path) if path in found else ():
            if (version := _version(base)) and version > _FIRST:
                found[base] = version
    return found


def spelled_out(resolved: dict[str, Any]) -> dict[str, Any]:
    """The same with the extractor, which paper files call by its short name, by its import path. Raises InputError."""
    from datasets.features import extractors

    arguments = resolved["data"]["init_args"]
    name = arguments.get("extractor")
    if name is None or (isinstance(name, str) and "." in name):
        return resolved
    known = extractors()
    if not isinstance(name, str) or name not in known:
        raise InputError(f"unknown feature extractor {name!r}; known: {', '.join(sorted(known))}")
    return {**resolved, "data": {**resolved["data"], "init_args": {**arguments, "extractor": known[name]}}}


def _import_paths(values: Any, is_class_path: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text in plain data that may be an import path, and whether it is a `class_path`; those come last.

    The import path of a network or an extractor of the user's own is one, too.
    """
    if isinstance(values, dict):
        for name in sorted(values, key=lambda name: name == "class_path"):
            yield from _import_paths(values[name], name == "class_path" or _names_users(name, values[name]))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _import_paths(value)
    elif isinstance(values, str) and (is_class_path or _IMPORT_PATH.fullmatch(values)):
        yield values, is_class_path


def _names_users(argument: str, value: Any) -> bool:
    """Whether the value of an argument names a class that is not the project's: it has to be there."""
    is_path = argument in ("network", "extractor") and isinstance(value, str) and "." in value
    return is_path and value.partition(".")[0] not in PROJECT


def lineage(import_path: str) -> tuple[str, ...]:
    """The import path of a class where it is defined, then those of all classes that it is derived from.

    Of what cannot be read from source, the path alone.
    """
    try:
        definition = _definition(import_path)
    except InputError:
        return (import_path,)
    own = f"{definition.module.name}.{definition.node.name}"
    return tuple(dict.fromkeys((own, *(name for base in definition.bases for name in lineage(base)))))


def class_version(import_path: str) -> int:
    """The `version` of a class, or of a function (`name.version = 1` below it).

    It is read from the source, so that planning and reporting import no torch. Raises InputError if the module, the
    class or its integer `version` is not there.
    """
    version = _definition(import_path).version
    if version is None:
        raise InputError(f"{import_path}: has no `version`; give it one, it is part of every run's identity")
    return version


def _version(import_path: str) -> int | None:
    """The version of a class or function; None for one that has none, or that is not there."""
    found = _found(import_path)
    return found.version if found else None


def class_constant(import_path: str, name: str) -> Any:
    """The value of a class attribute that stands in the source, its own or an inherited one; None where there is none.

    It has to be spelled out there: a number, a text, or a tuple of these.
    """
    for path in lineage(import_path):
        with suppress(InputError, ValueError):
            if (found := _definition(path).constant(name)) is not None:
                return found
    return None


def check_arguments(resolved: dict[str, Any]) -> None:
    """Raise InputError for an argument that a class of a run does not take, as far as its source tells what it does."""
    for part in (resolved[name] for name in ("dataset", "data", "model")):
        taken = _taken(part["class_path"])
        if ... in taken:
            continue
        if odd := [name for name in part["init_args"] if name not in taken]:
            known = ", ".join(map(str, taken)) or "none"
            raise InputError(f"{part['class_path']}: takes no argument {odd[0]}; it takes {known}")


def _taken(class_path: str) -> "tuple[str | EllipsisType, ...]":
    """What the constructor of a class takes, its own or the first inherited one; anything where that is not clear.

    It is not where the source cannot be read, or where the class is reached by several of its bases.
    """
    above = lineage(class_path)
    for path in above:
        definition = _found(path)
        if definition is None:
            break
        if definition.arguments is not None:
            by = sum(path in (one.bases if (one := _found(below)) else ()) for below in above)
            return definition.arguments if by < 2 else (...,)
    return (...,)


def content_number(import_path: str) -> int:
    """A number of the sources behind a class or function: of its module, and of all modules of the user's it imports.

    Raises InputError for a name that leads nowhere.
    """
    digest = hashlib.sha256()
    for name, path in sorted(users_sources(import_path).items()):
        digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return int(digest.hexdigest()[:_DIGITS], 16)


def users_sources(import_path: str) -> dict[str, Path]:
    """The files of the user's own modules behind a class or function, by the names of the modules.

    Raises InputError for a name that leads nowhere.
    """
    waiting = [import_path.rpartition(".")[0], _definition(import_path).module.name]
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        if not name or name in found or not is_users(name.partition(".")[0]):
            continue
        waiting.append(name.rpartition(".")[0])
        if (source := _source(name)) is not None:
            found[name] = source.path
            waiting += source.mentioned
    return found


def users_files() -> list[Path]:
    """The files of the user's own modules that this process has read so far."""
    return [path for (module, *_), path in _FILES.items() if is_users(module.partition(".")[0])]


# -- reading source ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Definition:
    """A class or function as it stands in the source of a module."""

    module: "_Source"
    node: ast.ClassDef | ast.FunctionDef

    @cached_property
    def version(self) -> int | None:
        """Its own version: a class attribute, or an attribute given to the function at the top of the module."""
        if isinstance(self.node, ast.ClassDef):
            lines, target = self.node.body, "version"
        else:
            lines, target = self.module.tree.body, f"{self.node.name}.version"
        values = (_given_in(line, target) for line in reversed(lines))
        numbers = (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, int))
        return next(numbers, None)

    def constant(self, name: str) -> Any:
        """The value of an attribute of a class, None where it has none. Raises ValueError for one that is computed."""
        values = (_given_in(line, name) for line in reversed(self.node.body))
        return next((ast.literal_eval(one) for one in values if one is not None), None)

    @cached_property
    def arguments(self) -> "tuple[str | EllipsisType, ...] | None":
        """What the constructor takes by name, `...` for whatever else; None where the class has none of its own."""
        for line in reversed(self.node.body):
            if isinstance(line, ast.FunctionDef) and line.name == "__init__":
                names = [one.arg for one in (*line.args.posonlyargs, *line.args.args, *line.args.kwonlyargs)]
                return (*names[1:], ...) if line.args.kwarg else tuple(names[1:])
        is_made = isinstance(self.node, ast.FunctionDef) or self.node.decorator_list  # as a dataclass is
        return (...,) if is_made else None

    @cached_property
    def bases(self) -> list[str]:
        """The import paths of the classes that a class is derived from."""
        if isinstance(self.node, ast.FunctionDef):
            return []
        bare = (base.value if isinstance(base, ast.Subscript) else base for base in self.node.bases)
        return [self.module.full_name(ast.unparse(base)) for base in bare]


@dataclass(frozen=True)
class _Source:
    """A module as it stands in its file."""

    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def imported(self) -> dict[str, str]:
        """What names in the module stand for that it imports, those inside functions too."""
        package = self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]
        names: dict[str, str] = {}
        for step in ast.walk(self.tree):
            if isinstance(step, ast.ImportFrom):
                try:
                    origin = importlib.util.resolve_name("." * step.level + (step.module or ""), package)
                except ImportError:  # leads out of all packages, which is no harm where it is not carried out
                    continue
                names.update({alias.asname or alias.name: f"{origin}.{alias.name}" for alias in step.names})
            elif isinstance(step, ast.Import):
                for alias in step.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    names[name] = alias.name if alias.asname else name
        return names

    @cached_property
    def definitions(self) -> dict[str, _Definition]:
        """The classes and functions at its top by name; of several with one name the first."""
        kinds = (ast.ClassDef, ast.FunctionDef)
        return {node.name: _Definition(self, node) for node in reversed(self.tree.body) if isinstance(node, kinds)}

    @property
    def mentioned(self) -> list[str]:
        """All that may be a module among what the module imports."""
        whole = [alias.name for step in ast.walk(self.tree) if isinstance(step, ast.Import) for alias in step.names]
        names = [*whole, *self.imported.values()]
        return [*names, *(name.rpartition(".")[0] for name in names)]

    def full_name(self, name: str) -> str:
        """The import path of a name as the module uses it: its own, or one that it imports."""
        first, dot, rest = name.partition(".")
        return f"{self.imported.get(first, f'{self.name}.{first}')}{dot}{rest}"


def _definition(import_path: str) -> _Definition:
    """Where a class or function is defined, followed through the modules that pass it on. Raises InputError."""
    module, _, name = import_path.rpartition(".")
    source = _source(module)
    if source is None:
        raise InputError(f"{import_path}: no module {module}")
    if (found := source.definitions.get(name)) is not None:
        return found
    origin = source.imported.get(name, "")
    if "." not in origin or origin == import_path:
        raise InputError(f"{import_path}: no class {name} in {source.path}")
    return _definition(origin)


def _found(import_path: str) -> _Definition | None:
    """The same, None for what is not there. Raises BrokenSource for a module that is there and cannot be read."""
    try:
        return _definition(import_path)
    except BrokenSource:
        raise
    except InputError:
        return None


def _all_bases(import_path: str) -> Iterator[str]:
    """The import paths of all classes that a class is derived from, as far as their source can be read."""
    definition = _found(import_path)
    for base in definition.bases if definition else ():
        yield base
        yield from _all_bases(base)


#: The sources that were looked for while they are held.
_HELD: list[dict[str, _Source | None]] = []


@contextmanager
def sources_held() -> Iterator[None]:
    """Look for each module once while the block runs, however often it is asked for: for what takes seconds."""
    _HELD.append({})
    try:
        yield
    finally:
        _HELD.pop()


def _source(module: str) -> _Source | None:
    """The source of a module, found without importing anything; None where there is none."""
    if _HELD and module in _HELD[-1]:
        return _HELD[-1][module]
    path = _file(module)
    found = _parse(module, path, path.stat().st_mtime_ns) if path else None
    if _HELD:
        _HELD[-1][module] = found
    return found


@cache
def _parse(module: str, path: Path, modified: int) -> _Source:
    return _Source(module, path, parsed(path))


def parsed(path: Path) -> ast.Module:
    """A file of Python, parsed. Raises BrokenSource, with path and line, for one that cannot be."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        place = f"{path}:{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else str(path)
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise BrokenSource(f"{place}: is no Python that can be read ({reason}); mend it") from error


def _file(module: str) -> Path | None:
    """The file of a module. What was found once is taken again, as long as the same folders are searched."""
    top, *below = module.split(".")
    packages = (".".join((top, *below[:depth])) for depth in range(len(below)))
    paths = (vars(sys.modules[name]).get("__path__", ()) for name in packages if name in sys.modules)
    searched = (module, *sys.path, *(folder for folders in paths for folder in folders))
    known = _FILES.get(searched)
    if known is None or not known.is_file():
        known = _searched(top, below)
        if known is not None:
            _FILES[searched] = known
    return known


def _searched(top: str, below: list[str]) -> Path | None:
    spec = spec_of(top)
    if spec is None:
        return None
    file = Path(spec.origin) if spec.origin else None
    folders, name = list(spec.submodule_search_locations or []), top
    for part in below:
        # A package that is imported may have been given further folders.
        folders = list(vars(sys.modules[name]).get("__path__", [])) if name in sys.modules else folders
        name = f"{name}.{part}"
        places = [Path(folder) / part for folder in folders]
        files = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py"))]
        file = next((file for file in files if file.is_file()), None)
        folders = [str(place) for place in places if place.is_dir()]
    return file if file and file.suffix == ".py" and file.is_file() else None


def _given_in(line: ast.stmt, name: str) -> ast.expr | None:
    """What a line like `version = 3` or `version: ClassVar[int] = 3` gives to a name; None where it does not."""
    if not isinstance(line, ast.Assign | ast.AnnAssign):
        return None
    target = line.targets[0] if isinstance(line, ast.Assign) else line.target
    return line.value if ast.unparse(target) == name else None
