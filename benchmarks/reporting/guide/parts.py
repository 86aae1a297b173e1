"""The reference of data modules and networks, read off the code without importing it, which would load torch."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import benchmarks
from benchmarks.reporting.guide import FOLDER
from benchmarks.reporting.render.blocks import Block, Bullets, Heading, Page, Text

ROOT = Path(benchmarks.__file__).parents[1]
#: What is shown: a page's name, its title, what it begins with, where its classes stand.
PAGES = (
    ("datasets", "Data modules", "Batches for training and tests, one class per dataset.", ("datasets/*/module.py",)),
    ("models", "Networks", "Networks and their LightningModules, one module per family; what kinds of tasks share.",
     ("models/**/*.py",)),
)  # fmt: skip


def part_pages() -> Iterator[Page]:
    """A page per package: its public classes with their arguments and what they say of themselves."""
    for name, title, about, patterns in PAGES:
        paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
        blocks = [block for path in paths for block in _of_module(path)]
        yield Page(f"{FOLDER}/{name}", f"Reference: {title.lower()}", [Text(about), *blocks])


def _of_module(path: Path) -> Iterator[Block]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")]
    if not classes:
        return
    yield Heading(f"`{module}`")
    yield from paragraphs(ast.get_docstring(tree) or "")
    for one in classes:
        yield Heading(one.name, 3)
        yield Text(f"`{one.name}({_arguments(one)})`")
        yield from paragraphs(ast.get_docstring(one) or "")


def _arguments(of: ast.ClassDef) -> str:
    """The arguments of a class as they are written, or of the fields of a dataclass."""
    made = next((one for one in of.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if made is None:
        fields = [one for one in of.body if isinstance(one, ast.AnnAssign)]
        return ", ".join(ast.unparse(one) for one in fields) or "..."
    arguments = made.args
    arguments.args = arguments.args[1:]
    return ast.unparse(arguments)


def paragraphs(docstring: str) -> Iterator[Block]:
    """A docstring as blocks: paragraphs, and lists where lines begin with names and colons."""
    for part in re.split(r"\n\s*\n", docstring.strip()):
        lines = part.splitlines()
        items = [line for line in lines if re.match(r"[\w, *]+: ", line)]
        if len(items) > 1 and lines[0] == items[0]:
            yield Bullets(_joined(lines))
        elif part:
            yield Text(" ".join(part.split()))


def _joined(lines: list[str]) -> list[str]:
    """Lines that begin an item, each with those that go on with it."""
    found: list[str] = []
    for line in lines:
        if re.match(r"[\w, *]+: ", line):
            found.append(line)
        else:
            found[-1] += f" {line.strip()}"
    return found
