"""Corpora that are generated: a folder with a declaration of what it holds, written once, named when it is whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.acquire.whole import temporary_beside, work_folder
from datasets.errors import DataError

Declared = dict[str, Any]

#: The files that declare what a generated corpus holds.
DECLARATIONS = ("miniature.json", "standin.json")
#: What lies beside sounds that are generated from formulas.
LICENCE = "These sounds are generated from formulas. They are in the public domain (CC0 1.0).\n"


def write_once(
    root: Path,
    declaration: str,
    declared: Declared,
    fill: Callable[[Path], Declared | None],
    is_whole: Callable[[Path, Declared], bool],
) -> None:
    """Fill `root` by `fill(folder)`, unless it holds a corpus with the same declaration already.

    declaration: the file that holds it, `miniature.json` or `standin.json`. `fill` may return more to be declared.
    is_whole: whether a folder holds all that its declaration says.

    Raises DataError where `root` holds something else than such a corpus, or cannot be written.
    """
    kind = Path(declaration).stem
    if is_there(root, declaration, declared, is_whole):
        return
    try:
        with work_folder(root) as work:
            more = fill(work) or {}
            (work / declaration).write_text(json.dumps(declared | more, indent=1) + "\n")
            publish(work, root)
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error}); make room and repeat the command") from error
    if not is_there(root, declaration, declared, is_whole):
        raise DataError(f"{root}: another {kind} was written at the same time; repeat the command")


def is_there(
    root: Path, declaration: str, declared: Declared, is_whole: Callable[[Path, Declared], bool] = lambda *_: True
) -> bool:
    """Whether `root` holds this corpus. Raises DataError where it holds something that is none at all."""
    if not root.is_dir() or not any(root.iterdir()):
        return False
    kind = Path(declaration).stem
    try:
        found = json.loads((root / declaration).read_text())
    except (OSError, ValueError):
        raise DataError(f"{root}: holds something else than a {kind}; choose another folder") from None
    is_same = isinstance(found, dict) and all(found.get(key) == value for key, value in declared.items())
    return is_same and is_whole(root, found)


def read_declaration(root: Path, dataset: str, check: Callable[[Declared], Declared]) -> Declared:
    """What the declaration of a generated corpus of that dataset says, after `check`; nothing for the real set.

    `check` takes the declaration and gives it back, or raises ValueError, KeyError, TypeError or AttributeError for one
    that is bad. Raises DataError.
    """
    path = next((root / name for name in DECLARATIONS if (root / name).is_file()), None)
    if path is None:
        return {}
    try:
        return check(dict(json.loads(path.read_text())))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        again = f"delete the folder and run `python -m benchmarks data {path.stem} {dataset}`"
        raise DataError(f"{path}: not a declaration of a {path.stem}; {again}") from error


def count_files(folder: Path) -> int:
    """How many files lie below a folder, hidden ones aside."""
    return sum(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


def has_its_files(folder: Path, declared: Declared) -> bool:
    """Whether as many files lie below a folder as its declaration says (`files`)."""
    return count_files(folder) == declared.get("files")


def publish(work: Path, root: Path) -> None:
    """Give `work` the name `root`, in place of an older corpus. Raises OSError."""
    old = temporary_beside(root)
    try:
        if root.is_dir():
            root.rename(old)
        work.rename(root)
    except OSError:
        if not root.is_dir():  # no other process was faster
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
