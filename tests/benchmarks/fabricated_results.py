"""Runs that were never made, in the store: their files, and what a result says beside its checksums."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.runs.ledger import Run
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import write_reference
from benchmarks.runs.workspace import Workspace

#: Of the files that such runs were made on.
FINGERPRINT = "0123456789abcdef"
RESULT: dict[str, Any] = {
    "seconds": {"total": 60.0, "fit": 50.0},
    "code": {"revision": "c0de" * 10, "dirty": False},
    "packages": {"python": "3.11"},
    "device": {"kind": "cpu", "name": "Abacus", "threads": 2},
    "numerics": "float32",
    "peak_memory_mib": 512.0,
}


def result_of(attempt: Path, **facts: Any) -> dict[str, Any]:
    """The result of an attempt whose scores are there: every test set is complete; `facts` beside and instead."""
    tested = {path.stem.removeprefix("scores_"): len(Scores.load(path).items) for path in attempt.glob("scores_*.npz")}
    items = {name: {"used": count, "expected": count} for name, count in sorted(tested.items())}
    data = {"items": items, **facts.pop("data", {})}
    return {**RESULT, "data": data, **facts}


def publish_run(
    workspace: Workspace, run: Run, references: Mapping[str, pd.DataFrame], scores: Mapping[str, Scores],
    history: Mapping[str, Sequence[float]] | None = None, probes: Mapping[str, np.ndarray] | None = None,
    fingerprint: str = FINGERPRINT, **facts: Any,
) -> Run:  # fmt: skip
    """Store a run with what is true and what was said of each test set; the run as it is stored.

    history: a value of each epoch, by column. probes: arrays for figures by name. facts: of its result, as `result_of`
    takes them.
    """
    run = replace(run, fingerprint=fingerprint)
    attempt = workspace.ledger.attempt(run)
    for test_set, reference in references.items():
        write_reference(attempt / f"reference_{test_set}.csv", reference)
    for test_set, said in scores.items():
        said.save(attempt / f"scores_{test_set}.npz")
    if history:
        frame = pd.DataFrame(history).rename_axis("epoch")
        frame.to_csv(attempt / "history.csv", float_format="%g", lineterminator="\n")
    if probes:
        np.savez_compressed(attempt / "probes.npz", **probes)
    workspace.ledger.publish(run, attempt, result_of(attempt, **facts))
    return run


def falling(first: float, factor: float, epochs: int = 12) -> list[float]:
    """The values of epochs, each `factor` times the one before."""
    return [first * factor**epoch for epoch in range(epochs)]
