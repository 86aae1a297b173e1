"""The extractors of this package by their short names, read from source: some of its modules import torch."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: The class that every extractor is derived from.
BASE = "datasets.features.Extractor"


@dataclass(frozen=True)
class _Class:
    """A class as it stands in source: the import paths of its bases, and the `name` that it sets."""

    bases: tuple[str, ...]
    name: str | None


@cache
def extractors() -> dict[str, str]:
    """Import path of every extractor by name: of each class beside this file that is one and sets its `name`.

    Raises ValueError where two have the same.
    """
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if "\n    name" not in file.read_text(encoding="utf-8"):
            continue
        module = f"{__package__}.{file.stem}"
        for attribute, read in _classes(module).items():
            path, name = f"{module}.{attribute}", read.name
            if name is not None and _is_extractor(path):
                if name in found:
                    raise ValueError(f"two feature extractors are called {name!r}: {found[name]} and {path}")
                found[name] = path
    return found


def _is_extractor(path: str) -> bool:
    module, _, attribute = path.rpartition(".")
    read = _classes(module).get(attribute)
    return path == BASE or (read is not None and any(map(_is_extractor, read.bases)))


@cache
def _classes(module: str) -> dict[str, _Class]:
    """The classes of a module of this package; none for any other module, and for the package's own file."""
    package, _, stem = module.rpartition(".")
    file = Path(__file__).with_name(f"{stem}.py")
    if package != __package__ or not file.is_file():
        return {}
    body = ast.parse(file.read_text(encoding="utf-8")).body
    imports = [step for step in body if isinstance(step, ast.ImportFrom)]
    known = {alias.asname or alias.name: f"{step.module}.{alias.name}" for step in imports for alias in step.names}
    return {
        node.name: _Class(
            tuple(known.get(base, f"{module}.{base}") for base in map(ast.unparse, node.bases)), _name(node)
        )
        for node in body
        if isinstance(node, ast.ClassDef)
    }


def _name(node: ast.ClassDef) -> str | None:
    """What a line `name = "..."` or `name: ClassVar[str] = "..."` of a class sets."""
    for line in node.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            if ast.unparse(target) == "name" and isinstance(line.value.value, str):
                return line.value.value
    return None
