"""What a job does on its node: a launcher of that machine, which follows orders from a file and answers in another.

A job that is taken away (pre-emption, the end of its time, a node that fails) and started again goes on where it was:
the runs it had been given and has not told the end of are executed again, from their checkpoints.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from submitit.helpers import Checkpointable

from benchmarks.launch.jobs.spool import Heartbeat, Order, Spool, read_sweep
from benchmarks.launch.launcher import Ended, Epoch, Event, Free, Gone
from benchmarks.launch.local import Local
from benchmarks.runs.plan import Planned

#: How long to wait for events of the workers before reading the orders again.
POLL_SECONDS = 0.2
#: A launcher that has not been heard of for so long is gone; file systems may show what is written a minute late.
LONE_SECONDS = 300.0
#: What a batch system sends before it takes a job away: submitit's signal (pre-emption or time), and the usual one.
TAKEN, ENDING = signal.SIGUSR2, signal.SIGTERM
#: A run whose job has come to the end of its time so often without an epoch in between would do so for ever.
TIMES_UP = 3
TIME_IS_UP = "time is up"


class Task(Checkpointable):
    """What submitit calls on the node, and has started again where the node is taken away."""

    def __call__(self, folder: str) -> None:
        """Follow the orders in `folder` until they say end, nobody gives any, or the node is wanted back."""
        with _noted(TAKEN, ENDING) as asked:
            _Node(Path(folder), asked).work()
        requeue = signal.getsignal(TAKEN)  # submitit's handler
        if TAKEN in asked and callable(requeue):
            requeue(TAKEN, None)  # all is saved: submit this very job once more


class _Node:
    """The bookkeeping of one job on its node. `asked` holds the signals that have come."""

    def __init__(self, folder: Path, asked: list[int]) -> None:
        workspace, slots = read_sweep(folder.parent)
        self.spool, self.heartbeat, self.asked = Spool(folder), Heartbeat(folder.parent), asked
        self.local = Local(workspace, slots)
        #: the slots whose worker is there: those that wait for a run, and those with one
        self.free: set[int] = set()
        self.busy: set[int] = set()
        #: by slot, the runs that were given and have not ended, whether a worker has them yet or not
        self.in_hand: dict[int, Planned] = {}
        self.stopping = self.ending = False

    def work(self) -> None:
        """Follow orders, and let go of the workers at the end."""
        self._resume()
        try:
            while not self._over():
                for order in self.spool.orders():
                    self._obey(order)
                if self.asked and not self.stopping:
                    self._save()
                for event in self.local.events(POLL_SECONDS):
                    self._handle(event)
                self._feed()
        finally:
            self.local.close()

    def _resume(self) -> None:
        """Take up again what this job had in hand when it was taken away."""
        past, wanted = list(self.spool.history()), list(self.spool.orders())
        gone = {event.slot for event in past if isinstance(event, Gone)}
        ended = Counter((event.slot, event.run) for event in past if isinstance(event, Ended))
        for order in wanted:
            if order.planned is None or order.slot in gone:
                continue
            given = (order.slot, order.planned.run.id)
            if ended[given]:
                ended[given] -= 1
            else:
                self.in_hand[order.slot] = order.planned
        self._reconsider({order.what for order in wanted}, past)
        for slot in {order.slot for order in wanted if order.what == "open"} - gone:
            self._open(slot)

    def _reconsider(self, wanted: set[str], past: list[Event | str]) -> None:
        """What was in hand is not begun again where everything is to stop, or where it would never come to an end."""
        self.ending = not wanted.isdisjoint({"stop", "end"})
        times_up = 0
        for event in past:
            times_up += event == TIME_IS_UP
            times_up *= not isinstance(event, Epoch | Ended)
        if self.ending or times_up >= TIMES_UP:
            message = "" if self.ending else f"made no epoch in {times_up} jobs until their time was up; give it more"
            for slot, planned in self.in_hand.items():
                self.spool.tell(Ended(slot, planned.run.id, "stopped" if self.ending else "failed", message))
            self.in_hand.clear()

    def _obey(self, order: Order) -> None:
        if order.what == "open":
            self._open(order.slot)
        elif order.planned is not None:
            self.in_hand[order.slot] = order.planned
        elif order.what == "stop":
            self._stop()
        else:
            self.ending = True

    def _open(self, slot: int) -> None:
        if not self.ending:
            with _blocked(TAKEN):
                self.local.open(slot)

    def _feed(self) -> None:
        """Hand out what is in hand to the workers that are free, as far as there is room, unless all are to stop."""
        for slot in sorted(self.free & set(self.in_hand)) if not self.stopping else ():
            if self.busy and not self.local.has_room(slot, self.in_hand[slot]):
                continue
            self.free.discard(slot)
            self.busy.add(slot)
            self.local.submit(slot, self.in_hand[slot])

    def _save(self) -> None:
        """The node is wanted back: save all runs, of which nothing is told, for this job will go on with them."""
        if TAKEN in self.asked:
            self.spool.note(TIME_IS_UP)
        self._stop()

    def _stop(self) -> None:
        self.stopping = True
        self.local.stop()

    def _handle(self, event: Event) -> None:
        """Keep book of what a worker says, and pass it on, unless the next job on these orders makes up for it."""
        match event:
            case Free(slot):
                self.free.add(slot)
                if slot in self.in_hand:
                    return
            case Ended(slot, how=how):
                self.busy.discard(slot)
                self.free.add(slot)
                if how == "stopped" and self.asked:
                    return
                self.in_hand.pop(slot, None)
            case Gone(slot):
                was_busy = slot in self.busy
                self.free.discard(slot)
                self.busy.discard(slot)
                if self.stopping and (self.asked or not was_busy):
                    return
                self.in_hand.pop(slot, None)
        self.spool.tell(event)

    def _over(self) -> bool:
        """Whether nothing is to be done here any more."""
        if self.stopping or self.ending:
            return self.ending or not self.busy
        return not self.in_hand and self.heartbeat.silence(time.monotonic()) > LONE_SECONDS


@contextmanager
def _noted(*numbers: signal.Signals) -> Iterator[list[int]]:
    """Note the signals that come while the block runs, instead of what is done about them otherwise."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda received, _frame: asked.append(received)) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _blocked(number: int) -> Iterator[None]:
    """Start processes that this signal does not reach: batch systems send it to all of a job, and it would end them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
