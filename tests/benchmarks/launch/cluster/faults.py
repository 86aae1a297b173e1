"""Sweeps on a real Ray cluster of this machine to which things happen; what is printed is what held.

    python -m tests.benchmarks.launch.cluster.faults [ROUNDS]

In each round a sweep of the toy paper, whose nodes share no store with it, is told to stop by Ctrl-C, loses
its launcher by `kill -9`, loses a node in mid-run, and loses the head and finds a new one; afterwards the same command
ends it, and its scores are those of an undisturbed sweep. A round takes some minutes.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.cli import OK, OUT_OF_TIME
from benchmarks.runs.ledger import Ledger
from tests import ROOT
from tests.benchmarks.launch.cluster.machines import Machines
from tests.benchmarks.launch.test_local import descendants, fresh

TOY = ROOT / "tests" / "benchmarks" / "toy"
#: How long to wait for something that has to come, seconds.
PATIENCE = 300.0
#: What ends a sweep, and what it is to survive.
CUTS, LOSSES = ("Ctrl-C", "launcher killed"), ("node lost", "head lost")
#: A further one for each of these, so that there is something to do.
SEEDS = 4


class Sweep:
    """The command that runs the toy's slow rows, in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        (folder / "data" / "toy").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "toy" / "clip.txt").write_text("a toy clip")

    def start(self, seeds: int) -> subprocess.Popen[str]:
        """Start it, or let it go on, with four runs for every seed."""
        places = {f"RESOUND_{name.upper()}": str(self.folder / name) for name in ("data", "runs", "cache", "reports")}
        toy = {
            "RESOUND_BUILT_IN_PAPERS": str(TOY / "papers"),
            "PYTHONPATH": str(TOY),
            "RESOUND_CHECKPOINT_SECONDS": "0.05",
        }
        command = [sys.executable, "-m", "benchmarks", "run", "toy.t1", "--yes", "--seeds", str(seeds), *self.options]
        log = (self.folder / "log").open("a")
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **places, **toy, "OMP_NUM_THREADS": "1"}, text=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def is_busy(self, since: float) -> bool:
        """Whether some run has got on since then (s), as its progress at home tells."""
        return fresh(self.folder / "runs" / ".attempts", "progress.json", since)

    def scores(self) -> dict[str, str]:
        """The checksums of the scores of all runs that are done."""
        return {one.run.id: one.result["files"]["scores_test.npz"] for one in Ledger(self.folder / "runs").finished()}


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    """Wait until something is so; False if the process ends before."""
    until = time.monotonic() + PATIENCE
    while not what():
        if process.poll() is not None:
            return False
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return True


def kill_launcher(process: subprocess.Popen[str]) -> None:
    """`kill -9` of the command and of its bridge at the same moment."""
    for pid in (process.pid, *descendants(process.pid)):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def play(machines: Machines, folder: Path, draw: random.Random) -> dict[str, int]:
    """One round; what happened to a busy sweep, and how often."""
    apart = folder / "apart"
    given = f"ray:address={machines.address},scratch={apart},data={apart}/nothing"
    sweep = Sweep(folder, "--launcher", given)
    happened = dict.fromkeys((*CUTS, *LOSSES), 0)
    for seeds, what in enumerate([*draw.sample(CUTS, k=len(CUTS)), *draw.sample(LOSSES, k=len(LOSSES))], 1):
        started, process = time.time(), sweep.start(seeds)
        if not wait_for(partial(sweep.is_busy, started), process):
            break
        time.sleep(draw.uniform(0.0, 1.0))
        happened[what] += process.poll() is None
        match what:
            case "node lost":
                machines.lose_node()
            case "head lost":
                machines.lose_head()
            case "Ctrl-C":
                process.send_signal(signal.SIGINT)
            case _:
                kill_launcher(process)
                continue
        code = process.wait(PATIENCE)
        print(f"  {what}: exit code {code}, {len(sweep.scores())} done", flush=True)
        assert code in (OK, OUT_OF_TIME), (folder / "log").read_text()
    code = sweep.start(SEEDS).wait(PATIENCE)
    assert code == OK, (folder / "log").read_text()
    return happened


def main() -> None:
    """Play the rounds that are asked for."""
    rounds, machines = int(sys.argv[1]) if len(sys.argv) > 1 else 1, Machines(nodes=2)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        plain = Sweep(folder / "undisturbed", "--jobs", "1")
        assert plain.start(SEEDS).wait(PATIENCE) == 0
        for number in range(rounds):
            happened = play(machines, folder / str(number), random.Random(number))
            held = Sweep(folder / str(number)).scores() == plain.scores()
            print(f"round {number + 1}: {happened}: {'held' if held else 'BROKEN'}", flush=True)
            assert held
    finally:
        machines.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
