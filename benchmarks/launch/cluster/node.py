"""A slot on a node: an actor that keeps torch and features in memory, works on one run at a time, and tells of it.

Where its node sees the store of the sweep, runs are made in there, as by a worker of the launcher's own machine. Where
not, they are made in a folder of the node, and checkpoints and results go home as bytes.
"""

import contextlib
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.errors import InputError
from benchmarks.launch.cluster.luggage import Piece, taken_out
from benchmarks.launch.cluster.messages import Arrived, Home, Lacks, News, Saved
from benchmarks.launch.cluster.places import Places
from benchmarks.launch.launcher import Ended, Epoch, Paused, Said, Slots
from benchmarks.launch.perform import one_line, perform
from benchmarks.runs.files import write_file
from benchmarks.runs.ledger import CHECKPOINT, Run
from benchmarks.runs.workspace import Workspace

if TYPE_CHECKING:
    import ray

#: How long a question for news waits for some.
HEAR_SECONDS = 20.0
#: Seconds between two epochs that are told: a display shows no more, and thousands of small runs have other worries.
EPOCH_SECONDS = 1.0

Parts = Sequence["ray.ObjectRef[list[Piece]]"] | None


class Order(NamedTuple):
    """A run to work on: its number among those of the slot, a checkpoint to go on from, the files of its dataset."""

    number: int
    run: Run
    checkpoint: bytes | None = None
    parts: Parts = None


class Node:
    """A slot. Its methods answer at once, but for `hear`; the runs are worked on in a thread of their own."""

    def __init__(self, slot: int, slots: Slots, home: Home) -> None:
        self.slot, self.slots, self.places = slot, slots, Places(home)
        self._check()
        self._number = self._worked_on = 0
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._news: list[News] = []
        self._heard = 0
        self._signed = float("inf")
        threading.Thread(target=self._serve, daemon=True).start()

    def _check(self) -> None:
        """Raise what shows that no run could be made here: before any is given."""
        from benchmarks.runs.machine.device import choose_device

        import_module("benchmarks.runs.train")
        choose_device(self.slots.device)

    def ready(self) -> tuple[str, bool]:
        """The node's id, and whether it shares the store of the sweep."""
        import ray

        return ray.get_runtime_context().get_node_id(), self.places.shares

    def start(self, order: Order) -> None:
        """Work on a run. An order that has come before is no new one: whoever doubts that it came sends it again."""
        with self._changed:
            if order.number > self._number:
                self._number, self._news, self._heard = order.number, [], 0
                self._orders.put(order)

    def hear(self, number: int, seen: int) -> list[News]:
        """The news of an order behind the first `seen`, which are forgotten; waits for some, for a while.

        Raises InputError where the run has made no progress for too long.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._number == number and self._heard + len(self._news) > seen, HEAR_SECONDS
            )
            if self._number != number:
                return []
            silent = (time.monotonic() - self._signed) / 60
            if silent > self.places.home.timeout:
                raise InputError(f"made no progress for {silent:.0f} minutes and was ended")
            self._news = self._news[max(0, seen - self._heard) :]
            self._heard = max(seen, self._heard)
            return list(self._news)

    def stop(self) -> None:
        """Have the run save and stop."""
        self._stopping.set()

    def _settle(self) -> None:
        """Set up the thread that works."""
        from benchmarks.runs.execute import prepare_process

        prepare_process(self.slots.threads)

    def _serve(self) -> None:
        self._settle()
        while True:
            order = self._orders.get()
            self._worked_on = order.number
            self._sign()
            try:
                self._tell(self._work(order))
            except Exception as error:
                failed = Ended(self.slot, order.run.id, "failed", one_line(error), traceback.format_exc())
                self._tell(Arrived(failed, {}))
            self._signed = float("inf")

    def _sign(self) -> None:
        """Say that the run gets on."""
        self._signed = time.monotonic()

    def _tell(self, news: News) -> None:
        with self._changed:
            if self._worked_on == self._number:  # else nobody asks for this order any more
                self._news.append(news)
                self._changed.notify_all()

    def _work(self, order: Order) -> News:
        workspace = self.places.of(order.run, None if order.parts is None else partial(_fetched, order.parts))
        if workspace is None:
            return Lacks()
        if self.places.shares:
            return Arrived(self._perform(order.run, workspace, lambda: None), {})
        return self._work_apart(order.run, workspace, order.checkpoint)

    def _work_apart(self, run: Run, workspace: Workspace, checkpoint: bytes | None) -> Arrived:
        """Make a run in a store of this node, from the checkpoint of home if there is one, and take it out."""
        if checkpoint is not None:
            with workspace.ledger.claim(run.id) as held:
                if held:
                    write_file(workspace.ledger.attempt(run) / CHECKPOINT, checkpoint)
        kept = _Checkpoints(workspace, run.id)
        kept.new()  # this one is known at home

        def save() -> None:
            if (content := kept.new()) is not None:
                self._tell(Saved(self.slot, run.id, content))

        ended = self._perform(run, workspace, save)
        save()
        made = workspace.runs / run.id
        if ended.how in ("done", "elsewhere") and (made / "result.json").exists():  # or left when nobody waited for it
            return Arrived(ended._replace(how="done"), taken_out(made))
        return Arrived(ended, {})

    def _perform(self, run: Run, workspace: Workspace, save: Callable[[], None]) -> Ended:
        told = 0.0

        def tell(event: Epoch | Paused | Said) -> None:
            nonlocal told
            if isinstance(event, Said):
                self._tell(event)
            elif isinstance(event, Epoch) and time.monotonic() - told >= EPOCH_SECONDS:
                told = time.monotonic()
                self._tell(event)
            save()

        return perform(
            self.slot, run, workspace, self.slots, tell, self._stopping.is_set, lambda is_training: self._sign()
        )


def _fetched(parts: Sequence[Any]) -> Iterator[list[Piece]]:
    """The parts of a dataset from the cluster's object store, one at a time."""
    import ray

    return (ray.get(part) for part in parts)


class _Checkpoints:
    """The checkpoint of a run that is made on this node."""

    def __init__(self, workspace: Workspace, run_id: str) -> None:
        self._attempts = workspace.runs / ".attempts" / run_id
        self._known: tuple[str, int] | None = None

    def new(self) -> bytes | None:
        """Its content, if there is one that was not asked for yet."""
        for path in sorted(self._attempts.glob(f"*/{CHECKPOINT}")):
            with contextlib.suppress(OSError):  # its run has ended
                state = (str(path), path.stat().st_mtime_ns)
                if state != self._known:
                    self._known = state
                    return path.read_bytes()
        return None
