"""Runs on a Ray cluster: a slot is an actor with cores, a share of an accelerator and memory, on any node with room.

Slots come as the cluster has room for them, and go with their nodes; a run whose node is lost waits again. Where nodes
do not share the store, this process holds the claims of their runs, keeps the checkpoints that they send, and publishes
what comes home. What speaks with Ray is a process of its own (benchmarks.launch.cluster), so that a sweep survives the
loss of the cluster's head.
"""

import importlib.util
import os
import time
import traceback
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.launch.cluster.away import Away
from benchmarks.launch.cluster.bridge import Bridge
from benchmarks.launch.cluster.messages import (
    Arrived,
    Connected,
    Home,
    Needs,
    NoRoom,
    Open,
    Refused,
    Saved,
    Stop,
    Submit,
    ToLauncher,
    Up,
)
from benchmarks.launch.launcher import Ended, Epoch, Event, Free, Gone, Launcher, Said, Slots
from benchmarks.launch.options import Options
from benchmarks.runs.files import writing
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Planned
from benchmarks.runs.stored.timings import CORES
from benchmarks.runs.workspace import Workspace

#: How many slots are asked for at most where `--jobs` does not say.
SLOTS = 500
GIB = 2**30
#: More cores, accelerators or GiB than any node has, of which Ray's own sums would run over.
MOST, MOST_GIB = 1_000_000, 2**20
#: Seconds between two tries to find a cluster that was lost.
AGAIN_SECONDS = 2.0
LOST = "the cluster was lost and has not come again"


@dataclass(frozen=True)
class RayOptions(Options):
    """What `--launcher ray:KEY=VALUE,...` can say.

    address: of the cluster that this machine belongs to, HOST:PORT; auto: RAY_ADDRESS, else the one that `ray start`
    has begun here; local: one for this sweep alone. cpus, gpus (or a share of one), memory (GiB): of each slot; without
    gpus, one where the device is cuda. data: where nodes have the datasets, if elsewhere than here. scratch: a folder
    of each node, in which runs are made even where the store is shared. wait: minutes for a slot, or for a cluster that
    was lost. losses: how many nodes a run may lose before it is to blame. timeout: minutes after which a run without
    any sign of progress is ended.
    """

    address: str = "auto"
    cpus: Annotated[float, Field(gt=0, le=MOST)] = 1.0
    gpus: Annotated[float, Field(ge=0, le=MOST)] | None = None
    memory: Annotated[float, Field(ge=0, le=MOST_GIB)] = 0.0
    data: Path | None = None
    scratch: Path | None = None
    wait: Annotated[float, Field(gt=0)] = 10.0
    losses: Annotated[int, Field(ge=0)] = 5
    timeout: Annotated[float, Field(gt=0)] = 120.0

    @property
    def place(self) -> str:
        """The address that Ray is given."""
        return os.environ.get("RAY_ADDRESS") or "auto" if self.address == "auto" else self.address

    def needs(self, device: str) -> Needs:
        """What a slot needs on a device ("cpu" or "cuda")."""
        gpus = float(device == "cuda") if self.gpus is None else self.gpus
        return Needs(self.cpus, gpus, int(self.memory * GIB))


class Ray(Launcher):
    """Actors on the nodes of a Ray cluster (benchmarks.launch.cluster.node)."""

    options: ClassVar[RayOptions] = RayOptions()

    def __init__(self, workspace: Workspace, slots: Slots) -> None:
        super().__init__(workspace, slots)
        self._needs = self.options.needs(slots.device)
        #: the slots that were opened and the runs in them; those that are not there yet; those that share the store
        self._runs: dict[int, Run | None] = {}
        self._coming: set[int] = set()
        self._sharing: set[int] = set()
        #: the runs on nodes that do not share the store
        self._away: dict[str, Away] = {}
        self._losses: Counter[str] = Counter()
        self._said: list[Event] = []
        self._bridge: Bridge | None = None
        self._refusal = ""
        self._connected = self._connected_once = self._stopping = False
        self._patient_until = self._patience()

    @classmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """A slot for every run, of which the cluster makes as many as it has room for."""
        cuda = device == "cuda" or (device == "auto" and bool(cls.options.gpus))
        threads = max(1, int(cls.options.cpus))
        return Slots(max(1, min(jobs or SLOTS, runs)), "cuda" if cuda else "cpu", threads)

    def expected_seconds(self, planned: Planned) -> float:
        """How long a run takes in a slot, which has as many cores or as much of an accelerator as it was granted."""
        is_cpu = self.slots.device == "cpu"
        share = self._needs.cpus / CORES if is_cpu else min(1.0, self._needs.gpus)
        return planned.minutes_left(self.slots.device) * 60 / (share or 1.0)

    # -- slots ---------------------------------------------------------------------------------------------------------

    def open(self, slot: int) -> None:
        """Ask for a slot; it comes when the cluster has room for it."""
        self._runs[slot] = None
        self._coming.add(slot)
        if self._bridge is None:
            self._connect()
        else:
            self._bridge.send(Open(slot))

    def submit(self, slot: int, planned: Planned) -> None:
        """Send a run to a node; with its checkpoint, where the node does not see that."""
        run, checkpoint = planned.run, None
        if slot not in self._runs or self._bridge is None:
            self._said.append(Gone(slot, "the cluster was lost", fault=False))
            return
        if slot not in self._sharing:
            try:
                away = Away.of(run, self.workspace.ledger)
            except USER_ERRORS as error:
                self._said.append(Ended(slot, run.id, "failed", str(error), traceback.format_exc()))
                return
            if away is None:
                self._said.append(Ended(slot, run.id, "elsewhere"))
                return
            self._away[run.id], checkpoint = away, away.checkpoint()
        self._runs[slot] = run
        self._bridge.send(Submit(slot, run, checkpoint))

    def events(self, seconds: float) -> Iterator[Event]:
        """What the nodes have said, and what became of their runs at home."""
        if len(self._coming) < len(self._runs):
            self._patient_until = self._patience()
        said, self._said = self._said, []
        yield from said
        if self._bridge is None:
            yield from self._find_again(0.0 if said else seconds)
            return
        for message in self._bridge.receive(0.0 if said else seconds):
            yield from self._take(message)
        if not self._bridge.alive:
            yield from self._lose_all()
        elif self._coming and not self._connected_once and time.monotonic() > self._patient_until:
            raise self._no_cluster(f"nobody has answered there in {self.options.wait:g} minutes")
        elif self._coming and len(self._coming) == len(self._runs):
            yield from self._give_up(f"no slot with {self._needs} has come" if self._connected else LOST)

    def stop(self) -> None:
        """Ask every run to save and stop."""
        self._stopping = True
        if self._bridge is not None:
            self._bridge.send(Stop())

    def close(self) -> None:
        """Give the cluster all slots back."""
        if self._bridge is not None:
            self._bridge.close()
        for away in self._away.values():
            away.claim.close()
        self._away.clear()

    # -- what is said --------------------------------------------------------------------------------------------------

    def _take(self, message: ToLauncher) -> Iterator[Event]:
        match message:
            case Connected():
                self._connected = self._connected_once = True
            case Refused(text):
                self._refusal = text
            case NoRoom():
                warnings.warn(
                    f"--launcher ray: no node of the cluster can have a slot with {self._needs}; waiting for one that "
                    f"can (at most {self.options.wait:g} minutes), or ask for less, as ray:cpus=1",
                    stacklevel=2,
                )
            case Up(slot, shares):
                self._coming.discard(slot)
                self._sharing |= {slot} if shares else set()
                yield Free(slot)
            case Epoch():
                if message.run in self._away:
                    with suppress(InputError):  # of a disk that is full; the end of the run will say so
                        self._away[message.run].note(message)
                yield message
            case Said():
                yield message
            case Saved(_, run, checkpoint):
                if run in self._away:
                    with suppress(InputError):
                        self._away[run].keep(checkpoint)
            case Arrived(ended, files):
                self._runs[ended.slot] = None
                yield self._at_home(ended, files)
            case Gone():
                yield self._lose(message)

    def _at_home(self, ended: Ended, files: dict[str, bytes]) -> Ended:
        """Publish what a run has brought, and let go of it."""
        away = self._away.pop(ended.run, None)
        if away is None:
            return ended
        with away.claim:
            try:
                if ended.how == "done":
                    away.publish(files)
            except InputError as error:
                return ended._replace(how="failed", message=f"what came home cannot be kept: {error}")
        return ended

    def _lose(self, gone: Gone) -> Gone:
        """A slot is gone. A run that has lost too many nodes is to blame, without anything that proves it."""
        run = self._runs.pop(gone.slot, None)
        self._coming.discard(gone.slot)
        self._sharing.discard(gone.slot)
        if run is None:
            return gone
        if run.id in self._away:
            self._away.pop(run.id).claim.close()
        self._losses[run.id] += not gone.fault
        if self._losses[run.id] > self.options.losses:
            return gone._replace(message=f"{self._losses[run.id]} nodes were lost while they worked on it", fault=True)
        return gone

    # -- a cluster that comes and goes ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Start a bridge to the cluster, and have it ask for all slots that are not there."""
        if importlib.util.find_spec("ray") is None:
            raise InputError("--launcher ray: Ray is not installed here; `pip install --editable '.[cluster]'`")
        self._bridge = Bridge(self.options.place, self._needs, self.slots, self._home())
        for slot in sorted(self._coming):
            self._bridge.send(Open(slot))

    def _home(self) -> Home:
        """What nodes are told of this machine. The log is in the store, with a name of its own: who sees it shares."""
        log = self.workspace.runs / ".logs" / f"ray-{os.getpid()}-{uuid.uuid4().hex}.log"
        with writing(log):
            log.parent.mkdir(parents=True, exist_ok=True)
        return Home(replace(self.workspace), log, self.options.scratch, self.options.data, self.options.timeout)

    def _lose_all(self) -> Iterator[Gone]:
        """The cluster is lost, or cannot be had. What runs there waits again; what was asked for is asked for again."""
        assert self._bridge is not None
        self._bridge.close()
        self._bridge, self._connected = None, False
        if not self._connected_once:
            raise self._no_cluster(self._refusal or "nobody answers there")
        for slot in sorted(set(self._runs) - self._coming):
            yield self._lose(Gone(slot, "the cluster was lost", fault=False))

    def _no_cluster(self, why: str) -> InputError:
        return InputError(
            f"--launcher ray: no cluster at {self.options.place}: {why}; `ray start --head` starts one here, "
            "ray:address=HOST:PORT names another"
        )

    def _find_again(self, seconds: float) -> Iterator[Gone]:
        """Look for a cluster that was lost, once in a while."""
        yield from self._give_up(LOST)
        time.sleep(min(seconds, AGAIN_SECONDS))
        if self._coming and not self._stopping:
            self._connect()

    def _patience(self) -> float:
        return time.monotonic() + self.options.wait * 60

    def _give_up(self, what: str) -> Iterator[Gone]:
        """Wait for no slot any more, if it took too long."""
        if time.monotonic() > self._patient_until:
            advice = "ask for less (cpus=, gpus=, memory=), or wait longer (wait=MINUTES)"
            for slot in sorted(self._coming):
                yield self._lose(Gone(slot, f"{what} in {self.options.wait:g} minutes; {advice}"))
