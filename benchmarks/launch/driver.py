"""The sweep itself, whatever the launcher: which runs wait, which slot works on which, what became of them."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from benchmarks.errors import InputError, Left
from benchmarks.launch.gangs.mates import mates
from benchmarks.launch.launcher import (
    Again,
    Ended,
    Epoch,
    Event,
    Free,
    Gone,
    Launcher,
    Paused,
    Pulse,
    Said,
    Started,
    Stopping,
)
from benchmarks.runs.plan import Planned

#: How long to wait for events before looking at the clock again.
POLL_SECONDS = 0.5
#: With less time left than this no run is begun that will not end.
BEGIN_SECONDS = 60.0
#: How many of the runs that were cut are named.
NAMED = 4

Listener = Callable[[Event], None]


@dataclass
class Outcome:
    """What became of the runs of a sweep, of one round or several."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    not_started: list[str] = field(default_factory=list)
    #: why a slot was never there, where no other has taken the runs: one line
    fault: str = ""

    def followed_by(self, later: "Outcome") -> "Outcome":
        """What became of all after a further round with the runs that were elsewhere."""
        return Outcome(
            [*self.done, *later.done],
            {**self.failed, **later.failed},
            later.elsewhere,
            [*self.stopped, *later.stopped],
            [*self.not_started, *later.not_started],
            later.fault,
        )


def launch(
    runs: Sequence[Planned],
    launcher: Launcher,
    listener: Listener = lambda event: None,
    minutes: float | None = None,
) -> Outcome:
    """Execute `runs`, the longest first, and of one length seed by seed, those that have begun before the others.

    So the folds of a seed end together. A failing run or a dying slot does not stop the others.

    A run that crashes or runs out of memory is tried once more when the others have ended, so that it is alone.
    With `minutes`, first what is expected to end in time (with 0 nothing at all), then what can go on another time from
    where it has come to; what still runs at the end is asked to save and stop. Ctrl-C does the same at once; a second
    one leaves: raises Left.
    """
    sweep = _Sweep(runs, launcher, listener, None if minutes is None else time.monotonic() + minutes * 60)
    is_second = False
    try:
        try:
            sweep.drive()
        except KeyboardInterrupt:
            is_second = True
            sweep.stop()
            sweep.drive()
        launcher.close()
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt):  # a third
            launcher.close()
        if is_second:
            raise Left(sweep.left_over()) from None
        raise
    except BaseException:
        launcher.close()
        raise
    return sweep.outcome()


def _turn(planned: Planned, launcher: Launcher) -> tuple[float, int, float]:
    """What runs are ordered by: how long the whole run takes, then its seed, then how much of it has been trained."""
    return -launcher.expected_seconds(replace(planned, begun=0.0)), planned.run.seed, -planned.begun


class _Sweep:
    """The bookkeeping of one launch."""

    def __init__(self, runs: Sequence[Planned], launcher: Launcher, listener: Listener, deadline: float | None) -> None:
        self.waiting = sorted(runs, key=lambda planned: _turn(planned, launcher))
        #: runs that crashed or ran out of memory once
        self.again: list[Planned] = []
        self.tried: set[str] = set()
        self.launcher, self.listener, self.deadline = launcher, listener, deadline
        self.stopping = False
        self.ended: dict[str, Ended] = {}
        #: the open slots: those that were asked for and are not there yet, those that are free, those with runs
        self.coming: set[int] = set()
        self.free: set[int] = set()
        self.busy: dict[int, list[Planned]] = {}
        self._opened = 0
        self._fault = ""

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
            self._feed()  # what had no room may have it now
            self.listener(Pulse())

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
        left = [planned.run.id for planned in self._left]
        return Outcome(**by_end, failed=failed, not_started=left, fault=self._fault if left else "")

    def left_over(self) -> str:
        """What is left as it stands, in one line."""
        cut = [planned.run.id for runs in self.busy.values() for planned in runs]
        named = f" ({', '.join(cut[:NAMED])}{', ...' if len(cut) > NAMED else ''})" if cut else ""
        ended = sum(end.how in ("done", "failed") for end in self.ended.values())
        return (
            f"left at once: {ended} ended, {len(self._left)} not started, {len(cut)} cut{named}; the same command goes "
            "on from their last checkpoints"
        )

    @property
    def _left(self) -> list[Planned]:
        return [*self.waiting, *self.again]

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
                planned = next((one for one in self.busy.get(slot, ()) if one.run.id == run), None)
                if planned is None:
                    self._end(event)
                else:
                    self._leave(slot, planned)
                    if not (event.out_of_memory and self._tried_again(planned, event)):
                        self._end(event)
            case Gone(slot):
                self._bury(event)
            case Epoch() | Paused() | Said():
                self.listener(event)
        self._feed()

    def _leave(self, slot: int, planned: Planned) -> None:
        """A run is no longer in its slot, which is free when it was the last one there."""
        self.busy[slot].remove(planned)
        if not self.busy[slot]:
            del self.busy[slot]
            self.free.add(slot)

    def _end(self, event: Ended) -> None:
        """Note how a run ended. What is done stays done, whatever a slot that was given up says of it later."""
        before = self.ended.get(event.run)
        if before is not None and before.how == "done":
            return
        self.ended[event.run] = event
        self.waiting = [planned for planned in self.waiting if planned.run.id != event.run]
        self.again = [planned for planned in self.again if planned.run.id != event.run]
        if event.how == "failed":
            event = self._recorded(event)
        self.listener(event)

    def _recorded(self, event: Ended) -> Ended:
        """A failure that is kept for `status`; where nothing can be written it is told all the same, and why not."""
        try:
            self.launcher.workspace.ledger.record_failure(event.run, event.message, event.trace)
        except InputError as error:
            event = event._replace(message=f"{event.message} (not kept for `status`: {error})")
            self.ended[event.run] = event
        return event

    def _bury(self, event: Gone) -> None:
        """A slot is gone; what it took along has failed or waits again, and a new slot takes its place."""
        was_coming = event.slot in self.coming
        self.coming.discard(event.slot)
        self.free.discard(event.slot)
        lost = self.busy.pop(event.slot, [])
        self.listener(event)
        if not lost:
            if was_coming and event.fault and not self.stopping and not self._fault:
                last = next((line for line in reversed(event.trace.splitlines()) if line.strip()), "")
                self._fault = f"{event.message}{': ' if last else ''}{last.strip()}"
            return
        for planned in reversed(lost):
            self._lose(planned, event)
        if self._left and not self.stopping:
            self._open()

    def _lose(self, planned: Planned, event: Gone) -> None:
        """A run was in a slot that is gone."""
        if self.stopping:
            self._end(Ended(event.slot, planned.run.id, "stopped"))
        elif not event.fault:
            self.waiting.insert(0, planned)
        elif not self._tried_again(planned, event):
            self._end(Ended(event.slot, planned.run.id, "failed", event.message, event.trace))

    def _tried_again(self, planned: Planned, event: Ended | Gone) -> bool:
        """Whether a run that was lost once is kept for later; the second time it is to blame."""
        if self.stopping or planned.run.id in self.tried:
            return False
        self.tried.add(planned.run.id)
        self.again.append(planned)
        self.listener(Again(event.slot, planned.run.id, event.message))
        return True

    def _feed(self) -> None:
        """Give every free slot a run, as long as there are some and there is room for them."""
        for slot in sorted(self.free):
            planned = self._next(slot)
            if planned is None:
                continue
            along: list[Planned] = []
            if planned in self.again:
                self.launcher.clear(slot)
                self.again.remove(planned)
            else:
                along = mates(planned, self.waiting, self.launcher.slots.gang)
                self.waiting = [one for one in self.waiting if one is not planned and one not in along]
            self.free.discard(slot)
            self.busy[slot] = [planned, *along]
            for one in self.busy[slot]:
                self.listener(Started(slot, one.run.id))
            self.launcher.submit_gang(slot, list(self.busy[slot]))

    def _next(self, slot: int | None = None) -> Planned | None:
        """The first waiting run for which the slot has room: one that is expected to end before the deadline, else the
        one with the least to do that keeps what it has done.

        Where nothing runs there is room for any, and when nothing waits those come that are tried again.
        """
        if self.stopping:
            return None
        fitting = [
            planned for planned in self.waiting
            if not self.busy or slot is None or self.launcher.has_room(slot, planned)
        ]  # fmt: skip
        begun = filter(self._is_begun, fitting)
        found = next(filter(self._in_time, fitting), None) or min(
            begun, key=self.launcher.expected_seconds, default=None
        )
        return found if found or self.busy else next(filter(self._in_time, self.again), None)

    def _in_time(self, planned: Planned) -> bool:
        return self.deadline is None or time.monotonic() + self.launcher.expected_seconds(planned) < self.deadline

    def _is_begun(self, planned: Planned) -> bool:
        """Whether a run is begun although it will not end in time: it goes on another time."""
        return planned.resumes and self.deadline is not None and time.monotonic() + BEGIN_SECONDS < self.deadline
