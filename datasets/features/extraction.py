"""The extraction of features in worker processes: `python -m datasets.features.extraction` serves a share of the clips.

Each worker computes with one thread.
"""

import itertools
import pickle
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from datasets.errors import DataError
from datasets.features.copies import Copy
from datasets.processes import Child, answering

#: Work of less than so many seconds is done in this process: a worker needs about one to start.
SECONDS_WORTH_A_WORKER = 4.0


@dataclass(frozen=True)
class Task:
    """What to extract: one variant of some clips of a dataset, by one extractor."""

    dataset: Any
    extractor: Any
    variant: Copy
    items: tuple[str, ...]
    labels: tuple[str, ...]

    def share(self, part: slice) -> "Task":
        """The same for some of the clips."""
        return replace(self, items=self.items[part], labels=self.labels[part])

    def rows(self, position: int) -> np.ndarray:
        """The features (rows, ...) of one clip. Raises DataError if they cannot be had."""
        item, rate = self.items[position], self.dataset.sample_rate
        samples = self.variant(self._samples(item), rate, item, self.labels[position])
        try:
            features = self.extractor(samples, rate)
        except ValueError as error:
            raise DataError(f"{item}: {error}") from error
        return features if self.extractor.segmented else features[None]

    def _samples(self, item: str) -> np.ndarray:
        samples = self.dataset.load(item)  # with all its checks
        return self.extractor.read(self._paths[item]) if self.extractor.takes_files else samples

    @property
    def dtype(self) -> np.dtype[Any]:
        """How the features are stored: little-endian float32, unless the extractor says less."""
        return np.dtype(self.extractor.dtype).newbyteorder("<")

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return self.dataset.paths()


def extract(
    task: Task, target: Path, jobs: int, progress: Callable[[int, int], None] | None = None
) -> tuple[list[int], list[int]]:
    """Write the features of all clips, concatenated, to `target` as .npy; returns its shape and the rows per clip.

    Small work is done here, the rest by `jobs` processes. Raises DataError for clips that cannot be used, OSError
    where the disk refuses.
    """
    with tempfile.TemporaryDirectory(prefix=f"{target.name}-parts-", dir=target.parent) as folder:
        parts = [Path(folder) / f"{number}" for number in range(jobs + 1)]
        shape, counts = _extract_parts(task, parts, jobs, _Meter(len(task.items), progress))
        full = [sum(counts), *shape]
        with target.open("wb") as file:
            npy.write_array_header_1_0(file, {"descr": task.dtype.str, "fortran_order": False, "shape": tuple(full)})
            for part in filter(Path.exists, parts):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 22)
                part.unlink()
    return full, counts


def _extract_parts(task: Task, parts: Sequence[Path], jobs: int, meter: "_Meter") -> tuple[list[int], list[int]]:
    """Write the features to as many files of `parts` as are needed, in order; the shape of a row, rows per clip."""
    clock = _Clock(len(task.items), jobs)
    with parts[0].open("wb") as file:
        shape, counts = _extract_some(task, file, meter.advance, clock.is_worth_workers)
    left = task.share(slice(len(counts), None))
    if left.items:
        edges = np.linspace(0, len(left.items), min(jobs, len(left.items)) + 1).astype(int)
        shares = [left.share(slice(low, high)) for low, high in itertools.pairwise(edges)]
        with ThreadPoolExecutor(len(shares)) as pool:
            results = list(pool.map(_in_worker, shares, parts[1:], itertools.repeat(meter)))
        if meter.error is not None:
            raise meter.error
        for found, more in results:
            _check_shapes(task, shape, found)
            counts += more
    return shape, counts


def _extract_some(
    task: Task, file: IO[bytes], advance: Callable[[], None], enough: Callable[[int], bool] = lambda done: False
) -> tuple[list[int], list[int]]:
    """Append the clips' features to `file` until `enough` says so; returns the shape of a row and rows per clip."""
    shape: list[int] | None = None
    counts: list[int] = []
    for position in range(len(task.items)):
        rows = np.ascontiguousarray(task.rows(position), dtype=task.dtype)
        shape = shape or list(rows.shape[1:])
        _check_shapes(task, shape, list(rows.shape[1:]), task.items[position])
        file.write(rows.data)
        counts.append(len(rows))
        advance()
        if enough(position + 1):
            break
    return shape or [], counts


def _check_shapes(task: Task, expected: Sequence[int], found: Sequence[int], item: str = "") -> None:
    if list(expected) != list(found):
        where = item or f"a clip among {task.items[0]} ... {task.items[-1]}"
        raise DataError(
            f"{where}: features of shape {tuple(found)}, elsewhere {tuple(expected)}; all clips must have one length "
            "(`python -m benchmarks data check` tells which have not)"
        )


class _Clock:
    """Decides from the first clips whether the others are worth starting processes."""

    def __init__(self, total: int, jobs: int) -> None:
        self.total, self.jobs = total, jobs
        self._second = 0.0

    def is_worth_workers(self, done: int) -> bool:
        """Whether to stop here, after `done` clips; the first does not count, because it imports what it needs."""
        if done == 1:
            self._second = time.monotonic()
        if done < 3 or self.jobs < 2:
            return False
        expected = (time.monotonic() - self._second) / (done - 1) * (self.total - done)
        return expected > SECONDS_WORTH_A_WORKER


def _in_worker(task: Task, part: Path, meter: "_Meter") -> tuple[list[int], list[int]]:
    """One share in a process of its own."""
    answer: dict[str, Any] = {}
    with Child("datasets.features.extraction") as child:
        child.write(pickle.dumps((task, str(part))))
        child.close()
        for answer in child.answers():
            if not answer:
                meter.advance()
            if meter.error is not None:
                child.kill()
    if "counts" not in answer:
        meter.fail(_error(answer, child.wait()))
    return answer.get("shape", []), answer.get("counts", [])


def _error(answer: dict[str, Any], code: int) -> Exception:
    """What made a worker end without a result."""
    if "data_error" in answer:
        return DataError(answer["data_error"])
    if "os_error" in answer:
        return OSError(*answer["os_error"])
    return RuntimeError(f"a process that extracts features ended with code {code}")


class _Meter:
    """Counts clips from several threads and tells `progress` (done, total); the first error ends all shares."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self.total, self.done, self.progress = total, 0, progress
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def advance(self) -> None:
        """One clip more."""
        with self._lock:
            self.done += 1
            if self.progress:
                self.progress(self.done, self.total)

    def fail(self, error: Exception) -> None:
        """Something went wrong; what follows from it does not count."""
        with self._lock:
            self.error = self.error or error


def _serve() -> None:
    """A worker: reads its share from stdin, writes features to the part file, answers one JSON line per clip."""
    answer = answering()
    task, part = pickle.load(sys.stdin.buffer)  # from the parent process only
    try:
        with Path(part).open("wb") as file:
            shape, counts = _extract_some(task, file, lambda: answer({}))
        answer({"shape": shape, "counts": counts})
    except DataError as error:
        answer({"data_error": str(error)})
    except BrokenPipeError:
        sys.exit(1)  # the parent is gone
    except OSError as error:
        answer({"os_error": [error.errno, error.strerror]})


if __name__ == "__main__":
    _serve()
