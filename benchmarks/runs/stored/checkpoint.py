"""Whether a checkpoint is whole and of this run; nothing in it runs while that is found out."""

import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.errors import warned

#: What Lightning writes beside what callbacks keep.
_KEYS = ("state_dict", "optimizer_states", "lr_schedulers", "loops", "callbacks", "epoch", "global_step")

#: How long a run may go on, to end an epoch that it can save, once it was asked to stop.
STOP_SECONDS = 15.0


def usable(
    path: Path,
    run_id: str,
    keeper: str,
    weights: Mapping[str, Any],
    load: Callable[[Path], Any],
    say: Callable[[str], None] = warned,
) -> Path | None:
    """The checkpoint, if the run can go on from it; None where there is none.

    What is cut short, altered, of another run, or from before checkpoints said whose they are, is set aside, which is
    said, so that the run starts again. keeper: the callback whose state tells the run. weights: those of the model
    (its state_dict), whose names and shapes the checkpoint must have. load: reads tensors and plain values only.
    """
    if not path.exists():
        return None
    problem = _problem(path, run_id, keeper, weights, load) if path.is_file() else "no file"  # a pipe is waited for
    if problem is None:
        return path
    set_aside(path)
    say(f"{path}: {problem}; set aside, and {run_id} starts again")
    return None


def set_aside(path: Path) -> None:
    """Put a checkpoint that cannot be gone on from out of the way."""
    path.replace(path.with_name(f".{path.name}.unusable"))


def _problem(
    path: Path, run_id: str, keeper: str, weights: Mapping[str, Any], load: Callable[[Path], Any]
) -> str | None:
    try:
        with zipfile.ZipFile(path) as file:  # torch itself does not look at the checksums
            damaged = file.testzip()
        if damaged is not None:
            return "damaged"
        content = load(path)
    except Exception:  # zipfile, pickle and torch raise a dozen kinds of error on damaged bytes
        return "cut short, or no checkpoint"
    if not isinstance(content, dict) or any(key not in content for key in _KEYS):
        return "not of the form of a checkpoint"
    kept = content["callbacks"]
    state = kept.get(keeper) if isinstance(kept, dict) else None
    if not isinstance(state, dict) or state.get("run") != run_id:
        return "of another run, or from before checkpoints said whose they are"
    if not content["optimizer_states"]:  # Lightning would go on with a fresh one
        return "of no optimizer"
    found = content["state_dict"]
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if not isinstance(found, dict) or {name: _shape(one) for name, one in found.items()} != shapes:
        return "of another network"
    if not all(math.isfinite(float(one.double().sum())) for one in found.values()):
        return "of weights that are no numbers"
    history, losses = state.get("history"), state.get("first_losses")
    if not isinstance(history, list) or not isinstance(losses, list) or content["epoch"] != len(history) - 1:
        return "of another number of epochs than its history tells"
    return None


def _shape(weights: Any) -> tuple[int, ...] | None:
    """That of a tensor; None of anything else."""
    return tuple(weights.shape) if hasattr(weights, "double") else None
