"""The store of runs: a folder per finished run, published by one rename, never changed afterwards.

    <root>/ledger.json              format of the store
    <root>/<run id>/                run.json  scores_<testset>.npz  history.csv  [probes.npz]
                                    [weights.safetensors]  result.json
    <root>/.attempts/<run id>/<uuid>/   a run in the making, with its checkpoint, which lies beside it as
                                        .checkpoint.ckpt while it is published
    <root>/.claims/<run id>         who works on it (a kernel lock)
    <root>/.failures/<run id>.json  why the last attempt failed
    <root>/.aside/<run id>-<hex>/   what had the name of a run and could not be believed
    <root>/.sweeps/<name>.json      how far a sweep is (launch.sweeps)
    <root>/.background/             what trains in the background (cli.background)
    <root>/.slurm/                  orders and events of batch jobs (launch.slurm)
    <root>/.logs/                   what workers print (launch.local, launch.ray)
    <root>/logs/<run id>/           losses, where that is asked for (kept.logs): Lightning's files, none of ours
    <root>/report/                  the pages of what was printed last (reporting.site)
    <root>/references/<sha256>.csv  annotations that many landed runs have

`result.json` carries the checksums of everything published beside it and alone means "done". The claim saves double
work; that two processes cannot publish the same run rests on the rename, which fails where the run already stands.
Other names that begin with a dot (.DS_Store, ._x) are not ours and are passed over, in every folder.
"""

import os
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError, warned
from benchmarks.runs.files import TAKEN, claimed, is_claimed, storage_error, write_json, writing
from benchmarks.runs.stored.finished import ANNOTATIONS, PUBLISHED, Finished, Tested, file_checksums, load_finished
from benchmarks.runs.stored.forms import FORMAT, Failure, Marker, Progress, StoredRun, read_stored
from benchmarks.runs.stored.official import contradicting
from benchmarks.runs.stored.run import Run, Slot
from benchmarks.runs.stored.shelf import Shelf, Stored
from datasets.acquire.whole import sync

__all__ = ["ANNOTATIONS", "FORMAT", "Finished", "Ledger", "Run", "load_finished"]

#: What is in an attempt that the next one goes on with.
CHECKPOINT = "checkpoint.ckpt"
#: Where it is, beside the attempt, until the run is published.
KEPT = f".{CHECKPOINT}"
#: Raises InputError for a run that was tested on other items than its own (stored.official).
ItemCheck = Callable[[Finished, Mapping[str, Tested]], None]


class Ledger:
    """A store of runs to write to, and further stores that are only read (the landed results).

    memory: a folder for what was found in the files of runs, so that each is read once; it may be deleted.
    check_items: raises InputError for runs that were tested on other items than their own.
    """

    def __init__(
        self, root: Path, *also: Path, memory: Path | None = None, check_items: ItemCheck = lambda *of_a_run: None
    ) -> None:
        self.root = root
        self.also = also
        self.check_items = check_items
        self._shelves = [Shelf(store, memory) for store in (root, *also)]
        self._seen: tuple[object, dict[str, Stored]] = (None, {})
        self._slots: dict[Slot, list[Finished]] = {}
        #: why runs are left out, by their folder: a line each, as of the last time that the runs were read
        self.unusable: dict[Path, str] = {}
        #: the runs of the other stores, whether or not the own one has them too; as of then
        self.landed: set[str] = set()
        for store in (root, *also):
            self._check_format(store)

    @staticmethod
    def _check_format(store: Path) -> None:
        marker = store / "ledger.json"
        if os.path.lexists(marker):
            read_stored(marker, Marker, "delete this one file, and the next run makes it again")

    # -- reading ---------------------------------------------------------------------------------------------------

    def finished(self) -> Iterator[Finished]:
        """Every finished run, the own store first. What cannot be believed is left out, and a warning names it."""
        yield from (one.finished for one in self.stored())

    def stored(self) -> list[Stored]:
        """The same with the items of their test sets."""
        return list(self._by_id.values())

    @property
    def _by_id(self) -> dict[str, Stored]:
        """The finished runs, read again when one was published, removed or renamed."""
        state = tuple(shelf.stamp() for shelf in self._shelves)
        if self._seen[0] != state:
            self._seen = state, self._read()
            self._slots = {}
        return self._seen[1]

    def _read(self) -> dict[str, Stored]:
        good: dict[str, Stored] = {}
        bad: dict[Path, str] = {}
        landed: set[str] = set()
        for shelf in self._shelves:
            for one in shelf.runs():
                try:
                    self.check_items(one.finished, one.tested)
                    good.setdefault(one.finished.run.id, one)
                    landed |= {one.finished.run.id} if shelf is not self._shelves[0] else set()
                except InputError as error:
                    bad[one.finished.folder] = str(error)
            bad |= shelf.unusable
        odd = contradicting(good.values())
        for line in (bad | odd).values():
            warnings.warn(f"left out: {line}", stacklevel=2)
        self.unusable = bad | odd
        believed = {name: one for name, one in good.items() if one.finished.folder not in odd}
        self.landed = landed & believed.keys()
        return believed

    @property
    def by_slot(self) -> dict[Slot, list[Finished]]:
        """Finished runs by where they belong."""
        runs = self._by_id
        if not self._slots:
            for one in runs.values():
                self._slots.setdefault(one.finished.run.slot, []).append(one.finished)
        return self._slots

    def is_done(self, run: Run) -> bool:
        """Whether the run is finished; where the data are absent, whatever files it was trained on."""
        return bool(self.by_slot.get(run.slot)) if run.fingerprint == "absent" else run.id in self._by_id

    def holds(self, run: Run) -> bool:
        """Whether the own store has the run; what has its name and cannot be believed does not count.

        Where nothing has its name, which is the rule before it is made, no other run is looked at.
        """
        return os.path.lexists(self.root / run.id) and run.id in self._by_id

    def failures(self) -> dict[str, dict[str, Any]]:
        """All recorded failures by run id, but of those that have succeeded since."""
        found = {}
        for path in sorted((self.root / ".failures").glob("[!.]*.json")):
            if path.stem in self._by_id:
                continue
            try:
                found[path.stem] = read_stored(path, Failure, "delete it")
            except InputError as error:
                warnings.warn(f"left out: {error}", stacklevel=2)
        return found

    def running(self) -> dict[str, dict[str, Any]]:
        """Runs that a live process works on: run id -> its last progress note, if it has one that can be read."""
        notes: dict[str, dict[str, Any]] = {}
        for claim in sorted((self.root / ".claims").glob("[!.]*")):
            if not is_claimed(claim):
                continue
            notes[claim.name] = {}
            for path in sorted((self.root / ".attempts" / claim.name).glob("*/progress.json"))[-1:]:
                with suppress(InputError):  # it has just gone, as with the end of a run
                    notes[claim.name] = read_stored(path, Progress, "")
        return notes

    def attempts(self) -> list[dict[str, Any]]:
        """The attempts of the own store, one per run: "id", "checkpoint" (whether one is there), and its progress note.

        Some process may be at work on them; what nobody works on waits to go on.
        """
        found: dict[str, dict[str, Any]] = {}
        for folder, note in self._noted():
            is_kept = any(place.exists() for place in (folder / CHECKPOINT, folder.with_name(KEPT)))
            one: dict[str, Any] = {"id": folder.parent.name, "checkpoint": is_kept, **note}
            if one["checkpoint"] or one["id"] not in found:
                found[one["id"]] = one
        return list(found.values())

    def begun(self) -> Iterator[tuple[Run, dict[str, Any]]]:
        """Attempts of the own store that tell how long an epoch takes: their runs and progress notes."""
        for folder, note in self._noted():
            if note.get("seconds") and note.get("device"):
                with suppress(InputError):  # it has just ended, or is no run
                    yield Run.from_dict(read_stored(folder / "run.json", StoredRun, "")), note

    def _noted(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The folders of attempts of the own store, each with its progress note, empty where none can be read."""
        for folder in sorted((self.root / ".attempts").glob("[!.]*/[!.]*")):
            note: dict[str, Any] = {}
            with suppress(InputError):
                note = read_stored(folder / "progress.json", Progress, "")
            yield folder, note

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def claim(self, run_id: str) -> Iterator[bool]:
        """Hold a run while working on it; yields False if another process does."""
        self._open()
        with claimed(self.root / ".claims" / run_id) as held:
            yield held

    def _open(self) -> None:
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        if not (self.root / "ledger.json").exists():
            write_json(self.root / "ledger.json", {"format": FORMAT})

    def attempt(self, run: Run) -> Path:
        """A folder to work on `run` in: the one of a killed attempt, with its checkpoint alone, or a new one.

        What became of the last attempt is no longer told. The caller holds the claim, so an attempt found here belongs
        to nobody who lives.
        """
        self._open()
        parent = self.root / ".attempts" / run.id
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            left = sorted(
                (path for path in parent.glob("[!.]*") if path.is_dir() and not path.is_symlink()),
                key=lambda path: (path / CHECKPOINT).exists(),
            )
            folder = left[-1] if left else parent / uuid.uuid4().hex
            for other in left[:-1]:
                shutil.rmtree(other, ignore_errors=True)
            folder.mkdir(exist_ok=True)
            _clear(folder, lambda name: name == CHECKPOINT)
            if (parent / KEPT).exists():
                (parent / KEPT).replace(folder / CHECKPOINT)
            (self.root / ".failures" / f"{run.id}.json").unlink(missing_ok=True)
        write_json(folder / "run.json", run.to_dict())
        return folder

    def publish(self, run: Run, attempt: Path, result: dict[str, Any], say: Callable[[str], None] = warned) -> Path:
        """Write result.json with the checksums of all that is published, check it all, and rename it into place.

        Where the run is there already, it stays; what has its name and cannot be believed is set aside, which is said.
        Raises InputError for an attempt that is not what a finished run is; nothing of it is published.
        """
        if not (attempt / "run.json").exists():
            raise InputError(f"{attempt}: vanished while the run was made; run it again")
        with writing(attempt):
            if (attempt / CHECKPOINT).exists():  # for the next attempt, should this one not be published
                (attempt / CHECKPOINT).replace(attempt.with_name(KEPT))
            _clear(attempt, lambda name: PUBLISHED.fullmatch(name) is not None)
        files = file_checksums(attempt)
        write_json(attempt / "result.json", {"format": FORMAT, "id": run.id, "files": files, **result})
        try:
            made = load_finished(attempt, run.id)
            self.check_items(made, made.tested())
        except InputError:
            (attempt / "result.json").unlink(missing_ok=True)
            raise
        with writing(attempt):  # a machine that goes down must not leave a name without its content
            for path in (*attempt.iterdir(), attempt):
                sync(path)
        target = self.root / run.id
        if os.path.lexists(target) and not self.holds(run):
            self._set_aside(target, say)
        try:
            # A published folder is never empty, so the rename fails where one already stands.
            os.rename(attempt, target)  # noqa: PTH104 - Path.rename has the same semantics; the call is the point
        except OSError as error:
            if error.errno not in TAKEN:
                raise storage_error(target, error) from error
            shutil.rmtree(attempt, ignore_errors=True)
        with writing(target):
            sync(self.root)
        shutil.rmtree(attempt.parent, ignore_errors=True)
        (self.root / ".failures" / f"{run.id}.json").unlink(missing_ok=True)
        return target

    def _set_aside(self, folder: Path, say: Callable[[str], None]) -> None:
        """Put what stands in the place of a run, and is none that can be believed, where it is in nobody's way."""
        aside = self.root / ".aside" / f"{folder.name}-{uuid.uuid4().hex[:8]}"
        with writing(aside):
            aside.parent.mkdir(exist_ok=True)
            folder.rename(aside)
        say(f"{folder}: cannot be believed, and was made anew; what it was is in {aside}")

    def places(self) -> list[Path]:
        """The folders of the own store in which files of ours are written; whatever else lies there is not ours."""
        names = (".attempts", ".claims", ".failures", ".logs", ".sweeps", ".aside", ".background", ".slurm", "report")
        return [self.root / name for name in (*names, *self._shelves[0].names())]

    def tidy(self) -> None:
        """Remove what kills have left of runs that are finished: the rest of an attempt, an earlier failure."""
        for folder in (self.root / ".attempts").glob("[!.]*"):
            if folder.name in self._by_id and not is_claimed(self.root / ".claims" / folder.name):
                shutil.rmtree(folder, ignore_errors=True)
        for path in (self.root / ".failures").glob("[!.]*.json"):
            if path.stem in self._by_id:
                path.unlink(missing_ok=True)

    def record_failure(self, run_id: str, message: str, trace: str) -> None:
        """Keep why a run failed, for `status`; nothing of one that somebody else has finished meanwhile."""
        if run_id in self._by_id:
            return
        write_json(self.root / ".failures" / f"{run_id}.json", {"message": message, "trace": trace})


def _clear(attempt: Path, keeps: Callable[[str], bool]) -> None:
    """Remove what a killed attempt was writing, and whatever else lies there, but for files of some names."""
    for path in list(attempt.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or not keeps(path.name):
            path.unlink()
