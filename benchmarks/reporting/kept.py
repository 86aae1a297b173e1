"""The files of a report as they were made last, for as long as nothing has changed that they stand on.

They stand on the code and its packages, the papers, the stored runs, the files of the datasets, and where all of that
lies. Code and papers are known by their content; runs and datasets, which are large, by what the file system says of
every file, which changes with any of them even where times are set back (runs.stored.finished.signature).

Of a report whose parts are papers (reporting.by_paper) each is kept for itself, too.
"""

import hashlib
import json
import os
import platform
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.memo import Memo
from benchmarks.runs.own.names import is_own
from benchmarks.runs.stored.finished import REFERENCES, signature
from benchmarks.runs.stored.shelf import Shelf
from benchmarks.runs.versions import users_files
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load, outside_papers
from datasets import registry

#: Our folders whose files make a report, or a site, what it is.
ROOT = Path(__file__).parents[2]
OURS = {"report": ("benchmarks", "datasets", "models"), "site": ("benchmarks", "datasets", "models", "docs")}
#: What of them has no say, as it stands on top of reports (tests/import_rules.py); sites tell of commands.
ON_TOP = {
    "report": ("benchmarks/bench", "benchmarks/regression", "benchmarks/cli"),
    "site": ("benchmarks/bench", "benchmarks/regression"),
}
#: Is given a paper, the tables of it that are asked for, and what makes their part of a report (by_paper.Part).
Keep = Callable[[str, Sequence[str], Callable[[], Mapping[str, bytes]]], Mapping[str, bytes]]
#: What a report consists of: the content of every file by its path, and the mistakes of papers that are left out.
Made = tuple[dict[str, bytes], dict[str, str]]


def kept_files(workspace: Workspace, asked: list[Any], make: Callable[[Keep], Made]) -> Made:
    """The files that `make` makes of what is `asked`: those kept, where they stand on the same as now.

    asked: plain data, first of which form, "report" or "site". make: is told what is kept of single papers. For
    commands alone, in whose process the code is what lies on the disk. A report that warns, leaves papers out, or has
    to do with code of the user's own, is made every time.
    """
    form = asked[0]
    before = grounds(workspace, form)
    if before is None:
        return make(each_time)
    found: list[Made] = []
    parts = _Parts(workspace, form, before)

    def packed() -> bytes | None:
        said = len(_SAID)
        with _listening():
            found.append(make(parts.kept))
        is_quiet = len(_SAID) == said and not found[0][1] and not workspace.ledger.unusable
        if not is_quiet or users_files() or grounds(workspace, form) != before:
            return None
        parts.keep()
        return _packed(found[0][0])

    content = Memo(workspace.cache).newest("reports", [asked, _places(workspace)], before, packed)
    if found:
        return found[0]
    assert content is not None
    return _unpacked(content), {}


def each_time(paper: str, tables: Sequence[str], make: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes]:
    """What `make` makes of the tables of a paper: for those who keep nothing."""
    return make()


class _Parts:
    """What is kept of single papers: each stands on its own files and runs, and on all that is no paper's.

    It was made when nothing of the store was left out. Where that is otherwise now, as with a run of another paper that
    contradicts one of this, it does not count; so the whole store is looked through first.
    """

    def __init__(self, workspace: Workspace, form: str, before: dict[str, Any]) -> None:
        self._workspace, self._form, self._before = workspace, form, before
        self._is_quiet: bool | None = None
        self._new: list[tuple[list[Any], dict[str, Any], Mapping[str, bytes]]] = []

    def kept(self, paper: str, tables: Sequence[str], make: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes]:
        """What is kept of the tables of a paper, else what `make` makes."""
        if self._is_quiet is None:
            self._workspace.ledger.stored()
            self._is_quiet = not self._workspace.ledger.unusable
        if not self._is_quiet:
            return make()
        of, key = [self._form, paper, list(tables), _places(self._workspace)], of_paper(self._before, paper)
        content = Memo(self._workspace.cache).newest("papers", of, key, lambda: None)
        if content is not None:
            return _unpacked(content)
        made = make()
        self._new.append((of, key, made))
        return made

    def keep(self) -> None:
        """Keep what was made, since all was well."""
        for of, key, made in self._new:
            Memo(self._workspace.cache).newest("papers", of, key, partial(_packed, made))


#: The warnings of this process while reports were made.
_SAID: list[str] = []


class _listening(warnings.catch_warnings):  # noqa: N801 - a with statement, as the one that it is
    """Notes whether anything warns in the block; what does is shown as ever."""

    def __enter__(self) -> None:
        super().__enter__()
        shown = warnings.showwarning

        def note(message: Warning | str, *of_it: Any, **more: Any) -> None:
            _SAID.append(str(message))
            shown(message, *of_it, **more)

        warnings.showwarning = note


def grounds(workspace: Workspace, form: str) -> dict[str, Any] | None:
    """What a "report" or "site" stands on, as plain data; None where code that the user has written is a part of it."""
    if outside_papers():  # whose classes lie beside them
        return None
    runs = {str(store): dict(_runs_of(store)) for store in (workspace.runs, workspace.reports / "results")}
    if any(is_own(name) for names in runs.values() for name in names):
        return None
    roots = [
        workspace.dataset_root(name, corpus) for name in registry.names() for corpus in ("real", "miniature", "standin")
    ]
    return {
        "code": _digest(
            _contents([ROOT / name for name in OURS[form]], [*(ROOT / name for name in ON_TOP[form]), load.PAPERS])
        ),
        "papers": dict(_papers()),
        "machine": [sys.version, platform.machine()],
        "packages": sorted(_packages()),
        "settings": {name: value for name, value in os.environ.items() if name.startswith("RESOUND_")},
        "named": [_facts(Path(value)) for name, value in sorted(os.environ.items()) if name.startswith("RESOUND_")],
        "runs": runs,
        "data": {str(root): _digest(_states(root)) for root in roots},
    }


def of_paper(whole: dict[str, Any], paper: str) -> dict[str, Any]:
    """Of what a report stands on all that the pages of one paper do.

    Other papers' files and runs are none of it, but for runs that may be of a recipe of this paper's, too: runs go by
    their recipe, which is of a setting and a dataset.
    """
    known = load.load_paper(paper)
    others = tuple(f"{name}-" for name in whole["papers"] if name not in ("", paper))
    recipes = [f"-{dataset}-{setting}-" for dataset in known.datasets for setting in known.settings]

    def counts(run: str) -> bool:
        is_others = run.startswith(others) and not run.startswith(f"{paper}-")
        return not is_others or any(recipe in run for recipe in recipes)

    runs = {
        store: {name: state for name, state in of_store.items() if counts(name)}
        for store, of_store in whole["runs"].items()
    }
    return {**whole, "papers": {name: whole["papers"].get(name) for name in ("", paper)}, "runs": runs}


def _places(workspace: Workspace) -> list[str]:
    return [str(place) for place in (workspace.data, workspace.runs, workspace.cache, workspace.reports, load.PAPERS)]


def _runs_of(store: Path) -> Iterator[tuple[str, str]]:
    """The state of every run of a store, and of its format, by name."""
    yield "ledger.json", _facts(store / "ledger.json")
    yield REFERENCES, _digest(_states(store / REFERENCES))
    for name in Shelf(store).names():
        try:
            yield name, signature(store / name)
        except InputError as error:
            yield name, str(error)


def _papers() -> Iterator[tuple[str, str]]:
    """The content of every folder of a built-in paper by its name, and under "" what else lies there."""
    folders = sorted(path for path in load.PAPERS.glob("*") if path.is_dir())
    yield "", _digest(_contents([load.PAPERS], folders))
    yield from ((folder.name, _digest(_contents([folder]))) for folder in folders)


def _packages() -> Iterator[str]:
    """The installed packages with their versions, by the names of the folders that tell of them."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - half the time of Path.iterdir
        except OSError:
            continue
        yield from (name for name in names if name.endswith((".dist-info", ".egg-info")))


def _contents(folders: list[Path], without: Collection[Path] = ()) -> Iterator[str]:
    """Every file below folders with a hash of its content, `without` some and what Python writes itself."""
    aside = {str(folder) for folder in without}
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = sorted(
                name for name in below if name != "__pycache__" and f"{folder}{os.sep}{name}" not in aside
            )
            for name in sorted(names):
                path = Path(folder, name)
                try:
                    yield f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"
                except OSError as error:
                    yield f"{path} {error.strerror}"


def _states(root: Path) -> Iterator[str]:
    """What the file system says of every file below a folder; links are followed, to each folder once."""
    seen: set[tuple[int, int]] = set()
    for folder, below, names in os.walk(root, followlinks=True):
        status = os.stat(folder)  # noqa: PTH116 - of a hundred thousand files
        if (status.st_dev, status.st_ino) in seen:
            below.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        below.sort()
        yield from (_facts(Path(folder, name)) for name in sorted(names))


def _facts(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return f"{path} absent"
    return f"{path} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _digest(lines: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Files as one: a line with paths and lengths, then the contents."""
    return (
        json.dumps({path: len(content) for path, content in files.items()}).encode() + b"\n" + b"".join(files.values())
    )


def _unpacked(content: bytes) -> dict[str, bytes]:
    head, _, rest = content.partition(b"\n")
    files, at = {}, 0
    for path, length in json.loads(head).items():
        files[path] = rest[at : at + length]
        at += length
    return files
