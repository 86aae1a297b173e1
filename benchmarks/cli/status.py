"""What `status` says: sweeps with their slots, what waits to go on, what failed and why. It only reads files."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.cli.study.again import FOLDER
from benchmarks.errors import told
from benchmarks.launch.background import Trainer
from benchmarks.launch.sweeps import notes
from benchmarks.runs.stored.timings import spent
from benchmarks.runs.workspace import Workspace
from datasets.acquire.telling import count_of, in_words

#: Seconds between two looks of --watch on a terminal, and elsewhere.
LOOK_SECONDS, PLAIN_SECONDS = 2.0, 15.0
#: After so many seconds without a sign of life a sweep is called silent; it writes its note once a second.
SILENT_SECONDS = 30.0


@dataclass(frozen=True)
class Status:
    """The state of a store of runs at one moment; also the content of `status --json`."""

    store: str
    #: the notes of sweeps (launch.sweeps.SweepNote), those that make runs anew among them, with `alive` and `age`, the
    #: seconds since the note was written
    sweeps: list[dict[str, Any]]
    #: runs that a process works on and no sweep here tells of; "id", and epoch, of and loss once they are known
    running: list[dict[str, Any]]
    #: attempts that nobody works on: "id", "checkpoint" (whether one is there to go on from), and how far they were
    stopped: list[dict[str, Any]]
    failed: list[dict[str, str]]
    #: stored runs that cannot be believed: why, a line each
    left_out: list[str]
    done: int
    landed: int
    hours: float
    n_running: int
    #: of the background trainer, while it lives, its process, machine and target
    background: dict[str, Any] | None = None


def status_of(workspace: Workspace) -> Status:
    """Read the state of a store."""
    ledger = workspace.ledger
    now = time.time()
    sweeps = [
        {**note, "alive": alive, "age": round(max(0.0, now - note["updated"]), 1)}
        for store in (ledger.root, ledger.root / FOLDER)
        for _, note, alive in notes(store)
    ]
    told_of = {slot["run"] for sweep in sweeps if sweep["alive"] for slot in sweep["slots"].values()}
    claimed = ledger.running()
    done = list(ledger.finished())
    failures = ledger.failures()
    ended = {one.run.id for one in done} | set(failures) | told_of | set(claimed)
    return Status(
        store=str(ledger.root),
        sweeps=sweeps,
        running=[{"id": run_id, **note} for run_id, note in claimed.items() if run_id not in told_of],
        stopped=[one for one in ledger.attempts() if one["id"] not in ended],
        failed=[{"id": run_id, "message": failure["message"]} for run_id, failure in failures.items()],
        left_out=list(ledger.unusable.values()),
        done=len(done),
        landed=len(ledger.landed),
        hours=round(sum(spent(one)["total"] for one in done) / 3600, 3),
        n_running=len(told_of | set(claimed)),
        background=Trainer(ledger.root).note(),
    )


def print_status(workspace: Workspace, watch: bool = False, as_json: bool = False) -> None:
    """Print the state of the store; with `watch` again and again, until Ctrl-C. JSON is an object per look then."""
    on_terminal = sys.stdout.isatty() and not as_json
    while True:
        status = status_of(workspace)
        if as_json:
            text = json.dumps(asdict(status), indent=None if watch else 1)
        else:
            text = "\n".join(status_lines(status))
        if watch and on_terminal:
            print("\x1b[H\x1b[2J", end="")
        print(text, flush=True)
        if not watch:
            return
        time.sleep(LOOK_SECONDS if on_terminal else PLAIN_SECONDS)


def status_lines(status: Status) -> Iterator[str]:
    """The same for reading."""
    for sweep in status.sweeps:
        yield from _sweep_lines(sweep) if sweep["alive"] else _dead_lines(sweep)
    note = status.background
    if note is not None and not any(one["alive"] and one["pid"] == note.get("pid") for one in status.sweeps):
        who = f"process {note['pid']} on {told(note['host'])}" if note else "it does not tell its process"
        yield f"begins  {told(note.get('target', 'something'))} (background, {who}): looks at what is there"
    for run in status.running:
        yield f"running {run['id']}: {_progress(run)}"
    for run in status.stopped:
        far = f"after epoch {run['epoch']} of {run['of']}, " if "of" in run else ""
        yield f"stopped {run['id']}: {far}{'goes on from its checkpoint' if run['checkpoint'] else 'begins anew'}"
    for run in status.failed:
        yield f"failed  {run['id']}: {told(run['message'])}"
    for line in status.left_out:
        yield f"left out: {told(line)}"
    whose = f", {status.landed} of them landed" if status.landed else ""
    waits = f", {len(status.stopped)} stopped" if status.stopped else ""
    yield (
        f"{count_of(status.done, 'run')} done ({status.hours:.1f} h{whose}), {len(status.failed)} failed, "
        f"{status.n_running} running{waits}"
    )


def _sweep_lines(sweep: dict[str, Any]) -> Iterator[str]:
    """A live sweep: what became of its runs, when it may end, then a line per slot with a run."""
    others = [f"{sweep[how]} {how}" for how in ("failed", "elsewhere", "stopped") if sweep[how]]
    counted = ", ".join([f"{sweep['done']} of {sweep['total']} done", *others, f"{sweep['waiting']} waiting"])
    shares = [slot["busy"] for slot in sweep["slots"].values() if slot["busy"] is not None]
    busy = f"; {told(sweep['device'])} {100 * sum(shares) / len(shares):.0f} % busy" if shares else ""
    silent = f"; silent for {in_words(sweep['age'])}" if sweep["age"] > SILENT_SECONDS else ""
    yield f"sweep   {_named(sweep)}: {counted}{_end(sweep)}{busy}{silent}"
    for number, slot in sweep["slots"].items():
        share = f", {100 * slot['busy']:.0f} % busy" if slot["busy"] is not None else ""
        left = f", about {in_words(slot['seconds_left'])} left" if slot["seconds_left"] else ""
        yield f"  slot {told(number)}: {slot['run']}: {_progress(slot)}{share}{left}"
    idle = sweep["jobs"] - len(sweep["slots"])
    if idle > 0 and sweep["waiting"] and not sweep["stopping"]:
        yield f"  {idle} of {sweep['jobs']} slots have no run yet"


def _dead_lines(sweep: dict[str, Any]) -> Iterator[str]:
    ago = in_words(sweep["age"])
    yield (
        f"cut     {_named(sweep)}: ended without a word {ago} ago, {sweep['done']} of {sweep['total']} done; the same "
        "command continues"
    )


def _named(sweep: dict[str, Any]) -> str:
    paused = f", paused: {told(sweep['paused'])}" if sweep.get("paused") and sweep["alive"] else ""
    target, launcher, host = (told(sweep[name]) for name in ("target", "launcher", "host"))
    return f"{target} ({launcher}{paused}, process {sweep['pid']} on {host})"


def _end(sweep: dict[str, Any]) -> str:
    """When a sweep may end, by the clock of this machine."""
    if sweep["stopping"]:
        return "; saves and stops"
    left = (sweep["seconds_left"] or 0.0) - sweep["age"]
    if left <= 0:
        return ""
    clock = time.strftime("%H:%M" if left < 24 * 3600 else "%a %H:%M", time.localtime(time.time() + left))
    return f"; about {in_words(left)} left, until {clock}"


def _progress(run: dict[str, Any]) -> str:
    if not run.get("of"):
        since = run.get("seconds")
        return "starting" if since is None or since < SILENT_SECONDS else f"no epoch yet, {in_words(since)}"
    loss = "" if run["loss"] is None else f", loss {run['loss']:.4f}"
    return f"epoch {run['epoch']} of {run['of']}{loss}"
