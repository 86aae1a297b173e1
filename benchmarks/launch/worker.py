"""A warm worker: reads runs as JSON lines, executes them one after the other, answers with events as JSON lines.

It imports torch once and keeps features in memory from run to run. Everything else that the process prints goes to
stderr, which the launcher keeps in a log file.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.launch.launcher import Ended, Epoch, Event, Free, Slots
from benchmarks.launch.perform import perform
from datasets.processes import answering


def main() -> None:
    """Serve runs from stdin until it closes or the process is asked to stop."""
    from benchmarks.runs.execute import prepare_process
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace

    answer = answering()
    stop = StopSignal()
    stop.listen()
    settings = json.loads(sys.stdin.readline())
    slot, slots = settings["slot"], Slots(**settings["slots"])
    workspace = Workspace(**{name: Path(value) for name, value in settings["workspace"].items()})
    prepare_process(slots.threads)
    _tell(answer, Free(slot))
    for line in sys.stdin:
        if stop():
            break
        run = Run.from_dict(json.loads(line))
        _tell(answer, perform(slot, run, workspace, slots, lambda event: _tell(answer, event), stop))


class StopSignal:
    """Turns SIGTERM, Ctrl-C and the death of the parent process into a flag that runs look at."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._parent = os.getppid()

    def __call__(self) -> bool:
        """Whether the process was asked to stop, or nobody waits for it any more."""
        return self._event.is_set() or os.getppid() != self._parent

    def set(self) -> None:
        """Ask the process to stop."""
        self._event.set()

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT in this process."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._event.set())


#: The events that a worker sends, by the names that its JSON lines have.
SENT: dict[str, type[Free | Epoch | Ended]] = {"free": Free, "epoch": Epoch, "ended": Ended}


def _tell(answer: Callable[[dict[str, Any]], None], event: Free | Epoch | Ended) -> None:
    [name] = [name for name, kind in SENT.items() if isinstance(event, kind)]
    answer({"event": name, **event._asdict()})


def told(line: dict[str, Any]) -> Event:
    """The event of one answer of a worker."""
    fields = dict(line)
    return SENT[fields.pop("event")](**fields)


if __name__ == "__main__":
    main()
