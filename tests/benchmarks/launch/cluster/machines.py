"""A real Ray cluster of several nodes on this machine, which can be lost one by one."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

SMALL = {"object_store_memory": 80 * 2**20}


class Machines:
    """A head without cores, and nodes with one each.

    Every node has its own folder, as on a machine of its own: with one for all, Ray takes the code away from those that
    have it when it brings it to the next.
    """

    def __init__(self, nodes: int = 0) -> None:
        self._folders: list[str] = []
        self._port: int | None = None
        self._count = nodes
        self._start()

    @property
    def address(self) -> str:
        """Where the head is, HOST:PORT."""
        return str(self.cluster.address)

    def _folder(self) -> str:
        self._folders.append(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # sockets have short names
        return self._folders[-1]

    def _start(self) -> None:
        Path("/tmp/ray").mkdir(exist_ok=True)  # where Ray notes the newest cluster, wherever its folder is
        known = {"gcs_server_port": self._port} if self._port else {}
        head: dict[str, Any] = {"num_cpus": 0, "temp_dir": self._folder(), "include_dashboard": False, **SMALL, **known}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self._port = int(self.address.rpartition(":")[2])
        self.nodes = [self.add() for _ in range(self._count)]

    def add(self) -> Any:
        """One more node."""
        return self.cluster.add_node(num_cpus=1, temp_dir=self._folder(), **SMALL)

    def lose_node(self) -> None:
        """The oldest node is gone at once, and another comes."""
        self.cluster.remove_node(self.nodes.pop(0), allow_graceful=False)
        self.nodes.append(self.add())

    def lose_head(self) -> None:
        """The head is gone at once, and its nodes with it; a new cluster comes at its address."""
        for node in (self.cluster.head_node, *self.nodes):
            node.kill_all_processes(check_alive=False, allow_graceful=False)
        self._start()

    def end(self) -> None:
        """Let go of everything."""
        self.cluster.shutdown()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
