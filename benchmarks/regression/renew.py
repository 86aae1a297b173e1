"""Stores the numbers of this state of the code, for later states to be compared with."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import spec
from benchmarks.errors import InputError
from benchmarks.regression import golden
from benchmarks.regression.bands import Band
from benchmarks.regression.cases import PaperCases, load_cases, miniature
from benchmarks.regression.stored import BANDS, GOLDEN, VALUES, fresh_store, home_of, read, write
from benchmarks.regression.training import Trained, measure, train
from benchmarks.runs.workspace import Workspace


def renew_golden(workspace: Workspace, values: Path = VALUES, only: Sequence[str] = ()) -> Iterator[str]:
    """Store the golden numbers of all settings, or of those of some papers; yields what moved although no version did.

    Raises InputError for a paper that is not known.
    """
    known = spec.paper_ids()
    if unknown := [name for name in only if name not in known]:
        raise spec.unknown_paper(unknown[0])
    homes = {paper_id: home_of(paper_id, values) for paper_id in known}
    stored = {home: read(home / GOLDEN) for home in homes.values()}
    kept = [(homes[one], one) for one in known if only and one not in only and one in stored[homes[one]]]
    new: dict[Path, dict[str, Any]] = {homes[paper_id]: {} for paper_id in only or known}
    for home, paper_id in kept:
        new.setdefault(home, {})[paper_id] = stored[home][paper_id]
    for paper_id in only or known:
        cases = load_cases(paper_id)
        with fresh_store(workspace) as store:
            miniature(cases.paper, store)
            runs = cases.golden_runs(store)
            trained = train(runs.values(), store, f"{paper_id} golden")
            _refuse_failures(trained)
            arguments = cases.arguments(store)
            records = {name: golden.record(trained.finished[run.id], arguments[name]) for name, run in runs.items()}
        for name, record in records.items():
            old = stored[homes[paper_id]].get(paper_id, {}).get(name)
            if old and old["versions"] == record["versions"] and (moved := golden.first_difference(old, record)):
                yield f"moved without a new version: {paper_id}.{name}: {moved}"
        yield f"{paper_id}: golden numbers of {len(records)} settings"
        new[homes[paper_id]][paper_id] = records
    for home in {homes[paper_id]: None for paper_id in only or known}:
        write(home / GOLDEN, new[home])


def renew_bands(
    workspace: Workspace, corpora: Container[str], seeds: int, only: Container[str] = (), values: Path = VALUES
) -> Iterator[str]:
    """Train the learning cases with many seeds and store their bands, one after the other; yields each band."""
    for paper_id in spec.paper_ids():
        cases = load_cases(paper_id)
        for name, case in cases.cases.learning.items():
            if case.corpus not in corpora or (only and name not in only):
                continue
            with fresh_store(workspace) as store:
                band = _train_band(cases, name, seeds, store)
            place = home_of(paper_id, values) / BANDS
            stored = read(place)
            stored.setdefault(paper_id, {})[name] = band.to_dict()
            write(place, stored)
            yield f"{paper_id}.{name}: {band}"


def _train_band(cases: PaperCases, name: str, seeds: int, workspace: Workspace) -> Band:
    miniature(cases.paper, workspace)
    root = cases.root(name, workspace)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; set RESOUND_DATA to the folder that holds {root.name}/")
    runs = [cases.learning_run(name, workspace, seed) for seed in range(seeds)]
    trained = train(runs, workspace, f"{cases.paper.id}.{name}")
    _refuse_failures(trained)
    found = [measure(trained.finished[run.id], cases.cases.learning[name].metric) for run in runs]
    return Band.of([value.value for value in found], step=100 / len(found[0].items))


def _refuse_failures(trained: Trained) -> None:
    for run_id, message in trained.failed.items():
        raise InputError(f"{run_id}: {message}; nothing was stored")
