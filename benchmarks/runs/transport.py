"""Finished runs that travel: landing them in the repository, merging those of another machine."""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.files import storage_error, write_json
from benchmarks.runs.ledger import ANNOTATIONS, FORMAT, Finished, Ledger, load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select

#: The largest run that may be landed.
LANDED_MIB = 2.0
MIB = 2**20


def land(target: str, choice: Choice, workspace: Workspace) -> list[str]:
    """Copy the finished runs that `target` needs into reports/results; returns their ids.

    Raises InputError for a damaged run, one above 2 MiB, or a target none of whose runs is finished.
    """
    plan = make_plan(select(target), choice, workspace)
    results = workspace.reports / "results"
    landed = []
    for planned in plan.runs.values():
        folder = workspace.runs / planned.run.id
        if not (folder / "result.json").exists():
            continue
        finished = load_finished(folder)
        finished.verify()
        size = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        if size > LANDED_MIB:
            raise InputError(f"{folder}: {size:.1f} MiB; a landed run has at most {LANDED_MIB:g} MiB")
        # Annotations of real files are not ours to publish; those of generated ones are needed to score again.
        _copy(finished, results, [f"{ANNOTATIONS}*"] if choice.corpus == "real" else [])
        landed.append(planned.run.id)
    if not landed:
        raise InputError(
            f"{target}: no finished run of tier {choice.tier} to land; `python -m benchmarks run {target}`"
        )
    return landed


def merge(folder: Path, workspace: Workspace) -> tuple[list[str], list[str]]:
    """Copy the finished runs below `folder` into the store; returns the new ids and those known already.

    Every run is checked against its checksums and its own identity first. Raises InputError for the first that fails;
    what was merged before stays, and the same call continues.
    """
    stores = [folder, folder / "runs"]
    found = [path.parent for store in stores for path in sorted(store.glob("[!.]*/result.json"))]
    if not found:
        raise InputError(f"{folder}: holds no finished run; give the folder that the other machine used as --runs")
    Ledger(folder), Ledger(workspace.runs)  # refuse stores of other formats
    merged: list[str] = []
    known: list[str] = []
    for path in found:
        finished = load_finished(path)
        finished.verify()
        if finished.run.id != path.name or finished.result["id"] != path.name:
            raise InputError(f"{path}: its run.json describes {finished.run.id}, not this run")
        (merged if _copy(finished, workspace.runs) else known).append(path.name)
    return merged, known


def _copy(finished: Finished, store: Path, without: Sequence[str] = ()) -> bool:
    """Publish a copy of a run in `store`, except for hidden files and some patterns; False if it is there already."""
    target = store / finished.run.id
    if target.exists():
        return False
    temporary = store / f".copy-{uuid.uuid4().hex}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        if not (store / "ledger.json").exists():
            write_json(store / "ledger.json", {"format": FORMAT})
        shutil.copytree(finished.folder, temporary, ignore=shutil.ignore_patterns(".*", *without))
        temporary.rename(target)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(target, error) from error
    return True
