"""A Ray cluster of this machine in a process of its own, which answers with its address and loses what it is told to.

Ray's libraries in a process that forks make its children crash.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import ROOT


class Cluster:
    """The cluster as the soak sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.address = self._answer()

    def lose(self, what: str) -> None:
        """Lose the "head" or a "node", at once, and have another."""
        assert self._process.stdin is not None
        print(what, file=self._process.stdin, flush=True)
        self.address = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("address "):
                return line.split()[1]
        raise AssertionError("the Ray cluster does not start, or not again")


@contextmanager
def cluster(log: Path) -> Iterator[Cluster]:
    """A cluster of a head and two nodes with one core each."""
    command = [sys.executable, "-m", "tests.soak.faults.machines"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        yield Cluster(process)
        process.communicate(timeout=120)


def main() -> None:
    """Lose what is told on stdin, until that ends."""
    from ray._common.utils import get_default_ray_temp_dir

    from tests.benchmarks.launch.cluster.machines import Machines

    Path(get_default_ray_temp_dir()).mkdir(exist_ok=True)  # Ray notes an address there, wherever its own folder is
    machines = Machines(nodes=2)
    try:
        print("address", machines.address, flush=True)
        for line in sys.stdin:
            {"node": machines.lose_node, "head": machines.lose_head}[line.strip()]()
            print("address", machines.address, flush=True)
    finally:
        machines.end()


if __name__ == "__main__":
    main()
