"""Runs on this machine: a slot is a warm worker process, which takes the next run when it is free.

Workers are forked from one process that has imported torch and Lightning, so that a sweep pays for that once and its
workers share the memory of it (multiprocessing's fork server; started as programs where forking is not safe).

They are ours, where work that only has a result is done by an executor (datasets.processes), for what executors lack: a
run tells how far it is while it goes on, and what memory it holds; it can be asked to save and stop; which run a dead
process takes along is known, and the others go on; one that hangs is ended alone; and none outlives its launcher.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Gt

from benchmarks.errors import InputError
from benchmarks.launch.launcher import Ended, Event, Gone, Launcher, Slots
from benchmarks.launch.memory import Room
from benchmarks.launch.options import Options
from benchmarks.launch.worker import Alive, serve, tail
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace
from datasets.processes import available_cores, surrounded

if TYPE_CHECKING:
    from models.kernels import Kernels

#: How long idle workers have to end, and busy ones to save, once nobody waits for them.
CLOSE_SECONDS = 3.0
#: After how many seconds of silence a worker that was asked to save and stop is ended.
SAVE_SECONDS = 60.0
#: Silence is counted in pieces of at most so many seconds: while this process itself stood still, nobody was heard.
LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class LocalOptions(Options):
    """memory: GiB that the runs may take together, of the machine or of the accelerator; unless given, what is free.

    timeout: minutes after which a run without any sign of progress is ended; every step of a training is one.
    graph: training steps are captured once and played again, on an accelerator (unmeasured). compile: normalisation and
    what follows it are compiled as one piece, there (unmeasured).
    """

    memory: Annotated[float, Gt(0)] | None = None
    timeout: Annotated[float, Gt(0)] = 120.0
    graph: bool = False
    compile: bool = False


@dataclass
class _Worker:
    """A worker process, the connection to it, and the file that it prints to."""

    process: BaseProcess
    connection: Connection
    log: Path
    #: what it works on, and for how long nothing was heard of it, seconds
    runs: list[Run] = field(default_factory=list)
    silence: float = 0.0
    is_training: bool = False
    #: whether it has worked on a run, so that it holds more than a new one
    is_warm: bool = False
    #: why it was ended from here
    reason: str = ""


class Local(Launcher):
    """Worker processes of this machine (benchmarks.launch.worker), as many at work as there is memory for."""

    options: ClassVar[LocalOptions] = LocalOptions()
    takes_gangs = True

    def __init__(self, workspace: Workspace, slots: Slots) -> None:
        super().__init__(workspace, slots)
        self._workers: dict[int, _Worker] = {}
        limit = self.options.memory
        self._room = Room(workspace, slots.device, None if limit is None else limit * 1024)
        self._looked = time.monotonic()
        self._is_stopping = False

    @classmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """One worker per core on a CPU, two on an accelerator, never more than there are runs."""
        from benchmarks.runs.machine.device import choose_device

        device, cores = choose_device(device), available_cores()
        if cls.options.graph and device == "cpu":
            raise InputError("--launcher local:graph=yes: captures what an accelerator does; leave it out on a CPU")
        if cls.options.compile and device == "cpu":
            raise InputError("--launcher local:compile=yes: makes training on a CPU slower; leave it out there")
        wanted = jobs or (cores if device == "cpu" else 2)
        capture = "graph" if cls.options.graph else None
        threads, jobs = max(1, cores // wanted), max(1, min(wanted, runs))
        kernels: Kernels = "compiled" if cls.options.compile else "fused"
        return Slots(jobs=jobs, device=device, threads=threads, capture=capture, kernels=kernels)

    def open(self, slot: int) -> None:
        """Start a worker; it is free once it has imported what it needs."""
        log = self.workspace.runs / ".logs" / f"worker-{os.getpid()}-{slot}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        context = _context()
        ours, theirs = context.Pipe()
        given = (theirs, slot, self.slots, replace(self.workspace), log)  # without what it remembers
        with surrounded(self.slots.threads):
            process = context.Process(target=serve, args=given, name=f"worker {slot}")
            process.start()
        theirs.close()
        self._workers[slot] = _Worker(process, ours, log)

    def has_room(self, slot: int, planned: Planned) -> bool:
        """Whether a run fits into memory beside the others; gangs find out for themselves."""
        if self.slots.gang > 1:
            return True
        busy = {number: worker.runs[0] for number, worker in self._workers.items() if worker.runs}
        return self._room.fits(slot, planned.run, busy)

    def clear(self, slot: int) -> None:
        """End the other workers that hold more than new ones."""
        for number, worker in self._workers.items():
            if number != slot and not worker.runs and worker.is_warm:
                worker.reason = "made room"
                worker.process.kill()

    def submit(self, slot: int, planned: Planned) -> None:
        """Hand a worker its next run. One that has died does not take it, which `events` tells."""
        self.submit_gang(slot, [planned])

    def submit_gang(self, slot: int, planned: Sequence[Planned]) -> None:
        """Hand a worker runs that go on together."""
        worker = self._workers[slot]
        worker.runs, worker.silence, worker.is_training, worker.is_warm = [one.run for one in planned], 0.0, False, True
        with suppress(OSError):
            worker.connection.send(worker.runs if len(planned) > 1 else worker.runs[0])

    def expected_seconds(self, planned: Planned) -> float:
        """How long a run still takes; in a gang as long as all of it, one after the other (unmeasured)."""
        return super().expected_seconds(planned) * self.slots.gang

    def events(self, seconds: float) -> Iterator[Event]:
        """What the workers have said."""
        if not self._workers:
            time.sleep(seconds)
        self._end_silent_ones()
        said = wait([worker.connection for worker in self._workers.values()], seconds)
        for slot, worker in list(self._workers.items()):
            if worker.connection in said:
                try:
                    event = worker.connection.recv()
                except (EOFError, OSError):
                    yield self._gone(slot)
                else:
                    worker.silence = 0.0
                    yield from self._noted(slot, worker, event)

    def _noted(self, slot: int, worker: _Worker, event: Event | Alive) -> Iterator[Event]:
        """What the driver is to hear of what a worker has said."""
        if isinstance(event, Alive):
            if worker.runs:
                if self.slots.gang == 1:
                    self._room.learn(slot, worker.runs[0], event.holding)
                worker.is_training = event.is_training
            if not event.is_training:  # others may wait for the features that it makes
                for other in self._workers.values():
                    other.silence *= other.is_training
            return
        if isinstance(event, Ended):
            for run in [one for one in worker.runs if one.id == event.run]:
                self._room.end(run)
                worker.runs.remove(run)
        yield event

    def _end_silent_ones(self) -> None:
        """End the workers whose runs have not made any progress for too long, or do not react to being stopped."""
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, LOOK_SECONDS), now
        for worker in self._workers.values():
            worker.silence += passed if worker.runs else 0.0
            if worker.reason:
                continue
            if self._is_stopping and worker.silence > SAVE_SECONDS:
                worker.reason = f"was asked to stop, said nothing for {SAVE_SECONDS:g} seconds and was ended"
            elif worker.silence > self.options.timeout * 60:
                worker.reason = f"made no progress for {self.options.timeout:g} minutes and was ended"
            if worker.reason:
                worker.process.kill()

    def stop(self) -> None:
        """Ask every worker to save and stop."""
        self._is_stopping = True
        for worker in self._workers.values():
            worker.silence = 0.0
            if worker.process.is_alive():
                worker.process.terminate()

    def close(self) -> None:
        """Let the workers end, which idle ones do at once; who still saves and is not waited for is killed."""
        self.stop()
        for worker in self._workers.values():
            worker.connection.close()
        until = time.monotonic() + CLOSE_SECONDS
        for worker in self._workers.values():
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.exitcode == 0:
                worker.log.unlink(missing_ok=True)
            worker.process.kill()
        self._workers.clear()

    def _gone(self, slot: int) -> Gone:
        worker = self._workers.pop(slot)
        worker.connection.close()
        worker.process.join()
        self._room.leave(slot)
        message = worker.reason or f"its worker process died ({_cause(worker.process.exitcode)})"
        return Gone(slot, f"{message}; see {worker.log}", tail(worker.log), bool(worker.runs) or not worker.reason)


def _cause(code: int | None) -> str:
    """What an exit code of a process says; SIGKILL is what Linux sends when memory runs out."""
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"signal {name}" + (", as when memory runs out" if name == "SIGKILL" else "")


def _context() -> ForkServerContext | SpawnContext:
    """Where forks of a process that has loaded numerical libraries are safe, they save each worker the imports."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.runs.train"])
    return context
