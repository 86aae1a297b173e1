"""Work in other processes: many tasks at a time (joblib's processes), or a program of ours that is talked with.

Neither is forked: each computes with the threads that it is given, the caller may have threads of its own, and its main
module is not imported again.
"""

import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from datasets.errors import DataError

T = TypeVar("T")


class ProcessDied(MemoryError):
    """A process that computed was ended from outside, which is what systems do that run out of memory."""


#: How long processes without work wait for more, seconds.
IDLE_SECONDS = 20

#: glibc gives every large array fresh pages from the kernel and takes them back at once; keeping them makes a phase
#: vocoder 1.6 times and a CPU training step of the convolutional RNN 1.35 times as fast (`make bench`). Other C
#: libraries ignore these.
MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000", "MALLOC_TOP_PAD_": "100000000"}


#: The setting that says how many cores are to be used at most, of this process and of those that it starts.
CORES = "RESOUND_CORES"


def available_cores() -> int:
    """The cores this process may use, and is to use. Raises DataError where RESOUND_CORES is no number of cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    given = os.environ.get(CORES, "")
    if not given:
        return cores
    if not (given.isascii() and given.isdecimal() and int(given) > 0):
        raise DataError(f"{CORES}={given}: must be a whole number of cores, 1 or more")
    return min(cores, int(given))


def environment(threads: int) -> dict[str, str]:
    """The environment of a child: this process's own and its import path, `threads` threads, memory that is kept.

    The folder in which it is started is no place to import from.
    """
    search_path = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    return {**os.environ, **computing(threads), "PYTHONPATH": search_path, "PYTHONSAFEPATH": "1"}


def computing(threads: int) -> dict[str, str]:
    """What the environment says to a process that computes with `threads` threads, on whichever machine."""
    each = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return {**MALLOC, **each}


@contextmanager
def surrounded(threads: int) -> Iterator[None]:
    """Give what the block starts the environment of a child: for libraries that start processes by themselves."""
    before = dict(os.environ)
    os.environ.update(environment(threads))
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def in_processes(work: Callable[..., T], tasks: Iterable[tuple[Any, ...]], jobs: int | None = None) -> Iterator[T]:
    """What `work` says of each task, a tuple of its arguments, in their order, by processes with one thread each.

    jobs: how many (default: one per core). They see the same classes as this process, serve the next call too if it
    comes soon, and end with this process. Raises what `work` raises, and ProcessDied where a process dies; what others
    are at is then given up.
    """
    from joblib import Parallel, delayed

    pool = Parallel(
        n_jobs=jobs or available_cores(), backend="loky", return_as="generator", max_nbytes=None,
        idle_worker_timeout=IDLE_SECONDS, initializer=end_with, initargs=(os.getpid(),),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")  # it was idle
        try:
            with surrounded(1):
                found = pool(delayed(work)(*task) for task in tasks)
            yield from found
        except BrokenExecutor as error:
            raise ProcessDied(f"a process that computes {work.__name__} died, as when memory runs out") from error


def end_with(parent: int) -> None:
    """In a process that was started: see that it does not outlive the one that has started it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


#: Whether a child can have a pipe beside stdin, stdout and stderr; on Windows it answers on stdout.
_MORE_PIPES = os.name == "posix"
_STDOUT, _STDERR = 1, 2


class Child:
    """A running `python -m module`, which sees the same classes as this process and computes with `threads` threads.

    For what `in_processes` lacks: a fresh process for one task, of any number of threads, that can be asked to stop. It
    reads from stdin and answers in JSON lines over a pipe of its own; what prints there (a sitecustomize, a library) is
    taken for no answer, and goes to where this process writes its errors. In a with block it is waited for at the end,
    and killed where the block fails. Raises OSError where it cannot be started.
    """

    def __init__(self, module: str, threads: int = 1) -> None:
        command, means = [sys.executable, "-m", module], environment(threads)
        if _MORE_PIPES:
            reading, writing = os.pipe()
            self._output: IO[bytes] = os.fdopen(reading, "rb")
            try:
                self._process = subprocess.Popen(
                    [*command, str(writing)], stdin=subprocess.PIPE, stdout=_STDERR, env=means, pass_fds=(writing,)
                )
            finally:
                os.close(writing)  # what is left is the child's end: the answers end where it does
        else:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=means)
            assert self._process.stdout is not None
            self._output = self._process.stdout
        assert self._process.stdin is not None
        self._input = self._process.stdin

    def write(self, content: bytes) -> None:
        """Write to its stdin. One that has ended does not take it, which `wait` tells."""
        with suppress(BrokenPipeError):
            self._input.write(content)
            self._input.flush()

    def send(self, content: dict[str, Any]) -> None:
        """Write one JSON line to its stdin."""
        self.write(json.dumps(content).encode() + b"\n")

    def close(self) -> None:
        """End its stdin: there is no more to do."""
        with suppress(BrokenPipeError):
            self._input.close()

    def answers(self) -> Iterator[dict[str, Any]]:
        """What it answers, one after the other, until it ends. A line that its end cut off is none."""
        for line in self._output:
            if line.endswith(b"\n"):
                yield json.loads(line)

    def stop(self) -> None:
        """Ask it to save and end (SIGTERM), if it runs."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once, if it runs."""
        self._process.kill()

    def ended(self) -> int | None:
        """Its exit code as `wait` tells it, where it has ended by now; else None."""
        return self._process.poll()

    def wait(self) -> int:
        """Its exit code once it has ended; negative, the number of the signal that ended it."""
        return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        self.close()
        self._output.close()
        self.wait()


def answering() -> Callable[[dict[str, Any]], None]:
    """In a child, which from here on ends with its parent: what sends that one JSON line.

    Whatever else it prints goes to stderr.
    """
    end_with(os.getppid())
    if _MORE_PIPES:
        answers = os.fdopen(int(sys.argv[1]), "w", buffering=1)
    else:
        answers = os.fdopen(os.dup(_STDOUT), "w", buffering=1)
        os.dup2(_STDERR, _STDOUT)

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")

    return answer
