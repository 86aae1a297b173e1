"""The slots of a sweep on a cluster: asked for, given runs, listened to, given up.

Everything happens one after the other in one thread: what the launcher says, what nodes have answered, and once in a
while a look at the cluster. Other threads only put down what is to be done.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

from benchmarks.launch.cluster.luggage import pieces_of_dataset
from benchmarks.launch.cluster.messages import (
    Arrived,
    Close,
    Home,
    Lacks,
    Needs,
    News,
    NoRoom,
    Open,
    Stop,
    Submit,
    ToBridge,
    ToLauncher,
    Up,
)
from benchmarks.launch.cluster.node import Node, Order, Parts
from benchmarks.launch.launcher import Ended, Gone, Slots
from benchmarks.launch.perform import one_line
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Run

#: Seconds between two looks at the cluster.
LOOK_SECONDS = 3.0
#: Seconds before a node that could not be reached is asked again.
PAUSE_SECONDS = 1.0
#: How many slots are asked for beyond what the cluster has room for, so that one that can grow has a reason to.
SPARE = 4
#: How often a slot is asked for again whose node was lost before the slot was there.
STARTS = 5
#: How long runs have to save once the launcher is no more.
ORPHAN_SECONDS = 30.0


@dataclass
class _Lane:
    """One slot: its actor and node, what it works on, and how much of that has been heard."""

    slot: int
    actor: Any = None
    node: str = ""
    starts: int = 0
    number: int = 0
    order: Order | None = None
    seen: int = 0

    @property
    def up(self) -> bool:
        """Whether it takes runs."""
        return bool(self.node)


class Lanes:
    """All slots of a sweep, for the launcher at the other end of `connection`."""

    def __init__(self, connection: Connection, needs: Needs, slots: Slots, home: Home) -> None:
        self.connection, self.needs, self.home = connection, needs, home
        self._slots, self._home = ray.put(slots), ray.put(home)
        self._lanes: dict[int, _Lane] = {}
        self._todo: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._reading = ThreadPoolExecutor(1)
        self._datasets: dict[str, Future[Parts]] = {}
        self._room, self._told = 0, False
        self._until, self._alone = float("inf"), False

    def serve(self) -> None:
        """Do what comes until the launcher closes; once it is gone, until the runs have saved."""
        threading.Thread(target=self._listen, daemon=True).start()
        looked = float("-inf")
        while time.monotonic() < self._until and (self._busy or not self._alone):
            if time.monotonic() - looked >= LOOK_SECONDS:
                self._look()
                looked = time.monotonic()
            with suppress(queue.Empty):
                self._todo.get(timeout=LOOK_SECONDS)()
        for lane in self._lanes.values():
            if lane.actor is not None:
                ray.kill(lane.actor)

    # -- the launcher --------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """In a thread: what the launcher says."""
        try:
            while True:
                self._todo.put(partial(self._obey, self.connection.recv()))
        except (EOFError, OSError):
            self._todo.put(self._orphaned)

    def _obey(self, message: ToBridge) -> None:
        match message:
            case Open(slot):
                self._lanes[slot] = _Lane(slot)
                self._grow()
            case Submit(slot, run, checkpoint):
                if slot in self._lanes:  # else it is gone, which the launcher hears
                    self._submit(self._lanes[slot], run, checkpoint)
            case Stop():
                for lane in self._lanes.values():
                    if lane.order is not None:
                        lane.actor.stop.remote()
            case Close():
                self._until = 0.0

    def _orphaned(self) -> None:
        """The launcher is no more: the runs save, where there is something to save."""
        self._obey(Stop())
        self._until, self._alone = time.monotonic() + ORPHAN_SECONDS, True

    @property
    def _busy(self) -> bool:
        return any(lane.order is not None for lane in self._lanes.values())

    def _say(self, message: ToLauncher) -> None:
        with suppress(OSError):  # it is no more, which `_listen` hears
            self.connection.send(message)

    # -- slots that come and go ----------------------------------------------------------------------------------------

    def _look(self) -> None:
        """See how many slots there is room for. Where the head was lost, Ray ends this process over the question."""
        self._room = sum(_room_on(node["Resources"], self.needs) for node in ray.nodes() if node["Alive"])
        if not self._room and not self._told:
            self._say(NoRoom())
            self._told = True
        self._grow()

    def _grow(self) -> None:
        """Ask the cluster for slots: for as many as it has room for, and some more."""
        coming = sum(lane.actor is not None and not lane.up for lane in self._lanes.values())
        standing = sum(lane.up for lane in self._lanes.values())
        for lane in self._lanes.values():
            if coming >= max(SPARE, self._room - standing):
                return
            if lane.actor is None:
                self._start(lane)
                coming += 1

    def _start(self, lane: _Lane) -> None:
        """Ask for an actor, which comes once its needs can be met."""
        granted = {"num_cpus": self.needs.cpus, "num_gpus": self.needs.gpus, "memory": self.needs.memory or None}
        lane.actor = ray.remote(Node).options(max_concurrency=4, **granted).remote(lane.slot, self._slots, self._home)
        lane.starts += 1
        self._then(lane.actor.ready.remote(), self._ready, lane)

    def _ready(self, lane: _Lane, answer: "Future[tuple[str, bool]]") -> None:
        try:
            lane.node, shares = answer.result()
        except ActorUnavailableError:
            self._later(lambda: self._then(lane.actor.ready.remote(), self._ready, lane))
        except Exception as error:
            if _node_is_lost(error) and lane.starts < STARTS:
                lane.actor = None  # the next look asks again
                return
            self._lose(lane, Gone(lane.slot, "no slot could be had on the cluster", str(error)))
        else:
            self._say(Up(lane.slot, shares))

    def _lose(self, lane: _Lane, how: Gone) -> None:
        ray.kill(lane.actor)  # also one that only cannot be reached
        del self._lanes[lane.slot]
        self._say(how)

    # -- runs ----------------------------------------------------------------------------------------------------------

    def _submit(self, lane: _Lane, run: Run, checkpoint: bytes | None, parts: Parts = None) -> None:
        lane.number += 1
        lane.order, lane.seen = Order(lane.number, run, checkpoint, parts), 0
        lane.actor.start.remote(lane.order)
        self._hear(lane)

    def _hear(self, lane: _Lane) -> None:
        """Have the node tell what is new of its run."""
        self._then(lane.actor.hear.remote(lane.number, lane.seen), self._heard, lane)

    def _heard(self, lane: _Lane, answer: "Future[list[News]]") -> None:
        if lane.order is None or self._lanes.get(lane.slot) is not lane:
            return
        try:
            told = answer.result()
        except ActorUnavailableError:
            self._later(partial(self._doubt, lane, lane.order))
            return
        except Exception as error:
            self._bury(lane, error)
            return
        lane.seen += len(told)
        for news in told:
            self._take(lane, lane.order, news)
        if lane.order is not None and not any(isinstance(news, Lacks) for news in told):
            self._hear(lane)

    def _doubt(self, lane: _Lane, order: Order) -> None:
        """Its node could not be reached, perhaps only for a while: what was not heard is told again."""
        if lane.order is order and self._lanes.get(lane.slot) is lane:
            lane.actor.start.remote(order)
            self._hear(lane)

    def _take(self, lane: _Lane, order: Order, news: News) -> None:
        match news:
            case Lacks():
                self._fetch(order.run).add_done_callback(
                    lambda parts: self._todo.put(partial(self._fetched, lane, order, parts))
                )
            case Arrived():
                lane.order = None
                self._say(news)
            case _:
                self._say(news)

    def _bury(self, lane: _Lane, error: Exception) -> None:
        """A slot is lost: with its node, for which a run is not to blame, or by what the run did to its process."""
        lost = _node_is_lost(error, lane.node)
        if lost:
            message = "its node was lost"
        elif isinstance(error, RayTaskError):
            message = str(error.cause)
        else:
            message = f"its process on the cluster died ({_reason(error)})"
        self._lose(lane, Gone(lane.slot, message, "" if lost else str(error), fault=not lost))

    # -- data ----------------------------------------------------------------------------------------------------------

    def _fetch(self, run: Run) -> "Future[Parts]":
        """The files of a run's dataset in the cluster's object store, read once for all nodes."""
        key = canonical_hash([run.resolved["dataset"], run.corpus, run.fingerprint])
        if key not in self._datasets:
            self._datasets[key] = self._reading.submit(self._read, run)
        return self._datasets[key]

    def _read(self, run: Run) -> Parts:
        return [ray.put(part) for part in pieces_of_dataset(run, self.home.workspace)]

    def _fetched(self, lane: _Lane, order: Order, parts: "Future[Parts]") -> None:
        if lane.order is not order:
            return
        try:
            self._submit(lane, order.run, order.checkpoint, parts.result())
        except Exception as error:
            lane.order = None
            self._say(Arrived(Ended(lane.slot, order.run.id, "failed", one_line(error)), {}))

    # -- what is to be done --------------------------------------------------------------------------------------------

    def _then(self, answer: Any, then: Callable[[_Lane, Any], None], lane: _Lane) -> None:
        answer.future().add_done_callback(lambda future: self._todo.put(partial(then, lane, future)))

    def _later(self, what: Callable[[], None]) -> None:
        timer = threading.Timer(PAUSE_SECONDS, self._todo.put, [what])
        timer.daemon = True
        timer.start()


def _room_on(resources: dict[str, float], needs: Needs) -> int:
    """How many slots fit on a node that holds nothing else."""
    asked = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": float(needs.memory)}
    shares = [int(resources.get(name, 0.0) / amount + 1e-9) for name, amount in asked.items() if amount]
    return min(shares, default=SPARE)


def _node_is_lost(error: Exception, node: str = "") -> bool:
    """Whether an actor is dead because its node is, which has this id if it was known before."""
    if not isinstance(error, RayActorError):
        return False
    alive = {one["NodeID"] for one in ray.nodes() if one["Alive"]}
    return error.preempted or (node not in alive if node else "node has died" in str(error))


def _reason(error: Exception) -> str:
    """What Ray says of the death of an actor: its last line has the cause."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
