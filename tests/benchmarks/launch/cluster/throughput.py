"""What a sweep of thousands of runs on a Ray cluster costs beside the runs: runs that only sleep, on slots of no core.

    python -m tests.benchmarks.launch.cluster.throughput [RUNS] [SLOTS] [SECONDS]

Real are the driver, the launcher, the bridge, Ray's calls between processes, and the store at home, to which every run
comes as bytes and in which it is checked and published. Simulated are the runs, which sleep, and the nodes: the slots
are threads of a few actors on this machine.
"""

import json
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import benchmarks.launch.cluster.bridge as bridge
from benchmarks.launch.cluster.messages import Arrived, Home, Needs
from benchmarks.launch.cluster.node import Node, Order
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Slots, launcher_named
from benchmarks.runs.files import file_sha256, write_json
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from tests import ROOT
from tests.benchmarks.launch.toy.in_process import InProcess

#: The processes that share the slots.
ACTORS = 4
real_serve = bridge.serve


class Sleeper(Node):
    """A slot whose runs sleep, and come home with the files of a template."""

    def _check(self) -> None: ...

    def _settle(self) -> None: ...

    def _work(self, order: Order) -> Arrived:
        template = self.places.home.workspace.runs.parent / "template"
        time.sleep(json.loads((template / "seconds.json").read_text()))
        return Arrived(Ended(self.slot, order.run.id, "done"), files_of(order.run, template))


@cache
def _template(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def files_of(run: Run, template: Path) -> dict[str, bytes]:
    """The files of a run as if it had been made."""
    files = dict(_template(template / str(run.fold)))
    with tempfile.TemporaryDirectory() as made:
        write_json(Path(made) / "run.json", run.to_dict())
        files["run.json"] = (Path(made) / "run.json").read_bytes()
        digest = file_sha256(Path(made) / "run.json")
    result = json.loads(files["result.json"])
    files["result.json"] = json.dumps(result | {"id": run.id, "files": result["files"] | {"run.json": digest}}).encode()
    return files


class Hotel:
    """An actor with many slots."""

    def __init__(self, slots: Slots, home: Home) -> None:
        self.slots, self.home, self.nodes = slots, home, {}

    def call(self, slot: int, name: str, *arguments: Any) -> Any:
        """What a slot's method of this name answers."""
        if slot not in self.nodes:
            self.nodes[slot] = Sleeper(slot, self.slots, self.home)
        return getattr(self.nodes[slot], name)(*arguments)


def serve(connection: Connection, address: str, needs: Needs, slots: Slots, home: Home) -> None:
    """The bridge, with slots in hotels."""
    import ray

    import benchmarks.launch.cluster.lanes as lanes

    hotels: list[Any] = []

    def start(self: lanes.Lanes, lane: Any) -> None:
        if len(hotels) < ACTORS:
            hotels.append(ray.remote(Hotel).options(num_cpus=0, max_concurrency=400).remote(self._slots, self._home))
        call = hotels[lane.slot % ACTORS].call.remote
        methods = {
            name: SimpleNamespace(remote=partial(call, lane.slot, name)) for name in ("ready", "start", "hear", "stop")
        }
        lane.actor = SimpleNamespace(**methods)
        self._then(lane.actor.ready.remote(), self._ready, lane)

    lanes.Lanes._start = start  # type: ignore[method-assign]
    lanes._room_on = lambda resources, needs: 10**6  # type: ignore[assignment]
    ray.kill = lambda actor: None
    real_serve(connection, address, needs, slots, home)


def main() -> None:
    """Measure and print."""
    import benchmarks.spec.load

    count, slots, seconds = (
        (int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])) if len(sys.argv) > 1 else (10000, 100, 0.0)
    )
    toy = ROOT / "tests" / "benchmarks" / "toy"
    benchmarks.spec.load.PAPERS = toy / "papers"
    sys.path.insert(0, str(toy))
    bridge.serve = serve
    folder = Path(tempfile.mkdtemp(prefix="throughput-"))
    try:
        workspace = Workspace(*(folder / name for name in ("data", "runs", "cache", "reports")))
        (workspace.data / "toy").mkdir(parents=True)
        template = replace(workspace, runs=folder / "made")
        launch(
            make_plan(select("toy.t1.plain"), Choice(seeds=1), template).missing, InProcess(template, Slots(1, "cpu"))
        )
        for finished in template.ledger.finished():
            shutil.copytree(finished.folder, folder / "template" / str(finished.run.fold))
        (folder / "template" / "seconds.json").write_text(str(seconds))
        missing = [
            replace(one, run=replace(one.run, versions={**one.run.versions, "tests.benchmarks.Sleeper": 1}))
            for one in make_plan(select("toy.t1.plain"), Choice(seeds=count // 2), workspace).missing
        ]
        sweep = Slots(min(slots, count), "cpu", sweep=tuple(one.run for one in missing))
        launcher = launcher_named(f"ray:address=local,scratch={folder}/apart")(workspace, sweep)
        first: list[float] = []
        began, used = time.monotonic(), time.process_time()
        outcome = launch(
            missing, launcher, lambda event: first.append(time.monotonic()) if type(event) is Ended else None
        )
        took, used = time.monotonic() - began, time.process_time() - used
        assert len(outcome.done) == count, outcome.fault or list(outcome.failed.items())[:1]
        steady = first[-1] - first[0]
        print(
            f"{count} runs of {seconds:g} s on {slots} slots: {took:.1f} s, the first after {first[0] - began:.1f} s; "
            f"then {(count - 1) / steady:.0f} runs per second; {used / count * 1e3:.1f} ms of the launcher's own time "
            "per run"
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    from tests.benchmarks.launch.cluster import throughput  # under the name by which nodes know its classes

    throughput.main()
