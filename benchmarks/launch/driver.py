"""The sweep itself, whatever the launcher: which runs wait, which slot works on which, what became of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.launch.launcher import Ended, Epoch, Event, Free, Gone, Launcher, Started, Stopping
from benchmarks.runs.plan import Planned

#: How long to wait for events before looking at the clock again.
POLL_SECONDS = 0.5

Listener = Callable[[Event], None]


@dataclass
class Outcome:
    """What became of the runs of one sweep."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    not_started: list[str] = field(default_factory=list)


def launch(
    runs: Sequence[Planned],
    launcher: Launcher,
    listener: Listener = lambda event: None,
    minutes: float | None = None,
) -> Outcome:
    """Execute `runs`; a failing run or a dying slot does not stop the others.

    With `minutes`, nothing is started that is not expected to end in time (with 0 nothing at all), and what still runs
    at the end is asked to save and stop. Ctrl-C does the same at once; a second one leaves.
    """
    sweep = _Sweep(runs, launcher, listener, None if minutes is None else time.monotonic() + minutes * 60)
    try:
        try:
            sweep.drive()
        except KeyboardInterrupt:
            sweep.stop()
            sweep.drive()
    finally:
        launcher.close()
    return sweep.outcome()


class _Sweep:
    """The bookkeeping of one launch."""

    def __init__(self, runs: Sequence[Planned], launcher: Launcher, listener: Listener, deadline: float | None) -> None:
        self.waiting = list(runs)
        self.launcher, self.listener, self.deadline = launcher, listener, deadline
        self.stopping = False
        self.ended: dict[str, Ended] = {}
        #: the open slots: those that were asked for and are not there yet, those that are free, those with a run
        self.coming: set[int] = set()
        self.free: set[int] = set()
        self.busy: dict[int, Planned] = {}
        self._opened = 0

    def drive(self) -> None:
        """Handle events until nothing runs and nothing more can be started."""
        if self._next() is not None:
            for _ in range(self.launcher.slots.jobs):
                self._open()
        while self.busy or (self.coming and self._next() is not None):
            if self.deadline is not None and time.monotonic() > self.deadline and not self.stopping:
                self.stop()
            for event in self.launcher.events(POLL_SECONDS):
                self._handle(event)

    def stop(self) -> None:
        """Start nothing more; ask every run to save and stop."""
        self.stopping = True
        self.listener(Stopping())
        self.launcher.stop()

    def outcome(self) -> Outcome:
        """What became of the runs."""
        by_end: dict[str, list[str]] = {"done": [], "elsewhere": [], "stopped": [], "failed": []}
        for run, end in self.ended.items():
            by_end[end.how].append(run)
        failed = {run: self.ended[run].message for run in by_end.pop("failed")}
        return Outcome(**by_end, failed=failed, not_started=[planned.run.id for planned in self.waiting])

    def _open(self) -> None:
        self.coming.add(self._opened)
        self.launcher.open(self._opened)
        self._opened += 1

    def _handle(self, event: Event) -> None:
        match event:
            case Free(slot) if slot in self.coming:
                self.coming.discard(slot)
                self.free.add(slot)
            case Ended(slot, run):
                self._end(event)
                if slot in self.busy and self.busy[slot].run.id == run:
                    del self.busy[slot]
                    self.free.add(slot)
            case Gone(slot):
                self._bury(event)
            case Epoch():
                self.listener(event)
        self._feed()

    def _end(self, event: Ended) -> None:
        """Note how a run ended. What is done stays done, whatever a slot that was given up says of it later."""
        before = self.ended.get(event.run)
        if before is not None and before.how == "done":
            return
        self.ended[event.run] = event
        self.waiting = [planned for planned in self.waiting if planned.run.id != event.run]
        if event.how == "failed":
            self.launcher.workspace.ledger.record_failure(event.run, event.message, event.trace)
        self.listener(event)

    def _bury(self, event: Gone) -> None:
        """A slot is gone; a run that it took along has failed or waits again, and a new slot takes its place."""
        self.coming.discard(event.slot)
        self.free.discard(event.slot)
        planned = self.busy.pop(event.slot, None)
        if planned is None:
            return
        if self.stopping:
            self._end(Ended(event.slot, planned.run.id, "stopped"))
            return
        if event.fault:
            self._end(Ended(event.slot, planned.run.id, "failed", event.message, event.trace))
        else:
            self.waiting.insert(0, planned)
        if self.waiting:
            self._open()

    def _feed(self) -> None:
        """Give every free slot a run, as long as there are some."""
        for slot in sorted(self.free):
            position = self._next()
            if position is None:
                return
            planned = self.waiting.pop(position)
            self.free.discard(slot)
            self.busy[slot] = planned
            self.listener(Started(slot, planned.run.id))
            self.launcher.submit(slot, planned)

    def _next(self) -> int | None:
        """The place of the first waiting run that is expected to end before the deadline."""
        if self.stopping:
            return None
        for position, planned in enumerate(self.waiting):
            if self.deadline is None:
                return position
            if time.monotonic() + self.launcher.expected_seconds(planned) < self.deadline:
                return position
        return None
