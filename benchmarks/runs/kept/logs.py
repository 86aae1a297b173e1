"""Where the losses of runs are logged to, where that is asked for; nothing that is logged is read again."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.errors import InputError

#: The packages that a logger needs, any of which will do, and the extra of ours that has one.
NEEDS = {"csv": (), "tensorboard": ("tensorboard", "tensorboardX"), "wandb": ("wandb",)}


def check_logger(name: str | None) -> None:
    """Raise InputError for a logger whose package is not installed."""
    needs = NEEDS[name] if name else ()
    if needs and not any(find_spec(one) for one in needs):
        raise InputError(
            f"--logger {name}: the package {needs[0]} is not installed; `pip install --constraint requirements.lock "
            f'--editable ".[{name}]"` brings it, --logger csv needs none'
        )


def logs_of(store: Path) -> Path:
    """The folder of the logs of a store's runs: a folder for each run, and in it one for each attempt."""
    return store / "logs"


def logging_lines(name: str | None, store: Path) -> Iterator[str]:
    """Where logs go."""
    if name:
        also = "; wandb itself says where it sends them" if name == "wandb" else ""
        yield f"losses are logged to {logs_of(store)} ({name}){also}"
