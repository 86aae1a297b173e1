"""A sweep on a Ray cluster of several nodes on this machine, which loses a node, its head, or its launcher."""

import importlib.util
import re

from tests.soak.faults import Fault
from tests.soak.faults.machines import cluster
from tests.soak.rounds import Round

#: The processes of a cluster, which stay until it is ended.
OF_RAY = re.compile(r"ray(let|::|/|\.)|/ray-\w+/|faults\.machines")


def lost(one: Round, what: str) -> None:
    """Something is lost in the middle of a sweep whose nodes share the store, or get and send all that is needed."""
    apart = one.place.root / "apart"
    one.stage.starter.tolerated = OF_RAY
    with cluster(one.place.root / "logs" / "cluster") as machines:
        shares = one.draw.random() < 0.5
        launcher = f"ray:address={machines.address},scratch={apart}" + ("" if shares else f",data={apart}/none")
        command = one.start(is_program=True, launcher=launcher)
        one.until(lambda: list((one.place.runs / ".attempts").glob("*/*/progress.json")), command)
        one.pause(0.3)
        if what == "launcher":
            one.kill(command, "launcher")
        else:
            one.has_met = command.poll() is None
            machines.lose(what)
        one.end(command)
        if one.draw.random() < 0.5:
            one.end(one.again(is_program=True, launcher=launcher))


def _lacks() -> str:
    return "" if importlib.util.find_spec("ray") else "needs Ray (pip install --editable '.[cluster]')"


FAULTS = tuple(
    Fault(f"Ray: {what} lost", lambda one, what=what: lost(one, what), _lacks, is_slow=True, every=3)
    for what in ("node", "head", "launcher")
)
