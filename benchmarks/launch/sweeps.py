"""What a sweep says of itself while it runs: `<runs>/.sweeps/<name>.json`, with a lock beside it that dies with it.

`status` reads these notes in another shell, on another machine, after a crash. Nothing depends on them: a sweep that
cannot write its note goes on.
"""

import os
import re
import socket
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.launch.launcher import Again, Ended, Epoch, Event, Gone, Launcher, Paused, Started, Stopping
from benchmarks.launch.pace import Pace
from benchmarks.runs.files import claimed, is_claimed, write_json
from benchmarks.runs.plan import Planned
from benchmarks.runs.stored.forms import FORMAT, Count, Form, Loss, Name, Seconds, read_stored

#: Seconds between two writings of a note.
NOTE_SECONDS = 1.0
#: A note of another machine, whose locks may not be seen here, is that of a live sweep for so many seconds.
ALIVE_SECONDS = 60.0


class SlotNote(Form):
    """A slot with a run: for how long, and how far it is; what is not known yet is null."""

    run: Name
    seconds: Seconds
    epoch: Count
    of: Count
    loss: Loss | None
    busy: Seconds | None
    seconds_left: Seconds | None


class SweepNote(Form):
    """The content of a note; times are seconds since 1970."""

    format: int
    target: str
    launcher: str
    device: str
    host: str
    pid: Count
    jobs: Count
    started: Seconds
    updated: Seconds
    stopping: bool
    total: Count
    done: Count
    failed: Count
    elsewhere: Count
    stopped: Count
    waiting: Count
    seconds_left: Seconds | None
    slots: dict[str, SlotNote]
    #: why a run stands aside; nothing where none does
    paused: str = ""


class SweepRecord:
    """Listens to a sweep, of one round or several, and keeps its note while the block runs."""

    def __init__(self, store: Path, target: str, launcher: str) -> None:
        self._folder = store / ".sweeps"
        self._file = self._folder / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        self._told: dict[str, Any] = {
            "target": target,
            "launcher": launcher,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        self._started, self._written = time.time(), -NOTE_SECONDS
        self._is_stopping = False
        self._runs: set[str] = set()
        self._ends: dict[str, str] = {}
        #: by slot and run
        self._slots: dict[int, dict[str, dict[str, Any]]] = {}
        self._pace, self._jobs, self._device = Pace(), 1, ""
        self._held = ExitStack()

    def __enter__(self) -> "SweepRecord":
        tidy(self._folder.parent)
        with suppress(OSError, InputError):
            self._held.enter_context(claimed(self._file.with_suffix(".lock")))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        _remove(self._file)

    def begin(self, runs: Sequence[Planned], launcher: Launcher) -> None:
        """A round begins with these runs in the launcher's slots."""
        self._jobs, self._device = launcher.slots.jobs * launcher.slots.gang, launcher.slots.device
        self._runs |= {planned.run.id for planned in runs}
        self._pace.expect({planned.run.id: launcher.expected_seconds(planned) for planned in runs})
        self._slots.clear()
        for planned in runs:
            self._ends.pop(planned.run.id, None)
        self._write()

    def __call__(self, event: Event) -> None:
        """Take one event of the sweep."""
        now = time.monotonic()
        match event:
            case Started(slot, run):
                self._slots.setdefault(slot, {})[run] = {"since": now}
                self._pace.start(run, now)
            case Epoch(slot, run) if run in self._slots.get(slot, ()):
                found = {"epoch": event.epoch, "of": event.of, "loss": event.loss, "busy": event.busy}
                self._slots[slot][run] |= found
                self._pace.see(run, event.epoch, event.of, now)
            case Paused(slot, run) if run in self._slots.get(slot, ()):
                self._slots[slot][run]["paused"] = event.why
                self._written -= NOTE_SECONDS  # it is told at once
            case Ended(slot, run):
                self._slots.get(slot, {}).pop(run, None)
                self._ends[run] = event.how
                self._pace.end(run, event.how, now)
            case Again(slot, run):
                self._slots.get(slot, {}).pop(run, None)
            case Gone(slot):
                self._slots.pop(slot, None)
            case Stopping():
                self._is_stopping = True
        if now - self._written >= NOTE_SECONDS:
            self._write()

    def _write(self) -> None:
        with suppress(ValueError):  # of a file that is refused, or of what a launcher has told
            write_json(self._file, self.note().model_dump())
        self._written = time.monotonic()

    def left(self, run: str | None = None) -> float | None:
        """Seconds until a run has ended, or all; None where nothing is known of it."""
        now = time.monotonic()
        if run is not None:
            return self._pace.left(run, now)
        running = self._running
        return self._pace.sweep(running, self._runs - running - set(self._ends), self._jobs, now)

    @property
    def _running(self) -> set[str]:
        return {run for slot in self._slots.values() for run in slot}

    def note(self) -> SweepNote:
        """What the sweep says of itself now."""
        now = time.monotonic()
        ends = list(self._ends.values())
        counts: dict[str, Any] = {how: ends.count(how) for how in ("done", "failed", "elsewhere", "stopped")}
        running = self._running
        waiting = self._runs - running - set(self._ends)
        left = dict(zip(running, self._pace.each(running, now), strict=True))
        slots = {
            f"{number}.{place}" if place else str(number): SlotNote(
                run=run,
                seconds=round(now - found["since"], 1),
                epoch=found.get("epoch", 0),
                of=found.get("of", 0),
                loss=found.get("loss"),
                busy=found.get("busy"),
                seconds_left=left[run],
            )
            for number, slot in sorted(self._slots.items())
            for place, (run, found) in enumerate(slot.items())
        }
        return SweepNote(
            format=FORMAT,
            **self._told,
            device=self._device,
            jobs=self._jobs,
            started=self._started,
            updated=time.time(),
            stopping=self._is_stopping,
            total=len(self._runs),
            **counts,
            waiting=len(waiting),
            seconds_left=self._pace.sweep(running, waiting, self._jobs, now),
            slots=slots,
            paused=next(
                (one["paused"] for slot in self._slots.values() for one in slot.values() if one.get("paused")), ""
            ),
        )


def notes(store: Path) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """The notes of a store: the name of each, its content, whether its sweep lives. Broken ones are left out."""
    for file in sorted((store / ".sweeps").glob("[!.]*.json")):
        with suppress(InputError, OSError):
            note = read_stored(file, SweepNote, "delete it")
            is_fresh = note["host"] != socket.gethostname() and time.time() - file.stat().st_mtime < ALIVE_SECONDS
            yield file.stem, note, is_claimed(file.with_suffix(".lock")) or is_fresh


def tidy(store: Path) -> None:
    """Remove what dead sweeps of this machine have left, notes that were never finished, too; locks last."""
    folder, form = store / ".sweeps", rf"\.?({re.escape(socket.gethostname())}-\d+-\w+)\.(json|lock)(\.\w+)?"
    with suppress(OSError):
        for path in sorted(folder.glob("*")):
            found = re.fullmatch(form, path.name)
            if found and not is_claimed(folder / f"{found[1]}.lock"):
                path.unlink(missing_ok=True)


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
        file.with_suffix(".lock").unlink(missing_ok=True)
