"""Runs that are made anew although they are stored: in a store of their own, and then held against those there are."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.runs.plan import Plan
from benchmarks.runs.provenance import device_in_words
from benchmarks.runs.scores import Scores
from benchmarks.runs.stored.finished import Finished
from benchmarks.runs.workspace import Workspace
from datasets.acquire.telling import count_of

#: The store, below the one whose runs are made anew, which is not touched.
FOLDER = "again"
#: So many runs with other scores are named.
NAMED = 3


def store_beside(workspace: Workspace) -> Workspace:
    """Where runs are made anew: with the same data, without anything that was landed."""
    runs = workspace.runs / FOLDER
    return replace(workspace, runs=runs, reports=runs / "reports", apart=False)


def all_of(plan: Plan) -> Plan:
    """The plan with all of its runs to be made: of runs that were all made anew earlier; what was cut goes on."""
    return replace(plan, runs={run_id: replace(planned, done=False) for run_id, planned in plan.runs.items()})


def make_room(plan: Plan, beside: Workspace) -> None:
    """Remove what was made anew earlier of the runs that are to be made, once the first of them begins."""
    for planned in plan.missing:
        if beside.ledger.holds(planned.run):
            shutil.rmtree(beside.runs / planned.run.id, ignore_errors=True)


def comparison_lines(plan: Plan, workspace: Workspace) -> Iterator[str]:
    """Of how many runs the same came out, to the last bit, and by how much others differ."""
    before, after = (
        {one.run.id: one for one in place.ledger.finished() if one.run.id in plan.runs}
        for place in (replace(workspace), store_beside(workspace))
    )
    both = sorted(before.keys() & after.keys())
    others = {run_id: off for run_id in both if (off := _off(before[run_id], after[run_id])) is not None}
    if not both:
        made = f"{count_of(len(after), 'run')} made anew, of which none was stored before: nothing to compare with"
        yield f"{made}; they are in {store_beside(workspace).runs}"
        return
    yield f"{count_of(len(both), 'run')} made anew: {len(both) - len(others)} with the same scores to the last bit"
    for run_id, off in list(others.items())[:NAMED]:
        yield f"{run_id}: other scores, by {off:.3g} at most{_computed(before[run_id], after[run_id])}"
    if len(others) > NAMED:
        yield f"and {len(others) - NAMED} more with other scores; all of them are in {store_beside(workspace).runs}"


def _computed(before: Finished, after: Finished) -> str:
    """With what each was computed, where that differs: kernels round otherwise, which trainings carry on."""
    if _with_what(before) == _with_what(after):
        return ""
    now, stored = (device_in_words(one.result["device"]) for one in (after, before))
    return f": with {now}; stored with {stored}"


def _with_what(run: Finished) -> tuple[Any, ...]:
    """The processor of a run, its threads, and the kernels, which were the library's before results told them."""
    device = run.result["device"]
    return device["name"], device.get("threads", 1), device["kind"] == "cpu" and device.get("kernels", "native")


def _off(before: Finished, after: Finished) -> float | None:
    """The largest difference of two runs' scores, infinite where they are of another form; None where all are equal."""
    if before.scored == after.scored:
        return None
    off = 0.0
    for test_set in before.test_sets:
        first, second = (Scores.load(one.scores_path(test_set)) for one in (before, after))
        if (first.items, first.classes, first.values.shape) != (second.items, second.classes, second.values.shape):
            return float("inf")
        off = max(off, float(np.abs(first.values.astype(np.float64) - second.values).max()))
    return off
