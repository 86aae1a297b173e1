"""What may stand where in the three packages, and who may import whom, read from the source without running any of it.

Imports inside functions count. Those for type checkers alone count for the rooms, but make no circle and load no torch.
A complaint is one line that begins with file and line.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("datasets", "models", "benchmarks")
#: The rooms of each package, left never importing right; those that stand together do not import each other either.
ORDER: dict[str, tuple[tuple[str, ...], ...]] = {
    "datasets": (("base",), ("acquire",), ("features",), ("batches",), ("sounds",), ("wing",)),
    "models": (("base",), ("kernels",), ("tasks",), ("family",)),
    "benchmarks": (
        ("errors",), ("spec",), ("runs",), ("launch", "metrics"), ("audit",), ("judge",), ("reporting",), ("cli",),
        ("bench", "regression"),
    ),
}  # fmt: skip
#: Files beside the rooms, by the room that they count as.
LOOSE = {
    "datasets": {
        **dict.fromkeys(("", "contract", "errors", "seeds", "audio", "processes", "registry"), "base"),
        "generated": "sounds",
    },
    "models": dict.fromkeys(("", "keras", "initial", "optimizers", "complexity", "prediction"), "base"),
    "benchmarks": {"": "errors", "__main__": "cli"},
}
#: Other packages that a package may know.
KNOWS = {"datasets": (), "models": (), "benchmarks": ("datasets", "models")}
#: Rooms of benchmarks that do without torch, and the files there that may import it.
WITHOUT_TORCH = ("spec", "runs", "launch", "metrics", "audit", "judge", "reporting")
TORCH = ("torch", "torchaudio", "pytorch_lightning")
WITH_TORCH = (
    "benchmarks.runs.execute", "benchmarks.runs.gang.capture", "benchmarks.runs.gang.fixed",
    "benchmarks.runs.gang.together", "benchmarks.runs.kept.restored", "benchmarks.runs.machine.device",
    "benchmarks.runs.machine.numerics",
    "benchmarks.runs.train",
)  # fmt: skip
MOST_MODULES, MOST_LINES = 16, 400


@dataclass(frozen=True)
class Import:
    """One name that a module imports."""

    line: int
    module: str
    name: str | None
    typing: bool


@dataclass(frozen=True)
class Module:
    """One file of ours."""

    name: str
    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def imports(self) -> list[Import]:
        return list(self._imports(self.tree, typing=False))

    def _imports(self, node: ast.AST, typing: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None, typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = self._absolute(node)
            yield from (Import(node.lineno, module, alias.name, typing) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            negated = isinstance(node.test, ast.UnaryOp)
            for branch, checked in ((node.body, not negated), (node.orelse, negated)):
                for child in branch:
                    yield from self._imports(child, typing or checked)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._imports(child, typing)

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The module that a `from` names, also relative to this one."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        parts = parts[: len(parts) - node.level + (self.path.name == "__init__.py")]
        return ".".join([*parts, *([node.module] if node.module else [])])

    @cached_property
    def defines(self) -> set[str]:
        """Every name that the module binds outside functions and classes."""
        return set(_bound(self.tree.body))


def _bound(body: Iterable[ast.AST]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                yield from _bound(ast.iter_child_nodes(node))
            case _:
                names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
                yield from (one.id for one in names if isinstance(one.ctx, ast.Store))


Tree = Mapping[str, Module]


def read_tree(root: Path) -> Tree:
    """Every module of the three packages below `root`, by its dotted name."""
    modules = {}
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        parts = list(path.relative_to(root).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path.relative_to(root), path.read_text(encoding="utf-8"))
    return modules


def target(tree: Tree, found: Import) -> str:
    """The module of ours that an import loads, or what it names elsewhere."""
    whole = f"{found.module}.{found.name}"
    return whole if whole in tree else found.module


def edges(tree: Tree) -> Iterator[tuple[Module, Import, str]]:
    """Every import of something of ours from another file: who, where, what."""
    for module in tree.values():
        for found in module.imports:
            to = target(tree, found)
            if to.partition(".")[0] in PACKAGES and to != module.name:
                yield module, found, to


# -- the rules --------------------------------------------------------------------------------------------------------


def room_of(tree: Tree, name: str) -> tuple[str, str, str]:
    """(package, room, own room) of a module: a wing is the room `wing`, and its own one by name. "" for no room."""
    package, _, rest = name.partition(".")
    first = rest.partition(".")[0]
    if first in LOOSE[package]:
        return package, LOOSE[package][first], LOOSE[package][first]
    rooms = {room for together in ORDER[package] for room in together}
    if package == "datasets" and first not in rooms and tree[f"{package}.{first}"].path.name == "__init__.py":
        return package, "wing", f"wing {first}"
    if package == "models" and first not in rooms:
        return package, "family", "family"
    return (package, first, first) if first in rooms else (package, "", "")


def homeless(tree: Tree) -> Iterator[str]:
    """Every module stands in a room."""
    for name, module in tree.items():
        if not room_of(tree, name)[1]:
            yield f"{module.path}:1: stands in none of the rooms of {name.partition('.')[0]}"


def order(tree: Tree) -> Iterator[str]:
    """Left never imports right, wings never import each other, packages know only whom they may know."""
    for module, found, to in edges(tree):
        if to not in tree:
            continue
        (package, room, own), (other, entered, theirs) = room_of(tree, module.name), room_of(tree, to)
        where = f"{module.path}:{found.line}: imports {to}"
        if package != other:
            if other not in KNOWS[package]:
                yield f"{where}: {package} does not know {other}"
        elif own != theirs and room and entered:
            ranks = {name: rank for rank, together in enumerate(ORDER[package]) for name in together}
            if ranks[room] <= ranks[entered]:
                yield f"{where}: {own} may not import {theirs}"


def torch(tree: Tree) -> Iterator[str]:
    """From spec to reporting nothing imports torch, nor a dataset's or a network's module that does, but WITH_TORCH."""
    heavy = _heavy(tree)
    for name, module in tree.items():
        package, room, _ = room_of(tree, name)
        if package != "benchmarks" or room not in WITHOUT_TORCH or name in WITH_TORCH:
            continue
        for found in module.imports:
            to = target(tree, found)
            if not found.typing and (_is_torch(found) or (to in heavy and not to.startswith("benchmarks"))):
                yield f"{module.path}:{found.line}: imports {to}: {room} does without torch"


def _is_torch(found: Import) -> bool:
    return found.module.partition(".")[0] in TORCH


def _heavy(tree: Tree) -> set[str]:
    """The modules that import torch, themselves or by others of ours."""
    heavy = {name for name, one in tree.items() if any(_is_torch(found) and not found.typing for found in one.imports)}
    while True:
        more = {module.name for module, found, to in edges(tree) if to in heavy and not found.typing} - heavy
        if not more:
            return heavy
        heavy |= more


def circles(tree: Tree) -> Iterator[str]:
    """No module imports itself by way of others."""
    after: dict[str, dict[str, int]] = {name: {} for name in tree}
    for module, found, to in edges(tree):
        if to in tree and not found.typing:
            after[module.name].setdefault(to, found.line)
    for group in _strongly_connected(after):
        if len(group) > 1:
            first = min(group)
            line = min(line for to, line in after[first].items() if to in group)
            yield f"{tree[first].path}:{line}: import circle: {' <-> '.join(sorted(group))}"


def _strongly_connected(after: Mapping[str, Iterable[str]]) -> Iterator[set[str]]:
    """The groups in which each reaches each: by reachability, which is plenty for some hundred modules."""
    reached = {name: _reached(after, name) for name in after}
    seen: set[str] = set()
    for name in after:
        if name not in seen:
            group = {name} | {other for other in reached[name] if name in reached[other]}
            seen |= group
            yield group


def _reached(after: Mapping[str, Iterable[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        fresh = set(after[left.pop()]) - found
        found |= fresh
        left += fresh
    return found


def missing(tree: Tree) -> Iterator[str]:
    """What is imported of ours is there: the module, and the name in it."""
    for module, found, to in edges(tree):
        if to not in tree:
            yield f"{module.path}:{found.line}: imports {found.module}, which is not there"
        elif found.name and to == found.module and found.name != "*" and found.name not in tree[to].defines:
            yield f"{module.path}:{found.line}: imports {found.name} from {to}, which does not have it"


def crowded(tree: Tree) -> Iterator[str]:
    """No folder with more than 16 modules side by side."""
    for folder, count in sorted(Counter(module.path.parent for module in tree.values()).items()):
        if count > MOST_MODULES:
            yield f"{folder}:1: {count} modules side by side, more than {MOST_MODULES}"


def long_files(tree: Tree) -> Iterator[str]:
    """No file above 400 lines."""
    for module in tree.values():
        if (lines := len(module.source.splitlines())) > MOST_LINES:
            yield f"{module.path}:{lines}: more than {MOST_LINES} lines"


def complaints(tree: Tree, rule: str) -> list[str]:
    """What a rule has to say, each line once."""
    return list(dict.fromkeys(RULES[rule](tree)))


RULES = {rule.__name__: rule for rule in (homeless, order, torch, circles, missing, crowded, long_files)}
