"""What a process of a soak does to itself at a chosen operation on files: it dies, waits, or finds the disk full.

The orders lie in the folder that SOAK_ORDERS names. A command reads them when it starts, a worker when it is forked, so
that one fork server can serve many commands. Each process also notes in `journal` which attempts at runs begin and what
is published.
"""

import errno
import json
import os
import re
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from datasets.acquire.whole import write_whole

#: Which argument of an operation, as Python audits it, is the path that it changes.
OPERATIONS = {"open": 0, "os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "shutil.rmtree": 0}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
#: What the journal notes: an attempt at a run begins; a run is published.
_BEGINS = re.compile(r"/\.attempts/([^/]+)/[^/]+/\.run\.json\.\w+$")
_PUBLISHES = re.compile(r"/runs/([^/.]+)$")
#: Seconds after which whoever waits goes on by itself.
PATIENCE = 60.0


@dataclass(frozen=True)
class Order:
    """At the `count`-th time that a process in `role` does `operation` on a path that `path` finds, it does `act`.

    act: "kill" (itself, by SIGKILL), "wait" (until `go`), "fill" (the disk, by the file `ballast`), "refuse" (the
    operation fails as on a full disk). times: how many processes obey; the others go on.
    """

    role: Literal["launcher", "worker"]
    operation: str
    path: str
    act: Literal["kill", "wait", "fill", "refuse"]
    count: int = 1
    times: int = 1
    ballast: str = ""


class Orders:
    """The folder through which orders are given, as the one who gives them sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turn = 0
        #: how many processes have obeyed since the journal began, but for the orders of now
        self.obeyed = 0
        folder.mkdir(parents=True, exist_ok=True)

    def give(self, *orders: Order) -> None:
        """Processes that start from now on obey these orders, and no earlier ones."""
        self.obeyed += len(self.reached())
        for path in self.folder.glob("[!j]*"):
            path.rmdir() if path.is_dir() else path.unlink()
        self._turn += 1  # processes that obey earlier ones take none of these
        content = {"turn": self._turn, "orders": [asdict(order) for order in orders]}
        write_whole(self.folder / "orders", json.dumps(content))

    def reached(self) -> list[str]:
        """The paths at which processes have come to do what they were ordered to."""
        return [path.read_text() for path in sorted(self.folder.glob(f"at-{self._turn}-*"))]

    def go(self) -> None:
        """Let those who wait go on."""
        (self.folder / "go").touch()

    def journal(self) -> list[tuple[str, str]]:
        """What was noted so far: ("begins" or "publishes", run id)."""
        with suppress(FileNotFoundError):
            lines = (self.folder / "journal").read_text().splitlines()
            return [(line.split()[0], line.split()[1]) for line in lines]
        return []

    def forget(self) -> None:
        """Begin a new journal, without orders."""
        self.give()
        self.obeyed = 0
        (self.folder / "journal").unlink(missing_ok=True)


class _Obedience:
    """The audit hook of one process."""

    def __init__(self, folder: Path, role: str) -> None:
        self.folder, self.role = folder, role
        self.turn, self.orders = 0, list[Order]()
        self.counts: dict[int, int] = {}
        self.is_inside = False
        with suppress(OSError, ValueError):
            content = json.loads((folder / "orders").read_text())
            self.turn, self.orders = content["turn"], [Order(**one) for one in content["orders"]]

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in OPERATIONS or self.is_inside or (event == "open" and not _writes(arguments)):
            return
        path = arguments[OPERATIONS[event]]
        if not isinstance(path, str | os.PathLike | bytes):
            return
        self.is_inside = True
        try:
            self._note(event, os.fsdecode(path))
            for number, order in enumerate(self.orders):
                if order.role == self.role and order.operation == event and re.search(order.path, os.fsdecode(path)):
                    self.counts[number] = self.counts.get(number, 0) + 1
                    if self.counts[number] == order.count and self._takes(number, order, os.fsdecode(path)):
                        self._do(order, os.fsdecode(path))
        finally:
            self.is_inside = False

    def _note(self, event: str, path: str) -> None:
        said = {"open": ("begins", _BEGINS), "os.rename": ("publishes", _PUBLISHES)}.get(event)
        if said and (found := said[1].search(path)):
            handle = os.open(self.folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, f"{said[0]} {found[1]}\n".encode())
            os.close(handle)

    def _takes(self, number: int, order: Order, path: str) -> bool:
        for one in range(order.times):
            with suppress(FileExistsError):
                os.mkdir(self.folder / f"taken-{self.turn}-{number}-{one}")  # noqa: PTH102 - it must do little, here
                write_whole(self.folder / f"at-{self.turn}-{number}-{one}", path)
                return True
        return False

    def _do(self, order: Order, path: str) -> None:
        if order.act == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif order.act == "wait":
            until = time.monotonic() + PATIENCE
            while not (self.folder / "go").exists() and time.monotonic() < until:
                time.sleep(0.01)
        elif order.act == "fill":
            fill(Path(order.ballast))
        else:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def fill(ballast: Path) -> None:
    """Write a file until the disk is full."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 16, 1):  # the last page, too
            with suppress(OSError):
                while file.write(b"0" * size):
                    pass


def obey(role: str) -> None:
    """From now on this process obeys."""
    sys.addaudithook(_Obedience(Path(os.environ["SOAK_ORDERS"]), role))


def obey_as_started() -> None:
    """A command obeys as a launcher; what a fork server forks obeys as a worker, by orders as they are then."""
    if "benchmarks" in sys.orig_argv:
        obey("launcher")
    elif any("forkserver" in word for word in sys.orig_argv):
        os.register_at_fork(after_in_child=lambda: obey("worker"))


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITES)
