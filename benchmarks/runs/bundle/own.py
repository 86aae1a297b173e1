"""What is the user's own and in no checkout: papers, the modules that they name, settings of the environment."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.build import PROJECT, import_class, is_installed, is_users, places_of
from benchmarks.runs.bundle.members import ROOT, Taken, named
from benchmarks.runs.bundle.parts import Member
from benchmarks.runs.ledger import Run
from benchmarks.runs.versions import BrokenSource, parsed, users_sources
from benchmarks.spec import Cell, paper_folder
from datasets import registry
from datasets.acquire.telling import count_of

#: Settings that say where things lie, which the bundle's script settles, or that no run asks for.
_OURS = ("DATA", "RUNS", "CACHE", "REPORTS", "PAPERS", "BUILT_IN_PAPERS", "CONTACT", "CORES")
PLACES = frozenset(f"RESOUND_{name}" for name in _OURS)
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def paper_members(paper: str) -> Taken:
    """The folder of a paper that is kept elsewhere, as `papers/<paper>/`."""
    folder = paper_folder(paper)
    if folder.resolve().is_relative_to(ROOT / "benchmarks"):
        return Taken([], [])
    members: list[Member] = [
        (f"papers/{paper}/{name}", path) for name, path in _files(folder) if name.parts[0] != "reports"
    ]
    return Taken(members, [f"paper: {folder}, {count_of(len(members), 'file')}"])


def module_members(runs: Sequence[Run], cells: Iterable[Cell], wheels: Sequence[str]) -> Taken:
    """The user's modules that runs or metrics name, with all modules of the user's that these import, as `own/`.

    Raises InputError for a package that they import and that neither the project nor `wheels` brings, and for a module
    that runs reach and that is no Python.
    """
    paths = {path for run in runs for path in run.versions}
    for path in sorted(paths):
        if is_users(path.partition(".")[0]):
            users_sources(path)  # which raises for what cannot be read of them
    paths |= {str(source.metric) for cell in cells for source in cell.sources if DOTTED.fullmatch(str(source.metric))}
    waiting = sorted({path.partition(".")[0] for path in paths} - set(PROJECT))
    members: dict[str, Path] = {}
    seen: set[str] = set()
    brought = _requirements() | {_plain(wheel) for wheel in wheels}
    while waiting:
        top = waiting.pop()
        if top in seen or top in PROJECT or top in sys.stdlib_module_names:
            continue
        seen.add(top)
        if is_installed(top):
            found = {_plain(name) for name in packages_distributions().get(top, [top])}
            if not found & brought:
                raise InputError(f"{top}: your modules import it, and nothing brings it; add --wheels {min(found)}")
            continue
        for place in filter(Path.exists, places_of(top)):
            files = dict(_files(place)) if place.is_dir() else {Path(): place}
            own = {
                f"own/{place.name}/{name}" if place.is_dir() else f"own/{place.name}": one
                for name, one in files.items()
            }
            members |= own
            waiting += [name for path in own.values() if path.suffix == ".py" for name in _imported(path)]
    said = [f"your modules: {named(sorted({name.split('/')[1] for name in members}))}"] if members else []
    return Taken(list(members.items()), said)


def setting_members(runs: Sequence[Run]) -> tuple[Taken, dict[str, str]]:
    """The settings of the environment that runs may ask for, and the files that they name, as `settings/`.

    Returns also what the bundle's script is to set, with `$here` for the bundle's folder. A file travels only with
    runs of a dataset that needs more than its own files.
    """
    found = {name: value for name, value in sorted(os.environ.items()) if name.startswith("RESOUND_")}
    needing = any(registry.has(import_class(run.resolved["dataset"]["class_path"]), "needs") for run in runs)
    members: list[Member] = []
    values: dict[str, str] = {}
    for name, value in found.items():
        path = Path(value).expanduser()
        if name in PLACES or not value:
            continue
        if not path.is_file():
            values[name] = value
        elif needing:
            place = f"settings/{name}/{path.name}"
            members.append((place, path))
            values[name] = f"$here/{place}"
    return Taken(members, [f"settings: {', '.join(values)}"] if values else []), values


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The files of a folder with their paths below it; nothing hidden or compiled, and no links."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(p.startswith((".", "__pycache__")) for p in name.parts):
            yield name, path


def _imported(path: Path) -> Iterator[str]:
    """The modules on top that a file imports, wherever in it; what is no Python, and so is imported nowhere, none."""
    try:
        tree = parsed(path)
    except BrokenSource:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _requirements() -> set[str]:
    """The packages that the project itself asks for."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return {_plain(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in wanted}


def _plain(name: str) -> str:
    """A package's name as all its spellings have it in common, without a version."""
    return re.sub(r"[-_.]+", "-", re.split(r"[=<>!~\[ ]", name, maxsplit=1)[0]).lower()
