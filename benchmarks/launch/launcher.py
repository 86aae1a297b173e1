"""Where runs execute, as a protocol: slots that each work on one run at a time, and the events that they send.

A launcher is one file of this package with a class on top of `Launcher`; `--launcher` takes the file's name, or the
import path of a class kept elsewhere, and behind a colon the options that the class has (benchmarks.launch.options).
What waits, what is handed out, what failed: that is the driver's bookkeeping (benchmarks.launch.driver), the same for
all launchers.
"""

import ast
import importlib.util
import inspect
import math
import os
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, cast

import benchmarks.launch
from benchmarks.errors import InputError
from benchmarks.launch.busy import Yielding
from benchmarks.launch.options import Options, read_options
from benchmarks.runs.stored.timings import CORES

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.plan import Planned
    from benchmarks.runs.workspace import Workspace
    from models.kernels import Kernels


def _checkpoint_seconds() -> float:
    """What RESOUND_CHECKPOINT_SECONDS says. Raises InputError for what is no number."""
    given = os.environ.get("RESOUND_CHECKPOINT_SECONDS") or "60"
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise InputError(f"RESOUND_CHECKPOINT_SECONDS={given}: must be a number of seconds")
    return seconds


@dataclass(frozen=True)
class Slots:
    """How many runs at a time, and what each of them gets."""

    jobs: int
    device: str
    threads: int = 1
    checkpoint_seconds: float = field(default_factory=_checkpoint_seconds)
    #: all runs of the sweep; while the files are read for one, the features of the others are made as well
    sweep: tuple["Run", ...] = ()
    #: the time budget of the sweep, which a launcher that asks for machines asks them for
    minutes: float | None = None
    #: whether runs publish their final weights, and where they log to: neither moves a number
    keeps_weights: bool = False
    logger: str | None = None
    #: when runs stand aside for others; None: never
    yielding: Yielding | None = None
    #: how many runs of one setting a slot works on together
    gang: int = 1
    #: how training steps are captured (benchmarks.runs.gang.capture); None: not at all
    capture: str | None = None
    #: which kernels layers are to use (models.kernels.choice)
    kernels: "Kernels" = "fused"


class Free(NamedTuple):
    """The slot is there and takes a run. Comes soon, late or never."""

    slot: int


class Started(NamedTuple):
    """The slot has been given the run; the driver's own event."""

    slot: int
    run: str


class Epoch(NamedTuple):
    """The run has trained `epoch` of `of` epochs; busy: the share of its time that the device worked since the last."""

    slot: int
    run: str
    epoch: int
    of: int
    loss: float
    busy: float | None = None


class Paused(NamedTuple):
    """The run stands aside; why: "the machine is busy", or nothing where it goes on."""

    slot: int
    run: str
    why: str


class Said(NamedTuple):
    """A slot has something to say that the user should know: one line."""

    slot: int
    line: str


class Ended(NamedTuple):
    """The run has ended and the slot takes the next one.

    how: "done" (its result is in the workspace's store), "elsewhere" (another command holds it or has done it),
    "stopped" (behind a checkpoint, because it was asked to), "failed" (with a message of one line, and a traceback).
    out_of_memory: a failed run might have ended well with more memory to itself.
    """

    slot: int
    run: str
    how: Literal["done", "elsewhere", "stopped", "failed"]
    message: str = ""
    trace: str = ""
    out_of_memory: bool = False


class Gone(NamedTuple):
    """The slot is no more, idle or in the middle of a run; message: one line that says why.

    With `fault` the run may be to blame: it is tried once more, alone, and then it has failed; a slot that was never
    there is to blame itself, and if no other takes the runs, the sweep has failed, with the last line of the trace.
    Without (the machine was taken away or lost) the run waits again.
    """

    slot: int
    message: str
    trace: str = ""
    fault: bool = True


class Again(NamedTuple):
    """The run crashed or ran out of memory. When the others have ended it is tried again; the driver's own event."""

    slot: int
    run: str
    message: str


class Stopping(NamedTuple):
    """All runs were asked to save and stop, by Ctrl-C or the end of the time budget; the driver's own event."""


class Pulse(NamedTuple):
    """The sweep goes on, though nothing may have happened; the driver's own event, at least once in some seconds."""


SlotEvent = Free | Started | Epoch | Paused | Said | Ended | Gone | Again
Event = SlotEvent | Stopping | Pulse


class Launcher(ABC):
    """A place where runs execute. All methods are called from one thread; none but `events` waits.

    A launcher that cannot see a slot die decides itself after which silence it is `Gone`. What a slot that was given up
    says later does no harm: a result that comes late counts.
    """

    #: what was given behind the name, else the defaults; its class says what may be given
    options: ClassVar[Options] = Options()
    #: whether a slot takes several runs that go on together (`submit_gang`)
    takes_gangs: ClassVar[bool] = False

    def __init__(self, workspace: "Workspace", slots: Slots) -> None:
        self.workspace, self.slots = workspace, slots

    @classmethod
    @abstractmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """The slots for `runs` runs, at most `jobs` at a time if given, on a device ("auto", "cpu", "cuda").

        Raises InputError for a device that is not there.
        """

    @abstractmethod
    def open(self, slot: int) -> None:
        """Ask for a slot of this number; `Free` tells that it is there."""

    @abstractmethod
    def submit(self, slot: int, planned: "Planned") -> None:
        """Give a free slot its next run."""

    def submit_gang(self, slot: int, planned: Sequence["Planned"]) -> None:
        """Give a free slot runs that go on together; each has its own `Ended`, and with the last one it is free.

        Of a launcher that takes no gangs, for which `--gang` is refused before anything begins, they are one.
        """
        [one] = planned
        self.submit(slot, one)

    @abstractmethod
    def events(self, seconds: float) -> Iterable[Event]:
        """What has happened since the last call; waits for it at most so many seconds."""

    @abstractmethod
    def stop(self) -> None:
        """Ask every run to save and stop; each answers with `Ended`, or its slot with `Gone`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of all slots; nothing is submitted any more. Runs in them have ended or are not waited for."""

    def has_room(self, slot: int, planned: "Planned") -> bool:
        """Whether there is room for a run in this free slot beside those that run now. Asked only while some run."""
        return True

    def clear(self, slot: int) -> None:  # noqa: B027 - most launchers hold nothing
        """A run is tried again in this slot, alone: the others, all of them idle, may let go of what they hold.

        A slot that ends for this is `Gone` as any other, without fault.
        """

    def expected_seconds(self, planned: "Planned") -> float:
        """How long a run still takes in a slot: by the threads of a CPU that it has, or its part of an accelerator."""
        slots = self.slots
        share = slots.threads / CORES if slots.device == "cpu" else 1 / slots.jobs
        return planned.minutes_left(slots.device) * 60 / share


def launcher_names() -> list[str]:
    """The launchers there are: the files of this package that define one, found by reading them, without an import."""
    return sorted(info.name for info in pkgutil.iter_modules(benchmarks.launch.__path__) if _class_in(info.name))


def launcher_named(name: str) -> type[Launcher]:
    """The launcher of a file of this package, or behind an import path `module.Class`; `NAME:KEY=VALUE` gives options.

    Raises InputError.
    """
    name, colon, given = name.partition(":")
    found = _found(name)
    if not colon:
        return found
    options = read_options(type(found.options), given, name)
    return cast(type[Launcher], type(found.__name__, (found,), {"options": options, "__doc__": found.__doc__}))


def _found(name: str) -> type[Launcher]:
    if name in launcher_names():
        return _launcher(f"{benchmarks.launch.__name__}.{name}.{_class_in(name)}")
    if "." in name:
        return _launcher(name)
    from benchmarks.spec import nearest

    known, file = launcher_names(), _file(name)
    if file is not None and _read(file) is None:
        raise InputError(f"{file}: is no Python that can be read; mend it, or choose another launcher")
    raise InputError(f"unknown launcher {name!r}{nearest(name, known) or '; known: ' + ', '.join(known)}")


def _launcher(import_path: str) -> type[Launcher]:
    from benchmarks.runs.build import import_class

    found = import_class(import_path)
    if not (isinstance(found, type) and issubclass(found, Launcher)):
        raise InputError(f"{import_path}: is no launcher (a class on top of benchmarks.launch.launcher.Launcher)")
    if inspect.isabstract(found):
        raise InputError(f"{import_path}: lacks {', '.join(sorted(found.__abstractmethods__))} of a launcher")
    return found


def _class_in(name: str) -> str | None:
    """The launcher class that a file of this package defines, if it does."""
    file = _file(name)
    tree = _read(file) if file is not None else None
    classes = (node for node in (tree.body if tree else ()) if isinstance(node, ast.ClassDef))
    bases = {node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases] for node in classes}
    return next((name for name, of_class in bases.items() if "Launcher" in of_class), None)


def _file(name: str) -> Path | None:
    """The file of a module of this package, if there is one."""
    spec = importlib.util.find_spec(f"{benchmarks.launch.__name__}.{name}") if name.isidentifier() else None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def _read(file: Path) -> ast.Module | None:
    """What a file defines; None for one with a mistake, which must not hinder the others."""
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None
