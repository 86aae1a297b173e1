"""The files through which a launcher and its jobs talk, in a folder that both see.

    <folder>/sweep.json                what all jobs need: workspace, slots, and the runs of the sweep
    <folder>/alive                     written again and again by the launcher; who sees it unchanged is alone
    <folder>/<number>/orders.jsonl     what the launcher wants of one job
    <folder>/<number>/events.jsonl     what has happened there
    <folder>/submitit/                 what submitit submits, and the jobs' logs

Every file has one writer, who appends whole lines and closes it. That is all that file systems of clusters promise:
over NFS what another machine has written is seen once the file is opened again.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from benchmarks.launch.launcher import Event, SlotEvent, Slots
from benchmarks.runs.files import read_json, storage_error, write_json
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace

#: What jobs have written is kept for a while, for those who look for a reason.
KEPT_DAYS = 7
#: What a slot can tell, by name; all of it arrives.
EVENTS = {kind.__name__: kind for kind in get_args(SlotEvent)}


class Order(NamedTuple):
    """What a launcher wants of a job: open a slot, execute a run in one, save and stop all runs, or end."""

    what: Literal["open", "run", "stop", "end"]
    slot: int = -1
    planned: Planned | None = None


class Lines:
    """A file of JSON lines with one writer; a reader gets each line once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def append(self, value: Any) -> None:
        """Write a line, a new one even if the last was cut short. Raises InputError where the disk refuses."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.seek(max(0, file.tell() - 1))
                mend = file.read(1) not in (b"", b"\n")
                file.write(b"\n" * mend + json.dumps(value).encode() + b"\n")
        except OSError as error:
            raise storage_error(self.path, error) from error

    def new(self) -> Iterator[Any]:
        """The lines since the last call; one that was cut short is passed over."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except FileNotFoundError:
            return
        content = content[: content.rfind(b"\n") + 1]
        self._read += len(content)
        for line in content.splitlines():
            with suppress(ValueError):
                yield json.loads(line)


class Spool:
    """What launcher and job write to each other, each in its own direction."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._orders, self._events = Lines(folder / "orders.jsonl"), Lines(folder / "events.jsonl")

    def order(self, order: Order) -> None:
        """Tell the job."""
        planned = order.planned
        run = {"run": planned.run.to_dict(), "minutes": planned.minutes, "basis": planned.basis} if planned else None
        self._orders.append([order.what, order.slot, run])

    def orders(self) -> Iterator[Order]:
        """What the launcher has wanted since the last call."""
        for what, slot, run in self._orders.new():
            planned = Planned(Run.from_dict(run["run"]), False, run["minutes"], basis=run["basis"]) if run else None
            yield Order(what, slot, planned)

    def tell(self, event: Event) -> None:
        """Tell the launcher."""
        self._events.append([type(event).__name__, *event])

    def note(self, word: str) -> None:
        """Note something that the job itself wants to know when it comes back."""
        self._events.append([word])

    def events(self) -> Iterator[Event]:
        """What has happened since the last call."""
        yield from (EVENTS[name](*values) for name, *values in self._events.new() if name in EVENTS)

    def history(self) -> Iterator[Event | str]:
        """All that the job has told and noted before, from the beginning."""
        for name, *values in Lines(self._events.path).new():
            yield EVENTS[name](*values) if name in EVENTS else name


def write_sweep(folder: Path, workspace: Workspace, slots: Slots) -> None:
    """Write what all jobs of a sweep need."""
    shared = {name: value for name, value in asdict(slots).items() if name != "sweep"}
    runs = [run.to_dict() for run in slots.sweep]
    write_json(folder / "sweep.json", {"workspace": workspace.to_dict(), "slots": shared, "sweep": runs})


def read_sweep(folder: Path) -> tuple[Workspace, Slots]:
    """What `write_sweep` has written. Raises InputError where the folder is not to be seen from here."""
    found = read_json(folder / "sweep.json", "launcher and nodes must see the store under the same path")
    return Workspace.from_dict(found["workspace"]), Slots(
        **found["slots"], sweep=tuple(map(Run.from_dict, found["sweep"]))
    )


class Heartbeat:
    """Whether a launcher still writes its `alive`; each side has its own clock, so only changes count."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "alive"
        self._beats, self._seen, self._since = 0, "", 0.0

    def beat(self) -> None:
        """Say that the launcher is there."""
        self._beats += 1
        with suppress(OSError):  # of a full disk; runs will say so
            self._file.write_text(str(self._beats))

    def silence(self, now: float) -> float:
        """Seconds since the file has last been seen to change; `now`: of any clock that goes on evenly."""
        try:
            seen = self._file.read_text()
        except OSError:
            seen = self._seen
        if seen != self._seen or not self._since:
            self._seen, self._since = seen, now
        return now - self._since


def forget_old(folder: Path) -> None:
    """Remove what earlier sweeps have left in `folder` a week ago."""
    for alive in folder.glob("*/alive"):
        with suppress(OSError):
            if time.time() - alive.stat().st_mtime > KEPT_DAYS * 86400:
                shutil.rmtree(alive.parent, ignore_errors=True)
