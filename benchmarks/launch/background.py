"""Runs beside the work of others: one at a time, on one core, and aside while the machine is busy.

`run --background` leaves them to a trainer: a process of its own, in no terminal and last in line, that runs the same
command with this launcher. It holds `<runs>/.background/trainer` while it lives, so that a store has one, and writes to
the `log` beside it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from annotated_types import Gt

from benchmarks.errors import InputError
from benchmarks.launch.busy import Yielding
from benchmarks.launch.launcher import Launcher, Slots
from benchmarks.launch.local import Local, LocalOptions
from benchmarks.runs.files import claimed, is_claimed, writing
from datasets.processes import CORES as CORES_AT_MOST
from datasets.processes import environment

#: How long a trainer has to begin, or to save and end, while a command waits for it, seconds.
BEGIN_SECONDS, END_SECONDS = 60.0, 120.0
#: How long it has to tell its number to a command that is to end it, seconds.
TELL_SECONDS = 2.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class BackgroundOptions(LocalOptions):
    """pause, resume: the shares of all cores that others keep busy above and below which runs pause and go on.

    memory and timeout are those of `local`.
    """

    pause: Annotated[float, Gt(0)] = Yielding.pause
    resume: Annotated[float, Gt(0)] = Yielding.resume


class Background(Local, Launcher):
    """One worker process of one thread, which looks for others between its steps."""

    options: ClassVar[BackgroundOptions] = BackgroundOptions()
    takes_gangs = False
    #: what asks how busy others are, and how often
    yielding: ClassVar[Yielding] = Yielding()

    @classmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """One slot of one thread, whatever the machine has."""
        rule = replace(cls.yielding, pause=cls.options.pause, resume=min(cls.options.resume, cls.options.pause))
        return replace(super().share_out(1, device, runs), jobs=1, threads=1, yielding=rule)


class Begun(NamedTuple):
    """A trainer that was started: its process, its exit code where it has ended, and whether its sweep has begun."""

    pid: int
    code: int | None
    is_at_work: bool


@dataclass(frozen=True)
class Trainer:
    """What trains in the background for a store, if anything does."""

    store: Path

    @property
    def claim(self) -> Path:
        """The file that it holds, with its process, machine and target."""
        return self.store / ".background" / "trainer"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.store / ".background" / "log"

    def note(self) -> dict[str, Any] | None:
        """Its process, machine and target while it lives, {} while it does not tell them; None without one."""
        if self.claim.is_dir() or not is_claimed(self.claim):
            return None
        try:
            found = json.loads(self.claim.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # it has just gone, or is just coming
            return {}
        if not isinstance(found, dict) or not {"pid", "host", "target"} <= found.keys():
            return {}
        return found if type(found["pid"]) is int and found["pid"] > 0 else {}  # others are groups of processes

    def refuse_second(self) -> None:
        """Raise InputError where one is at work."""
        if (note := self.note()) is not None:
            raise InputError(
                f"{self.store}: has a background trainer already, of {note.get('target', 'something')} (process "
                f"{note.get('pid', 'unknown')}); `python -m benchmarks stop` ends it, `status` shows it"
            )

    def start(self, module: str, command: Sequence[str], has_begun: Callable[[int], bool]) -> Begun:
        """Start `python -m module`, which runs the command as the trainer, and wait for it to begin, a minute at most.

        Raises InputError where one is at work.
        """
        self.refuse_second()
        if self.claim.is_dir():
            raise InputError(f"{self.claim}: is a folder in the place of a trainer's note; remove it")
        with writing(self.log):
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", module, str(self.store), *command],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                    env={**environment(1), CORES_AT_MOST: "1"},
                )  # fmt: skip
        until, is_at_work = time.monotonic() + BEGIN_SECONDS, False
        while process.poll() is None and time.monotonic() < until and not is_at_work:
            is_at_work = has_begun(process.pid)
            time.sleep(LOOK_SECONDS)
        code = process.poll()
        process.returncode = code or 0  # nobody waits for it any more
        return Begun(process.pid, code, is_at_work)

    @contextmanager
    def held(self, target: str) -> Iterator[None]:
        """Be the trainer of the store while the block runs. Raises InputError where another one is."""
        with claimed(self.claim, {"host": socket.gethostname(), "target": target}) as is_ours:
            if not is_ours:
                self.refuse_second()
                raise InputError(f"{self.store}: its background trainer has just ended; start it again")
            yield

    def stop(self) -> str:
        """Ask it to save and end, and wait for that; a line on what came of it. Raises InputError."""
        until = time.monotonic() + TELL_SECONDS
        while (note := self.note()) == {} and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        if note is None:
            return f"{self.store}: nothing runs in the background"
        if not note:
            raise InputError(f"{self.claim}: does not tell the process that holds it; end that, and start it again")
        if note.get("host") != socket.gethostname():
            raise InputError(f"{self.store}: its background trainer is on {note.get('host')}; stop it there")
        try:
            os.kill(note["pid"], signal.SIGTERM)
        except ProcessLookupError:  # it has just ended
            pass
        except PermissionError:
            raise InputError(f"process {note['pid']}: is another user's, who can stop it") from None
        until = time.monotonic() + END_SECONDS
        while self.note() is not None:
            if time.monotonic() > until:
                raise InputError(f"process {note['pid']}: still saves; look again with `python -m benchmarks status`")
            time.sleep(LOOK_SECONDS)
        return f"{note['target']}: saved and stopped; the same command continues"

    def last_line(self, pid: int) -> str:
        """The last that a process has told in the log, what it printed besides left aside; or that it told nothing."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        behind = text.rpartition(heading(pid))[2].split("\n")[1:] if heading(pid) in text else []
        own = takewhile(lambda line: not line.startswith("-- "), behind)  # with which that of another begins
        lines = [line for line in own if line.strip()]
        said = [line for line in lines if line.startswith(TOLD)] or lines
        return said[-1].removeprefix(TOLD) if said else "it ended without a word, as where its log cannot be written"


#: With what lines begin that tell something, on whichever output.
TOLD = "resound: "


def heading(pid: int) -> str:
    """With what the lines of a process begin in the log, behind the time."""
    return f", process {pid}: "
