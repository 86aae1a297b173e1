"""Commands of the harness as processes of a soak: forked from it, which takes no imports, or started as programs."""

import atexit
import ctypes
import importlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path

from datasets.processes import surrounded
from tests import ROOT
from tests.benchmarks.conftest import TOY

PAPERS = Path(__file__).parent / "papers"
SITE = Path(__file__).parent / "site"
#: What every command is given, beside the folders of its round.
SETTINGS = {"RESOUND_BUILT_IN_PAPERS": str(PAPERS), "RESOUND_CHECKPOINT_SECONDS": "0", "OMP_NUM_THREADS": "1"}
#: After so many seconds a command is taken to hang.
HANGS = 600.0
NOTHING = re.compile("(?!)")
CORES = 2
#: What workers import for runs on data.
WARM_WORKERS = (
    "datasets.dcase2016_asc.module",
    "datasets.dcase2017_rare.module",
    "datasets.dcase2018_domestic.module",
    "datasets.esc50.module",
    "datasets.maestro_real.module",
    "models.acrnn",
    "models.baselines.scenes",
    "models.edc",
    "models.maestro",
    "models.mtfa",
)
#: What commands import, and the libraries of metrics.
WARM = ("benchmarks.cli.sweep", "benchmarks.launch.local", "benchmarks.reporting.site", "sklearn.metrics", "sed_eval")
_PR_SET_CHILD_SUBREAPER, _CLONE_NEWNS, _MS_REC_PRIVATE = 36, 0x20000, 0x44000


@dataclass
class Command:
    """A command that was started; `code` is there once it has ended, negative for a signal."""

    arguments: tuple[str, ...]
    pid: int
    output: Path
    errors: Path
    program: subprocess.Popen[bytes] | None = None
    started: float = field(default_factory=time.monotonic)
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it goes on."""
        if self.code is None:
            if self.program is not None:
                self.code = self.program.poll()
            elif (found := os.waitpid(self.pid, os.WNOHANG))[0]:
                self.code = os.waitstatus_to_exitcode(found[1])
        return self.code

    def wait(self, seconds: float = HANGS) -> int:
        """The exit code. Raises AssertionError for a command that hangs, which is killed."""
        until = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > until:
                self.kill()
                raise AssertionError(f"{' '.join(self.arguments)} hangs: {self.said()[-1500:]}")
            time.sleep(0.01)
        assert self.code is not None
        return self.code

    def send(self, number: signal.Signals) -> None:
        """A signal for the command alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.send(signal.SIGKILL)
        while self.poll() is None:
            time.sleep(0.002)

    def said(self) -> str:
        """What it has written to stderr."""
        return self.errors.read_text(errors="replace")


class Starter:
    """Starts commands; all that they leave behind become children of this process."""

    def __init__(self, words_of_workers: Path) -> None:
        #: what workers print that nobody redirects: on a terminal, all would see it
        self.words_of_workers = words_of_workers
        # Each of two jobs has one thread then, and computes the same bits.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for path in (TOY, ROOT, SITE):
            sys.path.insert(0, str(path))
        os.environ.update(SETTINGS)
        self._number = 0
        self._own: set[int] = set()
        #: what may be there besides, by its command line
        self.tolerated = NOTHING

    @contextmanager
    def _printing_to(self, path: Path) -> Iterator[None]:
        """What is started prints its errors there."""
        before = os.dup(2)
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)

    def warm_up(self, orders: Path, toys_alone: bool) -> None:
        """Import what commands need, and start the server that their workers are forked from."""
        preload = ["benchmarks.runs.train", "benchmarks.runs.execute", "toy_parts.training"]
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        for name in WARM:
            importlib.import_module(name)
        os.environ["SOAK_ORDERS"] = str(orders)
        forkserver.set_forkserver_preload([*preload, *(() if toys_alone else WARM_WORKERS)])
        with surrounded(1), self._printing_to(self.words_of_workers):
            forkserver.ensure_running()
        time.sleep(0.5)
        self._own = set(children(os.getpid()))

    def start(
        self, *arguments: str, place: dict[str, str], logs: Path, is_program: bool = False, **more: str
    ) -> Command:
        """Start `python -m benchmarks ...` with the folders of a place; more: further variables."""
        self._number += 1
        output, errors = (logs / f"{self._number:04d}.{kind}" for kind in ("out", "err"))
        settings = {**place, **more}
        if not is_program:
            return Command(arguments, _forked(arguments, settings, output, errors), output, errors)
        environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(map(str, (SITE, ROOT, TOY)))}
        with output.open("wb") as out, errors.open("wb") as err:
            program = subprocess.Popen(
                [sys.executable, "-m", "benchmarks", *arguments],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment,
            )  # fmt: skip
        return Command(arguments, program.pid, output, errors, program)

    def workers(self) -> list[int]:
        """The processes that compute now, whoever started them: all in a session of their own, with torch in them."""
        found = []
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                if os.getsid(pid) == pid and pid not in self._own:
                    found.append(pid)
        return found

    def left_behind(self, seconds: float = 20.0) -> list[str]:
        """What still runs of ended commands after so many seconds: the command lines; they are killed."""
        until = time.monotonic() + seconds
        while left := self._strangers():
            if time.monotonic() > until:
                named = [_command_line(pid) for pid in left]
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return named
            _reap(left)
            time.sleep(0.02)
        return []

    def end(self) -> None:
        """End everything that was started."""
        for pid in descendants(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _strangers(self) -> list[int]:
        found = [pid for pid in descendants(os.getpid()) if pid not in self._own]
        return [pid for pid in found if not self.tolerated.search(_command_line(pid))]


def _forked(arguments: tuple[str, ...], settings: dict[str, str], output: Path, errors: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        for number, path in ((1, output), (2, errors)):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(handle, number)
            os.close(handle)
        os.environ.update(settings)
        sys.argv = ["resound", *arguments]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # The server of workers is that of the soak; a command could not wait for it as for its own.
        forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
        multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        from benchmarks.__main__ import main
        from tests.soak.orders import obey

        obey("launcher")
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):  # the rest of what an interpreter does at its end
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def children(pid: int) -> list[int]:
    """The processes that a process has started, or inherited."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def descendants(pid: int) -> list[int]:
    """All that a process has started, and what these have, in one look at the system."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        below = parents.get(queue.pop(), [])
        found += below
        queue += below
    return found


def own_mounts() -> bool:
    """Take this process, and what it starts, out of the system's table of mounts; False where that is not allowed."""
    libc = _libc()
    return libc.unshare(_CLONE_NEWNS) == 0 and libc.mount(b"none", b"/", None, _MS_REC_PRIVATE, None) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reap(pids: list[int]) -> None:
    """Take note of the end of orphans that this process has inherited."""
    for pid in pids:
        with suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return (
            f"{pid} {Path(f'/proc/{pid}/cmdline').read_bytes().replace(bytes(1), b' ').decode(errors='replace')[:120]}"
        )
    return str(pid)
