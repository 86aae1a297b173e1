"""Progress of long work: a live display on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.errors import told
from benchmarks.launch.launcher import (
    Again,
    Ended,
    Epoch,
    Event,
    Gone,
    Paused,
    Pulse,
    Said,
    SlotEvent,
    Started,
    Stopping,
)
from benchmarks.runs.stored.checkpoint import STOP_SECONDS
from datasets.acquire.telling import in_words

if TYPE_CHECKING:
    from benchmarks.runs.plan import Plan

#: Seconds between two plain lines.
PLAIN_SECONDS = 15.0


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yields a function of (done, total) that shows how far the work is."""
    if not sys.stderr.isatty():
        yield _plain(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def naming(title: str, names: Sequence[str]) -> Iterator[Callable[[Iterable[str]], Iterator[str]]]:
    """Yields what goes through some of `names` and shows, on a terminal alone, which one is being worked on."""
    if not sys.stderr.isatty():
        yield iter
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, places = bar.add_task(title, total=len(names)), {name: place for place, name in enumerate(names)}

        def named(some: Iterable[str]) -> Iterator[str]:
            for name in some:
                bar.update(task, description=f"{title} {name}", completed=places[name])
                yield name

        yield named


def _plain(title: str) -> Callable[[int, int], None]:
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last >= PLAIN_SECONDS:
            last = time.monotonic()
            print(f"{title}: {done}/{total}", file=sys.stderr, flush=True)

    return show


class SweepDisplay:
    """Shows a sweep: one bar for all runs and one per slot, or a line for each run that ends, with the time left.

    left: seconds until a run has ended, or with None until all have; None where nothing is known of them.
    """

    def __init__(self, plan: "Plan", left: Callable[[str | None], float | None] = lambda run: None) -> None:
        self.total, self.left = len(plan.missing), left
        self._ended: set[str] = set()
        self._live: Any = None
        self._tasks: dict[int, Any] = {}

    def __enter__(self) -> "SweepDisplay":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            more = TextColumn("{task.fields[more]}")
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), more)
            self._live = Progress(*columns, console=Console(stderr=True))
            self._live.start()
            self._all = self._live.add_task("runs", total=self.total, more="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take one event of the sweep."""
        if isinstance(event, Stopping):
            print(
                f"resound: saving, some {in_words(STOP_SECONDS)} at most; Ctrl-C leaves at once",
                file=sys.stderr,
                flush=True,
            )
            return
        if isinstance(event, Pulse) or (isinstance(event, Gone) and event.slot not in self._tasks):
            return
        if isinstance(event, Paused):
            self._say(f"paused: {event.why}" if event.why else "goes on")
            return
        if isinstance(event, Said):
            self._say(told(event.line))
            return
        if isinstance(event, Ended):
            self._ended.add(event.run)
        if self._live:
            self._show(event)
        elif isinstance(event, Again) or (isinstance(event, Ended) and event.how != "elsewhere"):
            left = self._time(None) if len(self._ended) < self.total else ""
            line = f"[{len(self._ended)}/{self.total}] {_line(event)}"
            print("; ".join(filter(None, (line, left))), file=sys.stderr, flush=True)

    def _say(self, line: str) -> None:
        if self._live:
            self._live.console.print(line, highlight=False)
        else:
            print(time.strftime(f"%m-%d %H:%M {line}"), file=sys.stderr, flush=True)

    def _show(self, event: SlotEvent) -> None:
        self._live.update(self._all, completed=len(self._ended), more=self._time(None))
        if event.slot not in self._tasks:
            self._tasks[event.slot] = self._live.add_task("", total=None, more="")
        task = self._tasks[event.slot]
        match event:
            case Started(_, run):
                self._live.reset(task, description=run, total=None, more=self._time(run))
            case Epoch(_, run, epoch, of, loss):
                more = ", ".join(filter(None, (f"loss {loss:.4g}", self._time(run))))
                self._live.update(task, completed=epoch, total=of, more=more)
            case Gone():
                self._live.reset(task, description="", total=None, more="")
            case Ended(how="failed") | Again():
                self._live.console.print(_line(event), highlight=False)

    def _time(self, run: str | None) -> str:
        """The time left in words; nothing where it is unknown."""
        seconds = self.left(run)
        return "" if seconds is None else f"about {in_words(seconds)} left"


def _line(end: Ended | Again) -> str:
    if isinstance(end, Again):
        return told(f"later, alone: {end.run}: {end.message}")
    return told(f"{end.how} {end.run}" + (f": {end.message}" if end.how == "failed" else ""))
