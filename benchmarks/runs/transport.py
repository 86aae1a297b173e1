"""Finished runs that travel: landing them in the repository, merging those of another machine."""

import os
import shutil
import time
import uuid
import warnings
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.errors import InputError, InputErrors
from benchmarks.runs.files import (
    TAKEN,
    StorageError,
    file_sha256,
    storage_error,
    unreadable,
    write_file,
    write_json,
    writing,
)
from benchmarks.runs.ledger import ANNOTATIONS, FORMAT, Finished, Ledger, Run, load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.stored.finished import REFERENCES, WEIGHTS, shared_reference
from benchmarks.runs.stored.forms import READING, StoredRun, read_stored
from benchmarks.runs.stored.official import contradicting
from benchmarks.runs.stored.run import RUN_ID
from benchmarks.runs.stored.shelf import Shelf
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from datasets.acquire.telling import count_of

#: The largest run that may be landed.
LANDED_MIB = 2.0
#: How a run's folder is called while it is copied, and after how many seconds nobody can still be copying it.
COPYING = ".copy-"
ABANDONED_SECONDS = 86400.0
MIB = 2**20


class Landed(NamedTuple):
    """The ids of runs that are among the landed ones now, and why others of the target are not, a line each."""

    landed: list[str]
    refused: list[str]


class Merged(NamedTuple):
    """The ids of runs that were taken into a store, of those known before, and why others were refused, a line each."""

    merged: list[str]
    known: list[str]
    refused: list[str]


def unlanded(workspace: Workspace, place: Path) -> str | None:
    """A line on runs of this machine that are not landed, and stand on its pages all the same; None without any.

    place: where those pages are, which are of the papers that have their reports there (Workspace.reports_of).
    """
    ledger = workspace.ledger
    shown = (one.run for one in ledger.finished() if workspace.reports_of(one.run.paper) == place)
    own = sum(run.id not in ledger.landed for run in shown)
    if not own:
        return None
    told = "1 finished run is not landed and stands" if own == 1 else f"{own} finished runs are not landed and stand"
    return f"{told} on the pages, too; whoever has the landed runs alone gets others"


def land(target: str, choice: Choice, workspace: Workspace) -> Landed:
    """Copy the finished runs that `target` needs into the `results` of its paper's reports.

    Of their recipes, files and folds those of further seeds, too. Kept weights stay where they are; what is true of
    test items, which many runs have, lies once in the store. A run that cannot be believed, or has more than 2 MiB, is
    refused, and the others are landed all the same. Where the data are absent, runs are landed whatever files they
    were trained on, as the plan counts them. Raises InputError for a target none of whose runs can be landed.
    """
    plan = make_plan(select(target), choice, workspace)
    own = {one.run.id: one for one in workspace.ledger.finished() if one.folder.parent == workspace.runs}
    results = workspace.reports_of(target.partition(".")[0]) / "results"
    _remove_abandoned(results)
    # Annotations of real files are not ours to publish; those of generated ones are needed to score again.
    # Weights are large, and no report needs them.
    without = [WEIGHTS, *([ANNOTATIONS] if choice.corpus == "real" else [])]
    landed: list[str] = []
    believed = {one.run.id for one in workspace.ledger.finished()}
    needed = dict.fromkeys(_kind(one.run, one.run.fingerprint) for one in plan.runs.values())
    names = {_whatever_seed(run_id) for run_id in plan.runs}
    refused = [
        why for folder, why in workspace.ledger.unusable.items()
        if folder.name not in believed and _is_of(folder, needed, names)
    ]  # fmt: skip
    order = {kind: place for place, kind in enumerate(needed)}
    places = [
        (order[kind], one.run.seed, one.run.id)
        for one in own.values() for files in {one.run.fingerprint, "absent"}
        if (kind := _kind(one.run, files)) in needed
    ]  # fmt: skip
    for finished in (own[run_id] for *_, run_id in sorted(places)):
        try:
            _check_size(finished, without)
            _copy(finished, results, without)
            share_references(results / finished.run.id)
            landed.append(finished.run.id)
        except StorageError:
            raise
        except InputError as error:
            refused.append(str(error))
    if not landed:
        if refused:
            untold = [line for line in refused if line not in workspace.ledger.unusable.values()]  # by a warning
            raise InputErrors([InputError(line) for line in untold or refused[:1]], target)
        raise InputError(
            f"{target}: no finished run of tier {choice.tier} to land; "
            f"`python -m benchmarks run {target} {choice.options}`"
        )
    return Landed(landed, refused)


def _is_of(folder: Path, kinds: Collection[tuple[str, str, str, str, int]], names: Collection[str]) -> bool:
    """Whether what cannot be believed is a run of some kinds, by what its run.json says, or by its name where none."""
    try:
        run = Run.from_dict(read_stored(folder / "run.json", StoredRun, ""))
    except InputError:
        return _whatever_seed(folder.name) in names
    return any(_kind(run, files) in kinds for files in (run.fingerprint, "absent"))


def _whatever_seed(run_id: str) -> str:
    """The name of a run but for its seed and its recipe and files, which nobody knows of a damaged one."""
    return RUN_ID.sub(lambda end: end[0].partition("-s")[0], run_id)


def _kind(run: Run, files: str) -> tuple[str, str, str, str, int]:
    """What runs of several seeds have in common; files: their fingerprint, or "absent" for whatever files."""
    return run.paper, run.setting, run.recipe, files, run.fold


def merge(folder: Path, workspace: Workspace) -> Merged:
    """Copy the finished runs below `folder` into the store, each checked like those that are published here.

    One that is damaged, or was tested on other items than runs on the same files here, is refused, and the others are
    taken all the same. Warns of those on generated files that lie here without what is true of their items.
    Raises InputError where there is no finished run at all.
    """
    shelves = [Shelf(store) for store in (folder, folder / "runs")]
    if not any(shelf.names() for shelf in shelves):
        raise InputError(f"{folder}: holds no finished run; give the folder that the other machine used as --runs")
    here = Ledger(workspace.runs)
    _remove_abandoned(here.root)
    for shelf in shelves:
        Ledger(shelf.store)  # refuses stores of other formats
    found = [one for shelf in shelves for one in shelf.runs()]
    bare = []
    outcome = Merged([], [], [line for shelf in shelves for line in shelf.unusable.values()])
    odd = contradicting([*found, *workspace.ledger.stored()])
    for one in found:
        finished = one.finished
        try:
            if finished.folder in odd:
                raise InputError(odd[finished.folder])
            workspace.ledger.check_items(finished, one.tested)
            is_new = _copy(finished, here.root)
            (outcome.merged if is_new else outcome.known).append(finished.run.id)
            bare += [finished.run.id] if _is_bare(load_finished(here.root / finished.run.id)) else []
        except StorageError as error:
            outcome.refused.append(f"{error}; {count_of(len(found) - found.index(one), 'run')} not looked at")
            break
        except InputError as error:
            outcome.refused.append(str(error))
    if bare:
        warnings.warn(
            f"{folder}: without annotations for {len(bare)} merged, so that nothing scores them (first: {bare[0]}); "
            f"remove them from {here.root}, bring {REFERENCES}/ of that store along, and merge again",
            stacklevel=2,
        )
    return outcome


def _is_bare(finished: Finished) -> bool:
    """Whether a run on generated files, which land with their annotations, is without some."""
    names = [name for name in finished.test_sets if f"{ANNOTATIONS}{name}.csv" in finished.result["files"]]
    return finished.run.corpus != "real" and any(finished.annotations(name) is None for name in names)


def _check_size(finished: Finished, without: Sequence[str]) -> None:
    size = sum(path.stat().st_size for path in files_of(finished, without).values()) / MIB
    if size > LANDED_MIB:
        raise InputError(f"{finished.folder}: {size:.1f} MiB; a landed run has at most {LANDED_MIB:g} MiB")


def files_of(finished: Finished, without: Sequence[str]) -> dict[str, Path]:
    """Where the listed files are that are there, but for those whose names begin with one of `without`; the result."""
    listed = [name for name in finished.result["files"] if not name.startswith(tuple(without))]
    shared = {f"{ANNOTATIONS}{name}.csv": finished.annotations(name) for name in finished.test_sets}
    places = {name: shared.get(name) or finished.folder / name for name in listed}
    return {
        **{name: path for name, path in places.items() if path.exists()},
        "result.json": finished.folder / "result.json",
    }


def share_references(folder: Path) -> int:
    """Put the annotations of a landed run where its store keeps those of all, each once; how many it had itself.

    Whatever is interrupted, the run has them in one place or the other.
    """
    finished, moved = load_finished(folder), 0
    for name, digest in finished.result["files"].items():
        path, shared = folder / name, shared_reference(folder.parent, digest)
        if name.startswith(ANNOTATIONS) and path.exists() and file_sha256(path) == digest:
            if not shared.exists() or file_sha256(shared) != digest:
                write_file(shared, path.read_bytes())
            with writing(path):
                path.unlink()
            moved += 1
    return moved


def _check_shared(finished: Finished) -> None:
    """Raise InputError for annotations that a store keeps of many runs and that are not what their name says."""
    for name in finished.test_sets:
        path, listed = finished.annotations(name), finished.result["files"].get(f"{ANNOTATIONS}{name}.csv")
        if path and path.parent != finished.folder and (path.is_symlink() or file_sha256(path) != listed):
            raise InputError(f"{path}: damaged (its checksum differs), or a link; put the file itself back")


def _copy(finished: Finished, store: Path, without: Sequence[str] = ()) -> bool:
    """Publish a copy of a run in `store`, which is checked once more; False if a good one is there already.

    That one stays; a warning tells where it has other scores. Raises InputError where what is there under its name is
    not good.
    """
    target = store / finished.run.id
    if os.path.lexists(target):
        there = load_finished(target)
        there.tested()
        _check_shared(there)
        if there.scored != finished.scored:
            warnings.warn(f"{finished.folder}: has other scores than {target}, which stays", stacklevel=3)
        return False
    _check_shared(finished)
    temporary = store / f"{COPYING}{uuid.uuid4().hex}"
    try:
        with writing(target):
            store.mkdir(parents=True, exist_ok=True)
            if not (store / "ledger.json").exists():
                write_json(store / "ledger.json", {"format": FORMAT})
            temporary.mkdir()
        for name, path in files_of(finished, without).items():
            content = _content(path)
            with writing(target):
                (temporary / name).write_bytes(content)
        with writing(target):
            load_finished(temporary, finished.run.id).tested()
        try:
            temporary.rename(target)
        except OSError as error:
            if error.errno in TAKEN:  # somebody else has just put one there
                return _copy(finished, store, without)
            raise storage_error(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return True


def _content(path: Path) -> bytes:
    """What a file of a run holds. Raises InputError for one that cannot be read, or is a link."""
    try:
        with os.fdopen(os.open(path, READING), "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(path, error) from None


def _remove_abandoned(store: Path) -> None:
    """Remove what killed processes were copying into a store, once it is a day old. What cannot be removed stays."""
    for folder in store.glob(f"{COPYING}*"):
        with suppress(OSError):  # somebody else has just removed it
            if time.time() - folder.lstat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
