"""How long reports and `--help` take."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.bench.corpus import Clips
from benchmarks.bench.ratio import Measure, seconds
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select

#: Segments per clip in the made-up scores, as ACRNN has.
SEGMENTS = 5


def measure(clips: Clips, paper: str, rounds: int, runs: int) -> Iterator[Measure]:
    """All measures; the report is that of `runs` stored runs with made-up scores."""
    yield _help(rounds)
    yield from _report(clips, paper, rounds, runs)


def _help(rounds: int) -> Measure:
    command = [sys.executable, "-m", "benchmarks", "--help"]
    values = [seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)) for _ in range(rounds)]
    return Measure.of("`--help`", values, "s", 0.5, "below")


def _report(clips: Clips, paper: str, rounds: int, runs: int) -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(*(Path(folder) / name for name in ("data", "runs", "cache", "reports")))
        plan = make_plan(select(paper), Choice(seeds=1), workspace)
        planned = [one.run for one in plan.runs.values() if one.run.dataset == clips.dataset.subset]
        stored = list(islice((run for run in planned if run.resolved["trainer"]), runs))
        index = clips.dataset.index()
        items = {fold: tuple(part["item"]) for fold, part in index.groupby("fold")}
        for run in stored:
            _publish(run, items[run.fold], clips.dataset.classes, workspace)
        command = [sys.executable, "-m", "benchmarks", "report", paper, "--runs", str(workspace.runs)]
        command += ["--cache", str(workspace.cache), "--data-root", str(workspace.data), "--out", f"{folder}/out"]
        environment = {**os.environ, "RESOUND_REPORTS": str(workspace.reports)}

        def report() -> float:
            return seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True))

        note = f"{len(stored)} stored runs of {paper}, {clips.note}"
        yield Measure.of("first report", [report()], "s", note=note)
        yield Measure.of("report again", [report() for _ in range(rounds)], "s", 5.0, "below", note)


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
