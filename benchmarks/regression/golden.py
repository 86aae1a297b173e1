"""Golden numbers: first losses, what every epoch says, the epoch kept and final scores of settings, to 1e-3."""

import csv
from typing import Any

import numpy as np

from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores

RELATIVE = 1e-3
#: What validation counts, and some steps of it: it moves by an item, or a pair, where two scores are equal to rounding.
COUNTED, STEPS = ("val_accuracy", "val_auc", "val_error_rate"), 0.01
DIGITS = 7
#: Columns of the history that are no numbers of the training.
IDLE = ("epoch", "seconds")


def record(finished: Finished, arguments: str) -> dict[str, Any]:
    """What is kept of a run: versions, first losses, history, epoch kept, and of the scores some statistics.

    arguments: a hash of those of the setting in tier full, from which a run of seconds differs. The history has a list
    over epochs for the learning rate, the loss and all that validation logs. The scores of several test sets count
    together, the sets in the order of their names: their mean, deviation, largest and first row. A fit has no losses
    and no history.
    """
    sets = [Scores.load(path).values for path in sorted(finished.folder.glob("scores_*.npz"))]
    values = np.concatenate([one.ravel() for one in sets], dtype=np.float64)
    return {
        "versions": finished.run.versions,
        "arguments": arguments,
        "losses": [_rounded(loss) for loss in finished.result.get("first_losses", [])],
        "history": _history(finished),
        "kept": _kept(finished),
        "scores": {
            "mean": _rounded(values.mean()),
            "sd": _rounded(values.std()),
            "largest": _rounded(np.abs(values).max()),
            "first": [_rounded(value) for value in values[: sets[0].shape[-1]]],
        },
    }


def _history(finished: Finished) -> dict[str, list[float]]:
    path = finished.folder / "history.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [_rounded(float(row[name])) for row in rows] for name in rows[0] if name not in IDLE}


def _kept(finished: Finished) -> int | None:
    """The epoch (from 0) whose weights the run ended with; None where nothing was selected."""
    selection = finished.result.get("selection")
    return selection["best_epoch"] if selection and selection["keep"] == "best" else None


def problem(stored: dict[str, Any] | None, found: dict[str, Any]) -> str | None:
    """The first thing in which a record differs from the stored one, with what to do; None if nothing does."""
    renew = "`python -m benchmarks.regression renew`"
    if stored is None:
        return f"has no golden numbers yet: {renew}"
    if stored["versions"] != found["versions"]:
        moved = sorted(set(stored["versions"].items()) ^ set(found["versions"].items()))
        names = ", ".join(dict.fromkeys(path for path, _ in moved))
        return f"stored for another version of {names}: {renew}"
    if difference := first_difference(stored, found):
        return f"{difference}; if the change is meant, bump `version` of the class that changed and {renew}"
    if stored["arguments"] != found["arguments"]:
        return f"the setting has other arguments in tier full; if that is meant, {renew}"
    return None


def first_difference(stored: dict[str, Any], found: dict[str, Any]) -> str | None:
    """The first number that differs by more than a relative 1e-3; for scores, relative to the largest of them.

    Rates that validation counts may differ by 0.01: two scores that are equal to rounding change places from processor
    to processor. So may the epoch that is kept, among those that they do not tell apart.
    """
    told, history = stored["history"], found["history"]
    if set(told) != set(history):
        return f"history: expected {_names(told)}, got {_names(history)}"
    series = {"loss of step": ("losses", stored["losses"], found["losses"])}
    series |= {f"{name} of epoch": (name, told[name], history[name]) for name in told}
    for one, (column, expected, got) in series.items():
        if difference := _series_difference(one, column, expected, got, STEPS if column in COUNTED else 0.0):
            return difference
    if stored["kept"] != found["kept"]:
        if _are_tied(stored["kept"], found["kept"], history):
            return None  # scores are those of another epoch's weights
        return f"epoch kept: expected {stored['kept']}, got {found['kept']}"
    return _scores_difference(stored["scores"], found["scores"])


def _are_tied(one: int | None, other: int | None, history: dict[str, list[float]]) -> bool:
    """Whether two epochs are as good as each other by what validation counts, up to some steps."""
    if one is None or other is None:
        return False
    counted = [history[column] for column in COUNTED if column in history]
    return any(abs(values[one] - values[other]) <= STEPS for values in counted)


def _series_difference(one: str, column: str, expected: list[float], got: list[float], steps: float) -> str | None:
    if len(expected) != len(got):
        return f"{column}: expected {len(expected)}, got {len(got)}"
    for number, (wanted, here) in enumerate(zip(expected, got, strict=True)):
        if not abs(here - wanted) <= RELATIVE * abs(wanted) + steps:
            return f"{one} {number}: expected {wanted:.7g}, got {here:.7g}"
    return None


def _scores_difference(stored: dict[str, Any], found: dict[str, Any]) -> str | None:
    for name, expected in stored.items():
        got = found[name]
        if np.shape(got) != np.shape(expected):
            return f"scores, {name}: expected {len(expected)} numbers, got {len(got)}"
        if not np.all(np.abs(np.subtract(got, expected)) <= RELATIVE * stored["largest"]):
            return f"scores, {name}: expected {_text(expected)}, got {_text(got)}"
    return None


def _names(columns: dict[str, Any]) -> str:
    return ", ".join(sorted(columns)) or "none"


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _text(value: float | list[float]) -> str:
    return " ".join(f"{number:.5g}" for number in np.atleast_1d(value))
