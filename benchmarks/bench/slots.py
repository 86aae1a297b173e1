"""What a sweep of small runs costs beside their training, and what a second slot gains."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.bench.ratio import Measure
from benchmarks.errors import InputError
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Event, Slots
from benchmarks.launch.local import Local
from benchmarks.runs.build import import_class
from benchmarks.runs.files import read_json
from benchmarks.runs.plan import Choice, Planned, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from datasets import registry
from datasets.processes import available_cores

#: The settings of tables 3 and 4 that extract nothing but the plain features.
SETTINGS = ("base", "att", *(f"l{layer}_{scaling}" for layer in (2, 4, 6, 8) for scaling in ("softmax", "sigmoid")))


def measure(workspace: Workspace, rounds: int, runs: int) -> Iterator[Measure]:
    """All measures, of `runs` runs in tier smoke: narrow networks, 32 clips, one epoch. The workers are warm."""
    planned = _tiny_runs(workspace, runs)
    beyond: list[float] = []
    gains: list[float] = []
    for _ in range(rounds):
        alone, together = (_sweep(planned, workspace, jobs) for jobs in (1, 2))
        beyond.append(alone.seconds - alone.fit_seconds)
        gains.append(alone.seconds / together.seconds)
    note = f"{len(planned)} runs of ACRNN in tier smoke, ESC-10, miniature, one thread each"
    yield Measure.of("a run beside its training, warm worker", beyond, "s", 2.0, "below", note)
    yield Measure.of("runs by two slots beside one", gains, "x", 1.6, note=f"{note}, {available_cores()} cores")


def _tiny_runs(workspace: Workspace, runs: int) -> list[Planned]:
    paper = load_paper("acrnn")
    cls = import_class(paper.datasets["esc10"].class_path)
    registry.part(cls, "miniature").write(workspace.dataset_root(cls.name, "miniature"))
    first = [
        run for name in SETTINGS
        for run in setting_runs(paper, name, "esc10", Choice("smoke", "miniature", seeds=1), workspace)
    ]  # fmt: skip
    every = (replace(run, seed=seed) for seed in count(1) for run in first)
    return [Planned(run, False, {}) for run in islice(every, runs)]


class _Pace(NamedTuple):
    """Per run: from one to the next on the average over all slots, and its training alone."""

    seconds: float
    fit_seconds: float


def _sweep(planned: Sequence[Planned], workspace: Workspace, jobs: int) -> _Pace:
    """How fast runs follow each other once every slot has had its first; in a trial of few, at least the last one."""
    ends: list[tuple[float, int, str]] = []

    def listen(event: Event) -> None:
        if isinstance(event, Ended):
            ends.append((time.perf_counter(), event.slot, event.run))

    with tempfile.TemporaryDirectory() as folder:
        place = replace(workspace, runs=Path(folder))
        launcher = Local(place, Slots(jobs, "cpu", sweep=tuple(one.run for one in planned)))
        outcome = launch(planned, launcher, listen)
        if len(outcome.done) < len(planned):
            raise InputError(
                f"of {len(planned)} runs of the bench only {len(outcome.done)} ended well: {outcome.failed}"
            )
        firsts = {slot: number for number, (_, slot, _) in reversed(list(enumerate(ends)))}
        warm = min(max(firsts.values()), len(ends) - 2)
        fits = [read_json(Path(folder) / run / "result.json")["seconds"]["fit"] for *_, run in ends[warm + 1 :]]
    return _Pace((ends[-1][0] - ends[warm][0]) / len(fits), statistics.mean(fits))
