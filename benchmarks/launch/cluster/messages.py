"""What the launcher, its bridge to the cluster and the nodes say to each other; driver's events go through as they are.

Files travel as bytes: no file system need be shared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.launch.launcher import Ended, Epoch, Gone, Said, Slots

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace


@dataclass(frozen=True)
class Needs:
    """What a slot is granted by the cluster: cores, accelerators (a share of one, too), and bytes of memory."""

    cpus: float
    gpus: float
    memory: int

    def __str__(self) -> str:
        gpus = f", {self.gpus:g} accelerator{'' if self.gpus == 1 else 's'}" if self.gpus else ""
        memory = f", {self.memory / 2**30:g} GiB" if self.memory else ""
        return f"{self.cpus:g} core{'' if self.cpus == 1 else 's'}{gpus}{memory}"


@dataclass(frozen=True)
class Home:
    """Where things lie on the launcher's machine, and where a node finds or puts its own.

    mark: a file in the store that only this sweep has; a node that sees it shares the store.
    scratch: a node's own folder, with which nothing is taken for shared; None for one below the temporary files.
    data: where nodes have datasets, if not where the launcher has them. timeout: minutes after which a run without any
    sign of progress is ended.
    """

    workspace: "Workspace"
    mark: Path
    scratch: Path | None = None
    data: Path | None = None
    timeout: float = float("inf")


# -- from the launcher to the bridge -----------------------------------------------------------------------------------


class Open(NamedTuple):
    """Have a slot of this number."""

    slot: int


class Submit(NamedTuple):
    """Give a slot its next run, and the checkpoint that the run goes on from, if there is one."""

    slot: int
    run: "Run"
    checkpoint: bytes | None


class Stop(NamedTuple):
    """Have every run save and stop."""


class Close(NamedTuple):
    """Let go of everything and end."""


ToBridge = Open | Submit | Stop | Close

# -- from a node -------------------------------------------------------------------------------------------------------


class Lacks(NamedTuple):
    """The node has no files with the fingerprint of the run; it takes the run again once they come along."""


class Saved(NamedTuple):
    """A run on a node that does not share the store has written a checkpoint."""

    slot: int
    run: str
    checkpoint: bytes


class Arrived(NamedTuple):
    """A run has ended, and these are its files where its node does not share the store: of the result, by name."""

    ended: Ended
    files: dict[str, bytes]


News = Lacks | Epoch | Said | Saved | Arrived

# -- from the bridge to the launcher -----------------------------------------------------------------------------------


class Up(NamedTuple):
    """The slot is there; shares: its node sees the store of the sweep."""

    slot: int
    shares: bool


class Connected(NamedTuple):
    """The cluster is there."""


class Refused(NamedTuple):
    """The cluster cannot be had, as one line says, and the bridge ends."""

    message: str


class NoRoom(NamedTuple):
    """No node that is there could ever have a slot, whatever it holds now."""


ToLauncher = Connected | Refused | NoRoom | Up | Epoch | Said | Saved | Arrived | Gone

__all__ = [
    "Arrived", "Close", "Connected", "Home", "Lacks", "Needs", "News", "NoRoom", "Open", "Refused", "Saved", "Slots",
    "Stop", "Submit", "ToBridge", "ToLauncher", "Up",
]  # fmt: skip
