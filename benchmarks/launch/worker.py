"""A warm worker: a process that executes runs one after the other, as its launcher sends them, and tells of them.

It imports torch once and keeps features in memory from run to run. Whatever it prints goes to its log.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO, NamedTuple

from benchmarks.launch.gangs.perform import perform_gang
from benchmarks.launch.launcher import Event, Free, Slots
from benchmarks.launch.memory import Holding, holding
from benchmarks.launch.perform import perform
from benchmarks.runs.workspace import Workspace

#: Signs of life come at most once in so many seconds.
SIGN_SECONDS = 5.0
#: Added to the score by which Linux chooses whom to end when memory runs out: a worker before its launcher.
OOM_SCORE = 500
#: How much of a log is kept with the failure of the run that its process died over, bytes.
LOG_BYTES = 4000


class Alive(NamedTuple):
    """A run gets on, and what its worker holds; not for the driver."""

    slot: int
    holding: Holding
    #: whether it trains; before, it may wait for features that another run makes
    is_training: bool


def serve(connection: Connection, slot: int, slots: Slots, workspace: Workspace, log: Path) -> None:
    """Execute the runs that come through `connection` and answer with events, until it closes or a signal says stop.

    In a process of its own, in a session of its own: a Ctrl-C in the terminal is the launcher's to pass on.
    """
    from benchmarks.runs.execute import prepare_process

    if hasattr(os, "setsid"):  # Windows has no sessions
        os.setsid()
    print_to(log)
    _be_ended_first()
    stop = StopSignal()
    stop.listen()
    stop.end_alone(slots.checkpoint_seconds)
    prepare_process(slots.threads)

    def tell(event: Event | Alive) -> None:
        with suppress(OSError):  # nobody is there any more, which `stop` tells the run
            connection.send(event)

    with suppress(EOFError, OSError):
        connection.send(Free(slot))
        while not stop():
            runs, signs = connection.recv(), _Signs(slot, slots.device, tell)
            if isinstance(runs, list):
                perform_gang(slot, runs, workspace, slots, tell, stop, signs)
                continue
            ended = perform(slot, runs, workspace, slots, tell, stop, signs)
            signs.send(True)
            connection.send(ended)


class _Signs:
    """Signs of life of one run; called as often as it likes."""

    def __init__(self, slot: int, device: str, tell: Callable[[Alive], None]) -> None:
        self.slot, self.device, self.tell = slot, device, tell
        self._next = 0.0

    def __call__(self, is_training: bool) -> None:
        """Send one if it is time."""
        if time.monotonic() >= self._next:
            self.send(is_training)

    def send(self, is_training: bool) -> None:
        """Send one."""
        self.tell(Alive(self.slot, holding(self.device), is_training))
        self._next = time.monotonic() + SIGN_SECONDS


class StopSignal:
    """Turns SIGTERM, Ctrl-C and the death of the process that started this one into a flag that runs look at."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._parent = multiprocessing.parent_process()

    def __call__(self) -> bool:
        """Whether the process was asked to stop, or nobody waits for it any more."""
        return self._event.is_set() or (self._parent is not None and not self._parent.is_alive())

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT in this process."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._event.set())

    def end_alone(self, seconds: float) -> None:
        """See that this process ends so many seconds after the one that started it, in the middle of whatever it does.

        They are for a run to save in; one that has saved lately loses no more than by any kill.
        """
        parent = self._parent
        if parent is None:
            return

        def watch() -> None:
            parent.join()
            time.sleep(seconds)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def _be_ended_first() -> None:
    with suppress(OSError):  # elsewhere than on Linux nobody asks
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))


def _opened(log: Path) -> BinaryIO:
    try:
        return log.open("wb")
    except OSError:
        return Path(os.devnull).open("wb")


def print_to(log: Path) -> None:
    """Let stdout and stderr of this process, and of what it starts, go to a file, which begins anew.

    What was printed before, as a sitecustomize does, goes there too: where stdout leads, nobody may read any more. A
    log that cannot be had, as on a full disk, is done without: what the run itself has to write tells of that.
    """
    with _opened(log) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def tail(log: Path) -> str:
    """The end of a log, which may be of any size; nothing of one that is gone, as with its store after a sweep."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
