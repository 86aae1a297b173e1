"""Golden numbers: the first losses and the final scores of every setting, to a relative 1e-3."""

from typing import Any

import numpy as np

from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores

RELATIVE = 1e-3
DIGITS = 7


def record(finished: Finished) -> dict[str, Any]:
    """What is kept of a run: versions, first losses, and of the scores their mean, deviation, largest and first row.

    The scores of several test sets count together, the sets in the order of their names. A fit has no losses.
    """
    sets = [Scores.load(path).values for path in sorted(finished.folder.glob("scores_*.npz"))]
    values = np.concatenate([one.ravel() for one in sets], dtype=np.float64)
    return {
        "versions": finished.run.versions,
        "losses": [_rounded(loss) for loss in finished.result.get("first_losses", [])],
        "scores": {
            "mean": _rounded(values.mean()),
            "sd": _rounded(values.std()),
            "largest": _rounded(np.abs(values).max()),
            "first": [_rounded(value) for value in values[: sets[0].shape[-1]]],
        },
    }


def problem(stored: dict[str, Any] | None, found: dict[str, Any]) -> str | None:
    """The first thing in which a record differs from the stored one, with what to do; None if nothing does."""
    renew = "`python -m benchmarks.regression renew`"
    if stored is None:
        return f"has no golden numbers yet: {renew}"
    if stored["versions"] != found["versions"]:
        moved = sorted(set(stored["versions"].items()) ^ set(found["versions"].items()))
        names = ", ".join(dict.fromkeys(path for path, _ in moved))
        return f"stored for another version of {names}: {renew}"
    difference = first_difference(stored, found)
    if difference is None:
        return None
    return f"{difference}; if the change is meant, bump `version` of the class that changed and {renew}"


def first_difference(stored: dict[str, Any], found: dict[str, Any]) -> str | None:
    """The first number that differs by more than a relative 1e-3; for scores, relative to the largest of them."""
    if len(stored["losses"]) != len(found["losses"]):
        return f"losses: expected {len(stored['losses'])}, got {len(found['losses'])}"
    for step, (expected, got) in enumerate(zip(stored["losses"], found["losses"], strict=True)):
        if not abs(got - expected) <= RELATIVE * abs(expected):
            return f"loss of step {step}: expected {expected:.7g}, got {got:.7g}"
    scale = stored["scores"]["largest"]
    for name, expected in stored["scores"].items():
        got = found["scores"][name]
        if np.shape(got) != np.shape(expected):
            return f"scores, {name}: expected {len(expected)} numbers, got {len(got)}"
        if not np.all(np.abs(np.subtract(got, expected)) <= RELATIVE * scale):
            return f"scores, {name}: expected {_text(expected)}, got {_text(got)}"
    return None


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _text(value: float | list[float]) -> str:
    return " ".join(f"{number:.5g}" for number in np.atleast_1d(value))
