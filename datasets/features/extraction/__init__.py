"""The extraction of features in worker processes, each of which computes with one thread."""

import pickle
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from datasets.acquire.whole import work_folder
from datasets.errors import DataError
from datasets.features.copies import Copy
from datasets.processes import in_processes

#: Work of less than so many seconds is done in this process: a worker needs about one to start.
SECONDS_WORTH_A_WORKER = 4.0
#: How many shares each process gets, at least, as far as there are clips; and the clips of a share, at most.
SHARES_EACH, MOST_AT_A_TIME = 8, 32


@dataclass(frozen=True)
class Task:
    """What to extract: one variant of some clips of a dataset, by one extractor or by several from the same samples.

    Of several extractors, none takes files.
    """

    dataset: Any
    extractors: tuple[Any, ...]
    variant: Copy
    items: tuple[str, ...]
    labels: tuple[str, ...]

    def share(self, part: slice) -> "Task":
        """The same for some of the clips."""
        return replace(self, items=self.items[part], labels=self.labels[part])

    def rows(self, position: int) -> list[np.ndarray]:
        """The features (rows, ...) of one clip, by each extractor. Raises DataError if they cannot be had."""
        item, rate = self.items[position], self.dataset.sample_rate
        samples = self.variant(self._samples(item), rate, item, self.labels[position])
        found: dict[int, np.ndarray] = {}
        try:
            kinds: list[Any] = [type(one) for one in self.extractors]
            for kind in dict.fromkeys(kinds):
                alike = [number for number, other in enumerate(kinds) if other is kind]
                made = kind.each([self.extractors[number] for number in alike], samples, rate)
                found |= zip(alike, made, strict=True)
        except ValueError as error:
            raise DataError(f"{item}: {error}") from error
        return [found[number] if one.segmented else found[number][None] for number, one in enumerate(self.extractors)]

    def _samples(self, item: str) -> np.ndarray:
        samples, first = self.dataset.load(item), self.extractors[0]  # with all its checks
        return first.read(self._paths[item]) if first.takes_files else samples

    @property
    def dtypes(self) -> list[np.dtype[Any]]:
        """How features are stored: little-endian float32, unless the extractor says less."""
        return [np.dtype(one.dtype).newbyteorder("<") for one in self.extractors]

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return self.dataset.paths()


@dataclass
class Written:
    """What one extractor made of some clips: the shape of a row, None before the first one, and rows per clip."""

    shape: list[int] | None = None
    counts: list[int] = field(default_factory=list)

    @property
    def full(self) -> list[int]:
        """The shape of all rows."""
        return [sum(self.counts), *(self.shape or [])]


def extract(
    task: Task, targets: Sequence[Path], jobs: int, progress: Callable[[int, int], None] | None = None
) -> list[Written]:
    """Write the features of all clips, concatenated, as .npy: those of each extractor to its target.

    Small work is done here, the rest by `jobs` processes; each clip is read once for all extractors. Raises DataError
    for clips that cannot be used, OSError where the disk refuses.
    """
    with work_folder(targets[0].with_name("parts")) as folder:
        found, parts = _extract_parts(task, folder, jobs, _Meter(len(task.items), progress))
        for target, dtype, written, own in zip(targets, task.dtypes, found, zip(*parts, strict=True), strict=True):
            with target.open("wb") as file:
                head = {"descr": dtype.str, "fortran_order": False, "shape": tuple(written.full)}
                npy.write_array_header_1_0(file, head)
                for part in own:
                    with part.open("rb") as source:
                        shutil.copyfileobj(source, file, 1 << 22)
                    part.unlink()
    return found


def _extract_parts(task: Task, folder: Path, jobs: int, meter: "_Meter") -> tuple[list[Written], list[list[Path]]]:
    """Write the features to as many parts as are needed, in order: a file for each extractor, which are returned."""

    def files_of(number: int) -> list[Path]:
        return [folder / f"{number}-{extractor}" for extractor in range(len(task.extractors))]

    parts = [files_of(0)]
    found = extract_some(task, parts[0], meter.advance, _Clock(len(task.items), jobs).is_worth_workers)
    left = task.share(slice(len(found[0].counts), None))
    if left.items:
        content = pickle.dumps(left)
        at_a_time = max(1, min(MOST_AT_A_TIME, len(left.items) // (jobs * SHARES_EACH)))
        shares = [slice(first, first + at_a_time) for first in range(0, len(left.items), at_a_time)]
        parts += [files_of(number) for number in range(1, len(shares) + 1)]
        work = [(content, share, files) for share, files in zip(shares, parts[1:], strict=True)]
        for result in in_processes(_extract_share, work, jobs):
            for whole, more in zip(found, result, strict=True):
                _check_shapes(task, whole, more.shape or [])
                whole.counts += more.counts
            meter.advance(len(result[0].counts))
    return found, parts


def _extract_share(content: bytes, share: slice, files: Sequence[Path]) -> list[Written]:
    """In another process: one share of a task."""
    return extract_some(_unpacked(content).share(share), files)


@lru_cache(maxsize=1)
def _unpacked(content: bytes) -> Task:
    """The task, once for all shares of it: its dataset may keep what clips have in common."""
    task: Task = pickle.loads(content)  # from the parent process only
    return task


def extract_some(
    task: Task, parts: Sequence[Path], advance: Callable[[], None] = lambda: None,
    enough: Callable[[int], bool] = lambda done: False,
) -> list[Written]:  # fmt: skip
    """Write the clips' features to the files of a part, until `enough` says so."""
    found = [Written() for _ in parts]
    with ExitStack() as opened:
        files = [opened.enter_context(part.open("wb")) for part in parts]
        for position, item in enumerate(task.items):
            for rows, dtype, file, written in zip(task.rows(position), task.dtypes, files, found, strict=True):
                values = np.ascontiguousarray(rows, dtype=dtype)
                _check_shapes(task, written, list(values.shape[1:]), item)
                file.write(values.data)
                written.counts.append(len(values))
            advance()
            if enough(position + 1):
                break
    return found


def _check_shapes(task: Task, written: Written, found: Sequence[int], item: str = "") -> None:
    """Note the shape of the first rows. Raises DataError for others that have another."""
    if written.shape is None:
        written.shape = list(found)
    if written.shape != list(found):
        where = item or f"a clip among {task.items[0]} ... {task.items[-1]}"
        raise DataError(
            f"{where}: features of shape {tuple(found)}, elsewhere {tuple(written.shape)}; all clips must have one "
            "length (`python -m benchmarks data check` tells which have not)"
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


class _Meter:
    """Counts clips, and tells `progress` (done, total) of each."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self.total, self.done, self.progress = total, 0, progress

    def advance(self, clips: int = 1) -> None:
        """So many clips more."""
        for _ in range(clips):
            self.done += 1
            if self.progress:
                self.progress(self.done, self.total)
