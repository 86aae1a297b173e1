"""Runs on this machine: a slot is a warm worker process, which takes the next run when it is free.

Workers are forked from one process that has imported torch and Lightning, so that a sweep pays for that once and its
workers share the memory of it (multiprocessing's fork server; started as programs where forking is not safe).
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.launch.launcher import Event, Gone, Launcher, Slots
from benchmarks.launch.worker import serve
from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace
from datasets.processes import available_cores, surrounded

#: What is kept of a worker's log with the failure of the run that it died over.
LOG_CHARACTERS = 4000
#: How long idle workers have to end, and busy ones to save, once nobody waits for them.
CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class _Worker:
    """A worker process, the connection to it, and the file that it prints to."""

    process: BaseProcess
    connection: Connection
    log: Path


class Local(Launcher):
    """Worker processes of this machine (benchmarks.launch.worker)."""

    def __init__(self, workspace: Workspace, slots: Slots) -> None:
        super().__init__(workspace, slots)
        self._workers: dict[int, _Worker] = {}

    @classmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """One worker per core on a CPU, two on an accelerator, never more than there are runs."""
        from benchmarks.runs.execute import choose_device

        device, cores = choose_device(device), available_cores()
        wanted = jobs or (cores if device == "cpu" else 2)
        return Slots(jobs=max(1, min(wanted, runs)), device=device, threads=max(1, cores // wanted))

    def open(self, slot: int) -> None:
        """Start a worker; it is free once it has imported what it needs."""
        log = self.workspace.runs / ".logs" / f"worker-{os.getpid()}-{slot}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        context = _context()
        ours, theirs = context.Pipe()
        given = (theirs, slot, self.slots, replace(self.workspace), log)  # without what it remembers
        with surrounded(self.slots.threads):
            process = context.Process(target=serve, args=given, name=f"worker {slot}", daemon=True)
            process.start()
        theirs.close()
        self._workers[slot] = _Worker(process, ours, log)

    def submit(self, slot: int, planned: Planned) -> None:
        """Hand a worker its next run. One that has died does not take it, which `events` tells."""
        with suppress(OSError):
            self._workers[slot].connection.send(planned.run)

    def events(self, seconds: float) -> Iterator[Event]:
        """What the workers have said."""
        if not self._workers:
            time.sleep(seconds)
        said = wait([worker.connection for worker in self._workers.values()], seconds)
        for slot, worker in list(self._workers.items()):
            if worker.connection in said:
                try:
                    yield worker.connection.recv()
                except (EOFError, OSError):
                    yield self._gone(slot)

    def stop(self) -> None:
        """Ask every worker to save and stop."""
        for worker in self._workers.values():
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
        # At the end of a sweep the store may be gone before its last worker is.
        trace = _tail(worker.log) if worker.log.exists() else ""
        code = worker.process.exitcode
        return Gone(slot, f"its worker process died (exit code {code}); see {worker.log}", trace)


def _tail(log: Path) -> str:
    """The end of a log, which may be of any size."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_CHARACTERS))
        return file.read().decode(errors="replace")


def _context() -> ForkServerContext | SpawnContext:
    """Where forks of a process that has loaded numerical libraries are safe, they save each worker the imports."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.runs.train"])
    return context
