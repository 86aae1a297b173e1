"""A sweep on a Ray cluster of several nodes on this machine, which loses a node, its head, or its launcher."""

import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.soak.faults import Fault
from tests.soak.rounds import Round

if TYPE_CHECKING:
    from tests.benchmarks.launch.cluster.faults import Machines

#: The processes of a cluster, which stay until it is ended.
OF_RAY = re.compile(r"ray(let|::|/|\.)|/ray-\w+/")


def lost(one: Round, what: str) -> None:
    """Something is lost in the middle of a sweep whose nodes share the store, or get and send all that is needed."""
    apart = one.place.root / "apart"
    with _machines(one) as machines:
        shares = one.draw.random() < 0.5
        launcher = f"ray:address={machines.cluster.address},scratch={apart}" + ("" if shares else f",data={apart}/none")
        command = one.start(is_program=True, launcher=launcher)
        one.until(lambda: list((one.place.runs / ".attempts").glob("*/*/progress.json")), command)
        one.pause(0.3)
        match what:
            case "node":
                machines.lose_node()
            case "head":
                machines.lose_head()
            case _:
                one.kill(command, "launcher")
        one.end(command)
        if one.draw.random() < 0.5:
            one.end(one.again(is_program=True, launcher=launcher))


@contextmanager
def _machines(one: Round) -> "Iterator[Machines]":
    from tests.benchmarks.launch.cluster.faults import Machines

    starter = one.stage.starter
    os.environ["RAY_raylet_start_wait_time_s"] = "300"  # on a busy machine
    before, starter.tolerated = starter.tolerated, OF_RAY
    machines = Machines()
    try:
        yield machines
    finally:
        machines.end()
        starter.tolerated = before


def _lacks() -> str:
    return "" if importlib.util.find_spec("ray") else "needs Ray (pip install --editable '.[cluster]')"


FAULTS = tuple(
    Fault(f"Ray: {what} lost", lambda one, what=what: lost(one, what), _lacks, is_slow=True)
    for what in ("node", "head", "launcher")
)
