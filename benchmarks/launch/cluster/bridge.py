"""The process that speaks with Ray for the launcher.

It is a process of its own because Ray ends whatever process is connected to a cluster whose head is lost, and takes
over its signals.
"""

import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

from benchmarks.launch.cluster.luggage import packed_code
from benchmarks.launch.cluster.messages import Close, Connected, Home, Needs, Refused, ToBridge, ToLauncher
from benchmarks.launch.launcher import Slots
from benchmarks.launch.perform import one_line
from benchmarks.launch.worker import print_to
from datasets.processes import computing, surrounded

#: Seconds after which Ray gives up a head that is lost; one that is started again is another one.
HEAD_SECONDS = 20
#: How long it has to end.
CLOSE_SECONDS = 5.0


class Bridge:
    """The launcher's end of the process."""

    def __init__(self, address: str, needs: Needs, slots: Slots, home: Home) -> None:
        self._log = home.mark
        context = multiprocessing.get_context("spawn")  # Ray is not to be forked
        self._connection, theirs = context.Pipe()
        with surrounded(1):
            given = (theirs, address, needs, slots, home)
            self._process = context.Process(target=serve, args=given, name="bridge to Ray", daemon=True)
            self._process.start()
        theirs.close()
        self.alive = True

    def send(self, message: ToBridge) -> None:
        """Say something, which a bridge that is no more does not hear."""
        with suppress(OSError):
            self._connection.send(message)

    def receive(self, seconds: float) -> Iterator[ToLauncher]:
        """What it says; waits for it at most so many seconds. Afterwards `alive` tells whether there will be more."""
        try:
            while self._connection.poll(seconds):
                yield self._connection.recv()
                seconds = 0.0
        except (EOFError, OSError):
            self.alive = False

    def close(self) -> None:
        """Have it end."""
        self.send(Close())
        self._process.join(CLOSE_SECONDS)
        if self._process.exitcode == 0:
            self._log.unlink(missing_ok=True)
        self._process.kill()
        self._connection.close()


def serve(connection: Connection, address: str, needs: Needs, slots: Slots, home: Home) -> None:
    """Connect to the cluster at `address`, and do what the launcher says until it closes or is no more.

    In a process of its own, in a session of its own: a Ctrl-C in the terminal is the launcher's to pass on.
    """
    if hasattr(os, "setsid"):  # Windows has no sessions
        os.setsid()
    print_to(home.mark)
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(HEAD_SECONDS))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray

        from benchmarks.launch.cluster.lanes import Lanes
    except Exception as error:  # whatever is called so
        connection.send(Refused(f"Ray cannot be imported: {one_line(error)}"))
        return

    with packed_code(slots.sweep) as code:
        sys.argv = [str(code / "bridge")]  # nodes can import from where the program lies, which is not to be shadowed
        carried = {"working_dir": str(code), "env_vars": computing(slots.threads)}
        try:
            ray.init(address, runtime_env=carried, logging_level=logging.WARNING)
        except Exception as error:
            connection.send(Refused(one_line(error)))
            return
    connection.send(Connected())
    Lanes(connection, needs, slots, home).serve()
    ray.shutdown()
