"""The store of runs: a folder per finished run, published by one rename, never changed afterwards.

    <root>/ledger.json              format of the store
    <root>/<run id>/                run.json  scores_<testset>.npz  history.csv  [probes.npz]  result.json
    <root>/.attempts/<run id>/<uuid>/   a run in the making, with its checkpoint
    <root>/.claims/<run id>         who works on it (a kernel lock)
    <root>/.failures/<run id>.json  why the last attempt failed

`result.json` carries the checksums of everything published beside it and alone means "done". The claim saves double
work; that two processes cannot publish the same run rests on the rename, which fails where the run already stands.
Other names that begin with a dot (.DS_Store, ._x) are not ours and are passed over, in every folder.
"""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.files import canonical_hash, claimed, file_sha256, is_claimed, read_json, storage_error, write_json

FORMAT = 2
#: How the files begin that hold annotations of a dataset; those of real files are not landed, so they may be absent.
ANNOTATIONS = "reference_"


@dataclass(frozen=True)
class Run:
    """The unit that is trained once, ever: a setting on a fold with a seed. It carries all that it takes to execute."""

    paper: str
    setting: str
    dataset: str
    fold: int
    seed: int
    tier: str
    corpus: str
    numerics: str
    #: {"dataset" | "data" | "model": {"class_path", "init_args"}, "trainer": {...}}, as plain values
    resolved: dict[str, Any] = field(hash=False)
    #: the tensors for figures that the run writes; they move no number, so they are no part of its identity
    probes: list[str] = field(hash=False)
    #: the training protocol: what the paper file says of train lists, validation and selection
    protocol: dict[str, str] = field(hash=False)
    #: version numbers of all that `resolved` names by import path, and of their base classes (build.versions)
    versions: dict[str, int] = field(hash=False)
    #: content hash of the dataset's files; "absent" where the data are not on this machine
    fingerprint: str

    @property
    def recipe(self) -> str:
        """What is done, whatever the fold, the seed and the files: runs of one recipe may be averaged."""
        parts = ("resolved", "protocol", "versions", "dataset", "tier", "corpus", "numerics")
        return canonical_hash({name: getattr(self, name) for name in parts})

    @property
    def slot(self) -> tuple[str, str, int, int]:
        """Where the run belongs, whatever the files it was trained on: (setting, recipe, fold, seed)."""
        return (self.setting, self.recipe, self.fold, self.seed)

    @property
    def id(self) -> str:
        """The run's name: readable, and unique by its hash."""
        digest = canonical_hash(
            {"recipe": self.recipe, "fold": self.fold, "seed": self.seed, "data": self.fingerprint}, 10
        )
        return f"{self.paper}-{self.dataset}-{self.setting}-{self.tier}-f{self.fold}-s{self.seed}-{digest}"

    def to_dict(self) -> dict[str, Any]:
        """The content of run.json."""
        return {"format": FORMAT, "id": self.id, "recipe": self.recipe, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Run":
        """The run of a run.json."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Finished:
    """A finished run as it lies in a store."""

    run: Run
    folder: Path
    result: dict[str, Any]

    def scores_path(self, testset: str = "test") -> Path:
        """The stored scores of one test set."""
        return self.folder / f"scores_{testset}.npz"

    def verify(self) -> None:
        """Compare every published file with its checksum. Raises InputError for the first that differs."""
        check_files(self.folder, self.result["files"])


class Ledger:
    """A store of runs to write to, and further stores that are only read (the landed results)."""

    def __init__(self, root: Path, *also: Path) -> None:
        self.root = root
        self.also = also
        for store in (root, *also):
            self._check_format(store)

    @staticmethod
    def _check_format(store: Path) -> None:
        marker = store / "ledger.json"
        if marker.exists():
            check_format(store, read_json(marker), "these runs")

    # -- reading ---------------------------------------------------------------------------------------------------

    def finished(self) -> Iterator[Finished]:
        """Every finished run, the own store first. A result cut short is an error, never a missing run."""
        seen: set[str] = set()
        for store in (self.root, *self.also):
            for path in sorted(store.glob("[!.]*/result.json")):
                if path.parent.name not in seen:
                    seen.add(path.parent.name)
                    yield load_finished(path.parent)

    @cached_property
    def by_slot(self) -> dict[tuple[str, str, int, int], list[Finished]]:
        """Finished runs by where they belong."""
        slots: dict[tuple[str, str, int, int], list[Finished]] = {}
        for done in self.finished():
            slots.setdefault(done.run.slot, []).append(done)
        return slots

    def is_done(self, run: Run) -> bool:
        """Whether the run is finished; where the data are absent, whatever files it was trained on."""
        if run.fingerprint == "absent":
            return bool(self.by_slot.get(run.slot))
        return any((store / run.id / "result.json").exists() for store in (self.root, *self.also))

    def failure(self, run_id: str) -> dict[str, Any] | None:
        """Why the last attempt at a run failed, if it did."""
        path = self.root / ".failures" / f"{run_id}.json"
        return read_json(path) if path.exists() else None

    def failures(self) -> dict[str, dict[str, Any]]:
        """All recorded failures by run id."""
        return {path.stem: read_json(path) for path in sorted((self.root / ".failures").glob("[!.]*.json"))}

    def running(self) -> dict[str, dict[str, Any]]:
        """Runs that a live process works on: run id -> its last progress note."""
        notes = {}
        for claim in sorted((self.root / ".claims").glob("[!.]*")):
            if is_claimed(claim):
                progress = sorted((self.root / ".attempts" / claim.name).glob("*/progress.json"))
                notes[claim.name] = read_json(progress[-1]) if progress else {}
        return notes

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def claim(self, run_id: str) -> Iterator[bool]:
        """Hold a run while working on it; yields False if another process does."""
        self._open()
        with claimed(self.root / ".claims" / run_id) as held:
            yield held

    def _open(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(self.root, error) from error
        if not (self.root / "ledger.json").exists():
            write_json(self.root / "ledger.json", {"format": FORMAT})

    def attempt(self, run: Run) -> Path:
        """A folder to work on `run` in: the one of a killed attempt, with its checkpoint, or a new one.

        The caller holds the claim, so an attempt found here belongs to nobody who lives.
        """
        self._open()
        parent = self.root / ".attempts" / run.id
        parent.mkdir(parents=True, exist_ok=True)
        left = sorted(parent.glob("[!.]*"), key=lambda path: (path / "checkpoint.ckpt").exists())
        folder = left[-1] if left else parent / uuid.uuid4().hex
        for other in left[:-1]:
            shutil.rmtree(other, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        write_json(folder / "run.json", run.to_dict())
        return folder

    def publish(self, run: Run, attempt: Path, result: dict[str, Any]) -> Path:
        """Write result.json with the checksums of all that is published, and rename the attempt into place."""
        if not (attempt / "run.json").exists():
            raise InputError(f"{attempt}: vanished while the run was made; run it again")
        (attempt / "progress.json").unlink(missing_ok=True)
        (attempt / "checkpoint.ckpt").unlink(missing_ok=True)
        for cut in attempt.glob(".*"):  # what a killed attempt was writing, and what file browsers leave
            cut.unlink(missing_ok=True)
        files = {path.name: file_sha256(path) for path in sorted(attempt.iterdir()) if path.name != "result.json"}
        write_json(attempt / "result.json", {"format": FORMAT, "id": run.id, "files": files, **result})
        target = self.root / run.id
        try:
            # A published folder is never empty, so the rename fails where one already stands.
            os.rename(attempt, target)  # noqa: PTH104 - Path.rename has the same semantics; the call is the point
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise storage_error(target, error) from error
            shutil.rmtree(attempt, ignore_errors=True)
        shutil.rmtree(attempt.parent, ignore_errors=True)
        (self.root / ".failures" / f"{run.id}.json").unlink(missing_ok=True)
        self.__dict__.pop("by_slot", None)
        return target

    def record_failure(self, run_id: str, message: str, trace: str) -> None:
        """Keep why a run failed, for `status`."""
        write_json(self.root / ".failures" / f"{run_id}.json", {"message": message, "trace": trace})


def check_files(folder: Path, checksums: dict[str, str]) -> None:
    """Compare the files of a finished run with their checksums. Raises InputError for the first that differs."""
    for name, digest in checksums.items():
        path = folder / name
        if not path.exists() and name.startswith(ANNOTATIONS):
            continue
        if not path.is_file():
            raise InputError(f"{path}: missing from a finished run; remove the folder {folder} to redo it")
        if file_sha256(path) != digest:
            raise InputError(f"{path}: damaged (its checksum differs); remove the folder {folder} to redo it")


def check_format(path: Path, content: Any, what: str) -> None:
    """Refuse files of another format, in one line that says what to do. Raises InputError."""
    found = content.get("format", 0) if isinstance(content, dict) else None
    if not isinstance(found, int):
        raise InputError(f"{path}: is not of the form that the harness writes; delete it, or bring the right one back")
    if found > FORMAT:
        raise InputError(f"{path}: written by a newer version of the harness; update it to read {what}")
    if found < FORMAT:
        store = path if path.is_dir() else path.parent.parent
        raise InputError(
            f"{path}: written by an older version of the harness; `python -m benchmarks migrate {store}` brings it up "
            "to date"
        )


def load_finished(folder: Path) -> Finished:
    """Read one finished run. Raises InputError for files cut short or of another format."""
    advice = f"remove the folder {folder} to redo it"
    result, data = (read_json(folder / name, advice) for name in ("result.json", "run.json"))
    for name, content in (("result.json", result), ("run.json", data)):
        check_format(folder / name, content, "this run")
    try:
        return Finished(run=Run.from_dict(data), folder=folder, result=result)
    except KeyError as error:
        raise InputError(f"{folder / 'run.json'}: field {error} is missing; remove the folder to redo it") from None
