"""How long reports and `--help` take."""

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.bench.corpus import Clips
from benchmarks.bench.ratio import Measure, seconds
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.stored.timings import Took, leave_one_out
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select

#: Segments per clip in the made-up scores, as ACRNN has.
SEGMENTS = 5


def measure(large: Clips, small: Clips, paper: str, rounds: int, runs: int, many: int) -> Iterator[Measure]:
    """All measures; reports are those of `runs`, and of `many`, stored runs with made-up scores."""
    yield _help(rounds)
    with _store(large, paper, runs) as store:
        yield Measure.of("first report", [store.seconds("report")], "s", note=store.note)
        again = [store.seconds("report") for _ in range(rounds)]
        yield Measure.of("report again", again, "s", 2.0, "below", store.note)
    with _store(small, paper, many) as store:
        yield Measure.of("first report of many runs", [store.seconds("report")], "s", 300.0, "below", store.note)
        again = [store.seconds("plan") + store.seconds("report") for _ in range(min(rounds, 3))]
        yield Measure.of("plan and report of many runs again", again, "s", 10.0, "below", store.note)


def estimates(workspace: Workspace) -> Iterator[Measure]:
    """How far off the estimate of each stored run is that is made from the others of its kind."""
    took = [Took.of(one) for one in workspace.ledger.finished() if one.run.resolved["trainer"]]
    errors = [abs(error) for error in leave_one_out(took, lambda one: one.minutes > 1)]
    if not errors:
        return
    near, far = sum(error <= 0.2 for error in errors) / len(errors), float(np.quantile(errors, 0.9))
    note = f"{len(errors)} runs above a minute: {100 * near:.0f} % within 20 %, nine of ten within {100 * far:.0f} %"
    yield Measure.of("estimate of a run from others", [100 * float(np.median(errors))], "% off", 20.0, "below", note)


def _help(rounds: int) -> Measure:
    command = [sys.executable, "-m", "benchmarks", "--help"]
    values = [seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)) for _ in range(rounds)]
    return Measure.of("`--help`", values, "s", 0.5, "below")


@dataclass(frozen=True)
class _Store:
    """Stored runs of a paper, or of a table of it, and what commands on them take."""

    paper: str
    workspace: Workspace
    seeds: int
    note: str

    def seconds(self, command: str) -> float:
        """Wall seconds of `plan` or `report`, in a process of its own."""
        place = self.workspace
        more = {"plan": ["--seeds", str(self.seeds)], "report": ["--out", str(place.cache / "out")]}
        call = [sys.executable, "-m", "benchmarks", command, self.paper, *more[command], "--runs", str(place.runs)]
        call += ["--cache", str(place.cache), "--data-root", str(place.data)]
        means = {**os.environ, "RESOUND_REPORTS": str(place.reports)}
        return seconds(lambda: subprocess.run(call, stdout=subprocess.DEVNULL, env=means, check=True))


@contextmanager
def _store(clips: Clips, paper: str, runs: int) -> Iterator[_Store]:
    """The first `runs` runs of as many seeds as it takes."""
    with tempfile.TemporaryDirectory() as folder:
        data, store, cache, reports = (Path(folder) / name for name in ("data", "runs", "cache", "reports"))
        workspace = Workspace(data, store, cache, reports)

        def trained(seeds: int) -> list[Run]:
            plan = make_plan(select(paper), Choice(seeds=seeds), workspace)
            ours = [one.run for one in plan.runs.values() if one.run.dataset == clips.dataset.subset]
            return [run for run in ours if run.resolved["trainer"]]

        seeds = math.ceil(runs / len(trained(1)))
        stored = trained(seeds)[:runs]
        items = {fold: tuple(part["item"]) for fold, part in clips.dataset.index().groupby("fold")}
        for run in stored:
            _publish(run, items[run.fold], clips.dataset.classes, workspace)
        yield _Store(paper, workspace, seeds, f"{len(stored)} stored runs of {paper}, {clips.note}")


def _publish(run: Run, items: tuple[str, ...], classes: tuple[str, ...], workspace: Workspace) -> None:
    """Store a run whose scores are noise."""
    run = replace(run, fingerprint="0" * 16)
    draw = np.random.default_rng([run.fold, run.seed])
    attempt = workspace.ledger.attempt(run)
    values = draw.normal(size=(len(items), SEGMENTS, len(classes))).astype(np.float32)
    Scores(items, classes, values, "logit").save(attempt / "scores_test.npz")
    (attempt / "history.csv").write_text("epoch,loss,learning_rate,seconds\n0,2.3,0.01,1.0\n")
    facts = {
        "seconds": {"total": 60.0, "fit": 50.0},
        "code": {"revision": "bench", "dirty": False},
        "packages": {},
        "device": {"kind": "cpu", "name": "bench", "threads": 1},
        "numerics": run.numerics,
        "peak_memory_mib": 0.0,
        "data": {"items": {"test": {"used": len(items), "expected": 8 * len(classes)}}},
    }
    workspace.ledger.publish(run, attempt, facts)
