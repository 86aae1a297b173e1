"""A warm worker: a process that executes runs one after the other, as its launcher sends them, and tells of them.

It imports torch once and keeps features in memory from run to run. Whatever it prints goes to its log.
"""

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.launch.launcher import Epoch, Free, Slots
from benchmarks.launch.perform import perform
from benchmarks.runs.workspace import Workspace


def serve(connection: Connection, slot: int, slots: Slots, workspace: Workspace, log: Path) -> None:
    """Execute the runs that come through `connection` and answer with events, until it closes or a signal says stop.

    In a process of its own, in a session of its own: a Ctrl-C in the terminal is the launcher's to pass on.
    """
    from benchmarks.runs.execute import prepare_process

    if hasattr(os, "setsid"):  # Windows has no sessions
        os.setsid()
    print_to(log)
    stop = StopSignal()
    stop.listen()
    prepare_process(slots.threads)

    def tell(event: Epoch) -> None:
        with suppress(OSError):  # nobody is there any more, which `stop` tells the run
            connection.send(event)

    with suppress(EOFError, OSError):
        connection.send(Free(slot))
        while not stop():
            connection.send(perform(slot, connection.recv(), workspace, slots, tell, stop))


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


def print_to(log: Path) -> None:
    """Let stdout and stderr of this process, and of what it starts, go to a file, which begins anew.

    What was printed before, as a sitecustomize does, goes there too: where stdout leads, nobody may read any more.
    """
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
