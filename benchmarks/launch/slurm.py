"""Runs on a cluster with Slurm: a slot is a place in a job, and jobs are submitted together as arrays by submitit.

A job works on run after run, on `packed` at a time, with one accelerator for all of them (benchmarks.launch.jobs.task).
Slurm may take it away and start it again: it goes on by itself. The store, the data and the code lie where all nodes
see them. What Slurm's accounting says is never asked; jobs tell what they do in files of the store, and squeue tells
of those that tell nothing any more.
"""

import math
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from benchmarks.launch.jobs.spool import Heartbeat, Order, Spool, forget_old, write_sweep
from benchmarks.launch.jobs.system import RUNNING, TAKEN_AWAY, WAITING, BatchSystem, require
from benchmarks.launch.launcher import Ended, Event, Free, Gone, Launcher, Slots
from benchmarks.launch.options import Options
from benchmarks.launch.worker import tail
from benchmarks.runs.plan import Planned
from benchmarks.runs.workspace import Workspace

#: Jobs at a time, unless --jobs says how many runs.
JOBS = 8
#: How often the batch system is asked; a busy one serves many.
ASK_SECONDS = 10.0
#: A job without any run for so long is given back, while others still work.
IDLE_SECONDS = 60.0
#: What is asked for beyond the time budget of the sweep, minutes: at its end the runs save.
SAVING_MINUTES = 5
#: The time between Slurm's signal and the end of a job, seconds.
SIGNAL_SECONDS = 120


@dataclass(frozen=True)
class SlurmOptions(Options):
    """partition, account, qos, constraint, gres: as sbatch has them. minutes: of a job, which goes on in a new one.

    packed: runs at a time in a job. cpus, memory (GB): of a run. cluster: "local" tries it all without Slurm, with
    processes of this machine in place of jobs.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gres: str | None = None
    minutes: Annotated[int, Field(ge=1)] = 60
    packed: Annotated[int, Field(ge=1, le=64)] = 1
    cpus: Annotated[int, Field(ge=1)] = 2
    memory: Annotated[float, Field(gt=0)] | None = None
    cluster: Literal["slurm", "local"] = "slurm"


@dataclass
class _Job:
    """A job as the launcher sees it: its slots, those of them that are free, and when it was last heard of, if ever."""

    spool: Spool
    slots: set[int]
    free: set[int] = field(default_factory=set)
    id: str = ""
    state: str = "PENDING"
    heard: float | None = None


class Slurm(Launcher):
    """Arrays of jobs (benchmarks.launch.jobs)."""

    options: ClassVar[SlurmOptions] = SlurmOptions()

    def __init__(self, workspace: Workspace, slots: Slots) -> None:
        super().__init__(workspace, slots)
        forget_old(workspace.runs / ".slurm")
        self.folder = workspace.runs / ".slurm" / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
        write_sweep(self.folder, workspace, replace(slots, jobs=self.options.packed))
        self._system = BatchSystem(self.folder / "submitit", self.options.cluster, self._parameters())
        self._heartbeat = Heartbeat(self.folder)
        self._jobs: list[_Job] = []
        self._submitted = 0
        #: the slots that were asked for since the last submission, and those with a run
        self._asked: list[int] = []
        self._busy: set[int] = set()
        self._looked_at = -math.inf
        self._stopping = False

    @classmethod
    def share_out(cls, jobs: int | None, device: str, runs: int) -> Slots:
        """As many runs at a time as was said, else some jobs; what nodes have cannot be looked up here."""
        require(cls.options.cluster)
        wanted = jobs or JOBS * cls.options.packed
        has_gpu = device == "cuda" or (device == "auto" and "gpu" in (cls.options.gres or ""))
        slots = max(1, min(wanted, runs))
        return Slots(jobs=slots, device="cuda" if has_gpu else "cpu", threads=cls.options.cpus)

    def _parameters(self) -> dict[str, object]:
        """What submitit is to ask for each job."""
        given, wanted = self.options, self.slots.minutes
        minutes = given.minutes if wanted is None else math.ceil(min(given.minutes, wanted + SAVING_MINUTES))
        cpus = given.cpus * given.packed
        asked: dict[str, object] = {
            "name": "resound",
            "timeout_min": minutes,
            "cpus_per_task": cpus,
            "mem_gb": given.memory and given.memory * given.packed,
            "slurm_gres": given.gres or ("gpu:1" if self.slots.device == "cuda" else None),
            "slurm_signal_delay_s": min(SIGNAL_SECONDS, minutes * 15),
            "slurm_additional_parameters": {"requeue": True},
            "slurm_srun_args": [f"--cpus-per-task={cpus}"],  # a step does not inherit it
            **{f"slurm_{name}": getattr(given, name) for name in ("partition", "account", "qos", "constraint")},
        }
        return {name: value for name, value in asked.items() if value is not None}

    def open(self, slot: int) -> None:
        """Ask for a place in a job that has room, or in the next array."""
        for job in self._jobs:
            if len(job.slots) < self.options.packed and not self._stopping:
                job.slots.add(slot)
                job.spool.order(Order("open", slot))
                return
        self._asked.append(slot)

    def submit(self, slot: int, planned: Planned) -> None:
        """Hand a job its next run."""
        job = self._job_of(slot)
        job.free.discard(slot)
        self._busy.add(slot)
        job.spool.order(Order("run", slot, planned))

    def events(self, seconds: float) -> Iterator[Event]:
        """What the jobs have told, and what became of those that tell nothing any more."""
        self._submit_jobs()
        self._heartbeat.beat()
        states = self._states()
        found = list(self._told())  # behind the states, so that no last word is missed
        if not found and states is None:
            time.sleep(seconds)
            found = list(self._told())
        yield from found
        if states is not None:
            for job in self._jobs:
                job.state = states[job.id]
            for job in list(self._jobs):
                yield from self._look_at(job)

    def stop(self) -> None:
        """Ask every run to save and stop; jobs that wait for a node are cancelled."""
        self._stopping = True
        self._looked_at = -math.inf
        self._asked.clear()
        for job in self._jobs:
            job.spool.order(Order("stop"))

    def close(self) -> None:
        """Have all jobs end."""
        for job in self._jobs:
            job.spool.order(Order("end"))
            if job.state in WAITING:
                self._system.cancel(job.id)
        self._jobs.clear()

    def expected_seconds(self, planned: Planned) -> float:
        """How long a run still takes: on a CPU by its own cores, on an accelerator with those it is packed with."""
        if self.slots.device == "cpu":
            return super().expected_seconds(planned)
        together = min(self.options.packed, self.slots.jobs)
        return planned.minutes_left(self.slots.device) * 60 * together

    def _job_of(self, slot: int) -> _Job:
        return next(job for job in self._jobs if slot in job.slots)

    def _submit_jobs(self) -> None:
        """Submit jobs for the slots that were asked for, all as one array."""
        if not self._asked:
            return
        from benchmarks.launch.jobs.task import Task

        jobs: list[_Job] = []
        for start in range(0, len(self._asked), self.options.packed):
            slots = self._asked[start : start + self.options.packed]
            job = _Job(Spool(self.folder / str(self._submitted + len(jobs))), set(slots))
            for slot in sorted(job.slots):
                job.spool.order(Order("open", slot))
            jobs.append(job)
        self._asked.clear()
        self._submitted += len(jobs)
        for job, name in zip(jobs, self._system.submit(Task(), [str(job.spool.folder) for job in jobs]), strict=True):
            job.id = name
        self._jobs += jobs

    def _states(self) -> dict[str, str] | None:
        """The states of all jobs, if it is time to ask, and if there is an answer."""
        if time.monotonic() - self._looked_at < ASK_SECONDS:
            return None
        self._looked_at = time.monotonic()
        return self._system.states()

    def _told(self) -> Iterator[Event]:
        for job in list(self._jobs):
            for event in job.spool.events():
                job.heard = time.monotonic()
                match event:
                    case Free(slot) | Ended(slot):
                        self._busy.discard(slot)
                        job.free.add(slot)
                    case Gone(slot):
                        self._busy.discard(slot)
                        job.slots.discard(slot)
                        job.free.discard(slot)
                yield event

    def _look_at(self, job: _Job) -> Iterator[Gone]:
        """The slots that are gone because their job is, or because nothing is left for it to do."""
        if job.state not in WAITING | RUNNING:
            self._jobs.remove(job)
            log = self._system.log(job.id)
            yield from self._lose(job, f"its job {job.id} is no more ({job.state.lower()}); see {log}", tail(log))
        elif job.state in WAITING and (self._stopping or self._is_overtaken(job)):
            self._jobs.remove(job)
            self._system.cancel(job.id)
            job.state = "CANCELLED"
            yield from self._lose(job, f"its job {job.id} was cancelled while it waited for a node")
        elif len(self._jobs) > 1 and self._is_idle(job):
            self._jobs.remove(job)
            job.spool.order(Order("end"))
            yield from (Gone(slot, "there was nothing to do", fault=False) for slot in sorted(job.slots))

    def _is_overtaken(self, job: _Job) -> bool:
        """Whether a job that was taken away waits for a node again with runs that another has room for by now."""
        has_room = any(other.free for other in self._jobs if other is not job and other.state in RUNNING)
        return has_room and not job.slots.isdisjoint(self._busy)

    def _is_idle(self, job: _Job) -> bool:
        is_heard_of = job.heard is not None and time.monotonic() - job.heard <= IDLE_SECONDS
        return job.slots <= job.free and not is_heard_of

    def _lose(self, job: _Job, message: str, trace: str = "") -> Iterator[Gone]:
        """What becomes of the slots of a job that is no more.

        One that had not come yet is asked for again, if the job was able to begin at all.
        """
        for slot in sorted(job.slots):
            is_coming = slot not in job.free and slot not in self._busy
            self._busy.discard(slot)
            if is_coming and job.heard is not None and not self._stopping:
                self._asked.append(slot)
            else:
                yield Gone(slot, message, trace, fault=job.state not in TAKEN_AWAY)
