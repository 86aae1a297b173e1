"""Runs on this machine: several warm worker processes, each taking the next run when it is free."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace

#: glibc gives every large tensor fresh pages from the kernel and takes them back at once; keeping them makes a CPU
#: training step of the convolutional RNN 1.35 times as fast (`make bench`). Other C libraries ignore these.
MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000", "MALLOC_TOP_PAD_": "100000000"}

Listener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Slots:
    """How the machine is shared out."""

    jobs: int
    device: str
    threads: int
    checkpoint_seconds: float = float(os.environ.get("RESOUND_CHECKPOINT_SECONDS") or 60)

    @classmethod
    def choose(cls, jobs: int | None, device: str, runs: int) -> "Slots":
        """One worker per core on a CPU, two on an accelerator, never more than there are runs."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
        wanted = jobs or (cores if device == "cpu" else 2)
        jobs = max(1, min(wanted, runs))
        return cls(jobs=jobs, device=device, threads=max(1, cores // wanted))


@dataclass
class Outcome:
    """What became of the runs of one sweep."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    not_started: list[str] = field(default_factory=list)


class Worker:
    """One worker process and the run it is busy with."""

    def __init__(
        self, number: int, slots: Slots, workspace: Workspace, events: "queue.Queue[tuple[int, dict]]"
    ) -> None:
        self.number = number
        self.run: Planned | None = None
        log = workspace.runs / ".logs" / f"worker-{os.getpid()}-{number}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.launch.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, **MALLOC, "OMP_NUM_THREADS": str(slots.threads)}, cwd=Path(__file__).parents[2],
            start_new_session=True,
        )  # fmt: skip
        paths = {name: str(path) for name, path in asdict(workspace).items()}
        common = {
            "device": slots.device,
            "threads": slots.threads,
            "checkpoint_seconds": slots.checkpoint_seconds,
        }
        self._send({"workspace": paths, **common})
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def give(self, planned: Planned) -> None:
        """Hand the worker its next run."""
        self.run = planned
        self._send(planned.run.to_dict())

    def finish(self) -> None:
        """No more runs: let the process end."""
        if self.process.stdin:
            self.process.stdin.close()

    def stop(self) -> None:
        """Ask the process to save and stop."""
        if self.process.poll() is None:
            self.process.terminate()

    def _send(self, content: dict[str, Any]) -> None:
        try:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(content) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the process is gone; its end is reported by the listener

    def _listen(self, events: "queue.Queue[tuple[int, dict]]") -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            events.put((self.number, json.loads(line)))
        code = self.process.wait()
        self._log.close()
        events.put((self.number, {"event": "gone", "code": code, "log": self._log.name}))


def launch(
    runs: Sequence[Planned],
    workspace: Workspace,
    slots: Slots,
    listener: Listener = lambda event: None,
    minutes: float | None = None,
) -> Outcome:
    """Execute `runs`; a failing run or a dying worker does not stop the others.

    With `minutes`, nothing is started that is not expected to end in time, and what still runs at the end is asked to
    save and stop. Ctrl-C does the same at once.
    """
    sweep = _Sweep(runs, workspace, slots, listener, time.monotonic() + minutes * 60 if minutes else None)
    try:
        sweep.drive()
    except KeyboardInterrupt:
        sweep.stop_all()
        sweep.drive()
    return sweep.outcome


class _Sweep:
    """The bookkeeping of one launch: which runs wait, which worker does what."""

    def __init__(
        self,
        runs: Sequence[Planned],
        workspace: Workspace,
        slots: Slots,
        listener: Listener,
        deadline: float | None,
    ) -> None:
        self.waiting = list(runs)
        self.workspace, self.slots, self.listener, self.deadline = workspace, slots, listener, deadline
        self.outcome = Outcome()
        self.events: queue.Queue[tuple[int, dict]] = queue.Queue()
        self.stopping = False
        self.workers = {n: Worker(n, slots, workspace, self.events) for n in range(slots.jobs)}
        self.started = slots.jobs

    def drive(self) -> None:
        """Handle events until no worker is left."""
        while self.workers:
            if self.deadline and time.monotonic() > self.deadline and not self.stopping:
                self.stop_all()
            try:
                number, event = self.events.get(timeout=0.5)
            except queue.Empty:
                continue
            self._handle(number, event)
        self.outcome.not_started += [planned.run.id for planned in self.waiting]

    def stop_all(self) -> None:
        """Start nothing more; ask every worker to save and stop."""
        self.stopping = True
        for worker in self.workers.values():
            worker.stop()

    def _handle(self, number: int, event: dict[str, Any]) -> None:
        worker = self.workers[number]
        kind = event["event"]
        if kind == "gone":
            self._bury(worker, event)
            return
        if kind == "done":
            self.outcome.done.append(event["run"])
        elif kind == "skipped":
            self.outcome.elsewhere.append(event["run"])
        elif kind == "stopped":
            self.outcome.stopped.append(event["run"])
        elif kind == "failed":
            self.outcome.failed[event["run"]] = event["message"]
        self.listener({**event, "worker": number})
        if kind != "epoch":
            worker.run = None
            self._feed(worker)

    def _feed(self, worker: Worker) -> None:
        planned = None if self.stopping else self._next()
        if planned is None:
            worker.finish()
            return
        self.listener({"event": "started", "run": planned.run.id, "worker": worker.number})
        worker.give(planned)

    def _next(self) -> Planned | None:
        """The first waiting run that is expected to end before the deadline."""
        for position, planned in enumerate(self.waiting):
            if self.deadline is None:
                return self.waiting.pop(position)
            # The estimate is for the whole machine; a worker has one share of it.
            expected = planned.minutes.get(self.slots.device, 0.0) * 60 * self.slots.jobs
            if time.monotonic() + expected <= self.deadline:
                return self.waiting.pop(position)
        return None

    def _bury(self, worker: Worker, event: dict[str, Any]) -> None:
        """A worker's process has ended; if it died over a run, that run failed and a fresh worker takes its place."""
        del self.workers[worker.number]
        if worker.run is None or self.stopping:
            if worker.run is not None:
                self.outcome.stopped.append(worker.run.run.id)
            return
        run_id = worker.run.run.id
        message = f"its worker process died (exit code {event['code']}); see {event['log']}"
        self.outcome.failed[run_id] = message
        self.workspace.ledger.record_failure(run_id, message, Path(event["log"]).read_text(errors="replace")[-4000:])
        self.listener({"event": "failed", "run": run_id, "message": message, "worker": worker.number})
        if self.waiting:
            self.workers[self.started] = Worker(self.started, self.slots, self.workspace, self.events)
            self.started += 1
