"""Runs on this machine: a slot is a warm worker process, which takes the next run when it is free."""

import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.launch.launcher import Event, Gone, Launcher, Slots
from benchmarks.launch.worker import told
from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace
from datasets.processes import Child, available_cores

#: What is kept of a worker's log with the failure of the run that it died over.
LOG_CHARACTERS = 4000
#: How long to wait at the end for workers; one that still saves ends by itself a little later.
CLOSE_SECONDS = 3.0


class Local(Launcher):
    """Worker processes of this machine (benchmarks.launch.worker)."""

    def __init__(self, workspace: Workspace, slots: Slots) -> None:
        super().__init__(workspace, slots)
        self._workers: dict[int, Child] = {}
        self._listeners: list[threading.Thread] = []
        self._events: queue.Queue[Event] = queue.Queue()

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
        root = Path(__file__).parents[2]
        worker = Child("benchmarks.launch.worker", self.slots.threads, log=log, cwd=root, own_session=True)
        paths = {name: str(path) for name, path in asdict(self.workspace).items()}
        worker.send({"slot": slot, "slots": asdict(self.slots), "workspace": paths})
        self._workers[slot] = worker
        self._listeners.append(threading.Thread(target=self._listen, args=(slot, worker, log), daemon=True))
        self._listeners[-1].start()

    def submit(self, slot: int, planned: Planned) -> None:
        """Hand a worker its next run."""
        self._workers[slot].send(planned.run.to_dict())

    def events(self, seconds: float) -> Iterator[Event]:
        """What the workers have said."""
        try:
            yield self._events.get(timeout=seconds)
            while True:
                yield self._events.get_nowait()
        except queue.Empty:
            return

    def stop(self) -> None:
        """Ask every worker to save and stop."""
        for worker in self._workers.values():
            worker.stop()

    def close(self) -> None:
        """Let the workers end, which idle ones do at once."""
        self.stop()
        for worker in self._workers.values():
            worker.close()
        until = time.monotonic() + CLOSE_SECONDS
        for listener in self._listeners:
            listener.join(max(0.0, until - time.monotonic()))

    def _listen(self, slot: int, worker: Child, log: Path) -> None:
        for answer in worker.answers():
            self._events.put(told(answer))
        code = worker.wait()
        # At the end of a sweep the store may be gone before its last worker is.
        trace = log.read_text(errors="replace")[-LOG_CHARACTERS:] if log.exists() else ""
        self._events.put(Gone(slot, f"its worker process died (exit code {code}); see {log}", trace))
