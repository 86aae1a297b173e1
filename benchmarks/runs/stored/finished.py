"""A finished run as it lies in a folder, checked from its name to the last byte of its scores."""

import csv
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.errors import InputError
from benchmarks.runs.files import file_sha256, unreadable
from benchmarks.runs.stored.forms import StoredResult, StoredRun, read_stored
from benchmarks.runs.stored.run import Run

if TYPE_CHECKING:
    from benchmarks.runs.scores import Scores

#: How the files begin that hold annotations of a dataset; those of real files are not landed, so they may be absent.
ANNOTATIONS = "reference_"
#: The folder of a store that holds those which many landed runs have, each once, by its checksum.
REFERENCES = "references"
#: How the file begins that holds kept weights; it is not landed either, for it is large, and no report needs it.
WEIGHTS = "weights."
#: Files that are listed and may be absent.
OPTIONAL = (ANNOTATIONS, WEIGHTS)
#: What is published of a run, beside its result: nothing else that lies in the folder of an attempt.
PUBLISHED = re.compile(r"run\.json|history\.csv|probes\.npz|scores_\w+\.npz|reference_\w+\.csv|weights\.safetensors")
_SCORES = re.compile(r"scores_(\w+)\.npz")
#: Parts that are no test sets.
TRAINED_ON = ("train", "validation")


class Tested(NamedTuple):
    """The items of one test set that a run has scores for: how many, and a hash of their names in any order.

    form: what is said of each: the kind of scores, of how many and which classes, of whole items or of parts of them.
    """

    number: int
    digest: str
    form: str = ""

    @classmethod
    def of(cls, items: tuple[str, ...], form: str = "") -> "Tested":
        """The same of names."""
        return cls(len(items), _digest(items), form)

    @classmethod
    def by(cls, scores: "Scores") -> "Tested":
        """The same of scores."""
        parts = "frames" if scores.hop else "parts" if scores.values.ndim == 3 else "items"
        classes = f"{len(scores.classes)} classes ({_digest(scores.classes)[:8]})"
        return cls.of(scores.items, f"{scores.kind} of {parts}, {classes}")

    @property
    def items(self) -> tuple[int, str]:
        """Which items it has, whatever is said of them."""
        return self.number, self.digest


def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Finished:
    """A finished run as it lies in a store."""

    run: Run
    folder: Path
    result: dict[str, Any]

    def scores_path(self, testset: str = "test") -> Path:
        """The stored scores of one test set."""
        return self.folder / f"scores_{testset}.npz"

    @property
    def test_sets(self) -> list[str]:
        """The test sets that it has scores for."""
        return [found[1] for name in sorted(self.result["files"]) if (found := _SCORES.fullmatch(name))]

    @property
    def scored(self) -> dict[str, str]:
        """The checksum of the scores of each test set."""
        return {name: self.result["files"][self.scores_path(name).name] for name in self.test_sets}

    def annotations(self, testset: str) -> Path | None:
        """The copy of what is true of a test set: the run's own, or the one that its store keeps of many; None if none.

        Whether the latter is what its name says, its reader checks. Raises InputError where none may look.
        """
        name = f"{ANNOTATIONS}{testset}.csv"
        if name not in self.result["files"]:
            return None
        shared = shared_reference(self.folder.parent, self.result["files"][name])
        try:
            return next((place for place in (self.folder / name, shared) if place.is_file()), None)
        except OSError as error:
            raise unreadable(shared.parent, error) from None

    def verify(self) -> None:
        """Compare every published file with its checksum. Raises InputError for the first that differs."""
        check_files(self.folder, self.result["files"])

    def tested(self) -> dict[str, Tested]:
        """The items of every test set, read from the scores, whose checksums are compared first.

        Raises InputError where files are damaged, scores are no scores, or their number is not what the result says.
        """
        from benchmarks.runs.scores import Scores, UnusableScores

        self.verify()
        found = {}
        for name in self.test_sets:
            try:
                found[name] = Tested.by(Scores.load(self.scores_path(name)))
            except UnusableScores as error:
                raise InputError(f"{self.scores_path(name)}: {error.problem}; {_redo(self.folder)}") from None
        counts = self.result["data"]["items"]
        for name, one in found.items():
            path, used = self.scores_path(name), counts.get(name, {}).get("used")
            if used != one.number:
                said = "none" if used is None else used
                raise InputError(f"{path}: has {one.number} items, its result says {said}; {_redo(self.folder)}")
            copy = self.annotations(name)
            if copy and _named_in(copy) != one.items:
                beside = "the scores beside it" if copy.parent == self.folder else f"the scores of {self.folder}"
                raise InputError(f"{copy}: tells of other items than {beside}; {_redo(self.folder)}")
        return found


def shared_reference(store: Path, digest: str) -> Path:
    """Where a store keeps the annotations of a checksum that many of its runs have."""
    return store / REFERENCES / f"{digest}.csv"


def _named_in(copy: Path) -> tuple[int, str] | None:
    """The items that annotations tell of; None for a file that is none. Raises InputError where it cannot be read."""
    try:
        with copy.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            if next(rows, [])[:1] != ["item"]:
                return None
            return Tested.of(tuple(dict.fromkeys(row[0] for row in rows if row))).items
    except (UnicodeDecodeError, csv.Error):
        return None
    except OSError as error:
        raise unreadable(copy, error) from None


def load_finished(folder: Path, name: str | None = None) -> Finished:
    """Read one finished run, which is what its folder is called (or `name`, while it is made elsewhere).

    Raises InputError, one line, for files of another form, of another run or format, unlisted ones and links. What
    scores hold is `Finished.tested`.
    """
    advice = _redo(folder)
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"{folder}: is no folder, or a link to one; put the run itself there")
    result = read_stored(folder / "result.json", StoredResult, advice)
    data = read_stored(folder / "run.json", StoredRun, advice)
    finished = named(folder, data, result, name or folder.name)
    _check(finished, data)
    return finished


def named(folder: Path, data: dict[str, Any], result: dict[str, Any], name: str) -> Finished:
    """The run that is made of the contents of run.json and result.json. Raises InputError where it is not `name`."""
    finished = Finished(Run.from_dict(data), folder, result)
    for file, found in (("result.json", result["id"]), ("run.json", data["id"]), ("run.json", finished.run.id)):
        if found != name:
            raise InputError(
                f"{folder / file}: describes {found}, not this run; put its own file back, or {_redo(folder)}"
            )
    return finished


def _check(finished: Finished, data: dict[str, Any]) -> None:
    """Compare the files of a run with what its result says of them. Raises InputError."""
    folder, result, advice = finished.folder, finished.result, _redo(finished.folder)
    if data["recipe"] != finished.run.recipe or result["numerics"] != finished.run.numerics:
        raise InputError(f"{folder}: its files contradict each other; {advice}")
    counts = result["data"]["items"].items()
    check_listing(folder, result["files"], [part for part, one in counts if part not in TRAINED_ON and one["used"]])
    if file_sha256(folder / "run.json") != result["files"]["run.json"]:
        raise InputError(f"{folder / 'run.json'}: damaged (its checksum differs); {advice}")


def check_listing(folder: Path, listed: Collection[str], test_sets: Collection[str] = ()) -> None:
    """Compare the files of a run's folder with those that its result lists; scores of `test_sets` are among them.

    Raises InputError for files that are missing, unlisted or no regular files. Annotations and weights may be missing.
    """
    there = {name for name, _ in _entries(folder)} - {"result.json"}
    if odd := sorted(name for name in listed if not PUBLISHED.fullmatch(name)):
        raise InputError(f"{folder / 'result.json'}: lists {odd[0]}, which is no file of a run; {_redo(folder)}")
    if odd := sorted(there - set(listed)):
        raise InputError(f"{folder / odd[0]}: not listed by its result; remove it, or {_redo(folder)}")
    wanted = {"run.json", *(f"scores_{name}.npz" for name in test_sets)}
    if lacking := sorted(wanted - set(listed)):
        raise InputError(f"{folder / 'result.json'}: does not list {lacking[0]}; {_redo(folder)}")
    if not any(_SCORES.fullmatch(name) for name in listed):
        raise InputError(f"{folder / 'result.json'}: lists no scores; {_redo(folder)}")
    if gone := sorted(name for name in set(listed) - there if not name.startswith(OPTIONAL)):
        raise InputError(f"{folder / gone[0]}: missing from a finished run; {_redo(folder)}")


def file_checksums(attempt: Path) -> dict[str, str]:
    """The checksums of all files that lie in an attempt, beside a result. Raises InputError for what is no file."""
    return {name: file_sha256(attempt / name) for name, _ in sorted(_entries(attempt)) if name != "result.json"}


def check_files(folder: Path, checksums: dict[str, str]) -> None:
    """Compare the files of a finished run with their checksums. Raises InputError for the first that differs."""
    for name, digest in checksums.items():
        path = folder / name
        if not path.exists() and name.startswith(OPTIONAL):
            continue
        if not path.is_file() or path.is_symlink():
            raise InputError(f"{path}: missing from a finished run, or a link; {_redo(folder)}")
        if file_sha256(path) != digest:
            redo = "remove this file, the run stands without it" if name.startswith(WEIGHTS) else _redo(folder)
            raise InputError(f"{path}: damaged (its checksum differs); {redo}")


def signature(folder: Path) -> str:
    """What the file system says of a run's folder: it changes with any file in it, even where times are set back.

    Raises InputError for a folder that cannot be looked into, or in which a file is no regular one.
    """
    facts = [
        f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
        for name, status in sorted(_entries(folder), key=lambda entry: entry[0])
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


def _entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a folder, hidden ones aside, which are not ours. Raises InputError for what is no regular file."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    raise InputError(f"{folder / entry.name}: a link or a folder in a finished run; {_redo(folder)}")
                yield entry.name, status
    except (NotADirectoryError, FileNotFoundError):
        raise InputError(f"{folder}: is no folder; put the run itself there, or remove it to redo it") from None
    except OSError as error:
        raise unreadable(folder, error) from None


def _redo(folder: Path) -> str:
    return f"remove the folder {folder} to redo it"
