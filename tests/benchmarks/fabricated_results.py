"""What a result says beside its checksums, of runs that were never made."""

from pathlib import Path
from typing import Any

from benchmarks.runs.scores import Scores

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
