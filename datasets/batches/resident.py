"""Features that lie in memory, and batches of indices into them: no worker processes, no per-item Python."""

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.lib import format as npy
from numpy.typing import NDArray
from torch import Tensor

from datasets.features.cache import FORMAT, Facts, FeatureCache, Features, Wanted

#: How many sets of features stay in memory after their run: the plain one and the augmented one of a sweep.
SETS_KEPT = 2
#: Rows that are copied at a time.
TOGETHER = 256
_resident: OrderedDict[tuple[object, ...], Tensor] = OrderedDict()
#: how many sets are kept, a stack of which the top counts
_limits = [SETS_KEPT]


def resident(sets: Sequence[Features], device: torch.device) -> Tensor:
    """The rows of all sets in one tensor on `device`, shared by the runs of this process that use the same.

    On a CPU it is memory-mapped, so that all processes share it.
    """
    key = (str(device), *(one.key for one in sets))
    if key not in _resident:
        values = sets[0].array if len(sets) == 1 else joined(sets)
        _resident[key] = torch.from_numpy(values).to(device)
    _resident.move_to_end(key)
    while len(_resident) > _limits[-1]:
        _resident.popitem(last=False)
    return _resident[key]


@contextmanager
def keeping(sets: int) -> Iterator[None]:
    """Inside, so many sets of features stay in memory, for that many are used by turns."""
    _limits.append(max(sets, _limits[-1]))
    try:
        yield
    finally:
        _limits.pop()


def forget() -> None:
    """Let go of what stays in memory for the next run."""
    _resident.clear()


def joined(sets: Sequence[Features]) -> NDArray[np.floating]:
    """The rows of cached sets of one extractor, one set after the other, memory-mapped; made first if need be.

    Batches are gathered of one tensor; put together in memory, it would be there once for every process. On disk it
    takes as much again as the sets themselves.
    Raises DataError where the disk refuses.
    """
    return JoinedCache(_folder(sets[0]).parent).join(sets)


class JoinedCache(FeatureCache):
    """Joined features below `folder` (of which `joined/` is used), as safe as those of `FeatureCache`."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder)
        self.folder = Path(folder) / "joined"

    def join(self, sets: Sequence[Features]) -> NDArray[np.floating]:
        """The rows of all sets, one set after the other."""
        # A key does not change with the code behind its features, but what they are does.
        parts = [[one.key, json.loads(_description(one).read_text(encoding="utf-8"))["crc32"]] for one in sets]
        wanted = Wanted.by({"format": FORMAT, "joined": parts, "items": []}, {})
        return self._kept(wanted, lambda paths: [_write(paths[wanted], sets)]).array


def _folder(one: Features) -> Path:
    assert isinstance(one.array, np.memmap) and one.array.filename is not None
    return Path(one.array.filename).parent


def _description(one: Features) -> Path:
    return _folder(one) / f"{one.key}.json"


def _write(path: Path, sets: Sequence[Features]) -> Facts:
    first, rows = sets[0].array, sum(len(one.array) for one in sets)
    shape = (rows, *first.shape[1:])
    with path.open("wb") as file:
        npy.write_array_header_1_0(file, {"descr": first.dtype.str, "fortran_order": False, "shape": shape})
        for one in sets:
            for start in range(0, len(one.array), TOGETHER):
                file.write(np.ascontiguousarray(one.array[start : start + TOGETHER]).data)
    return {"shape": list(shape), "counts": [len(one.array) for one in sets]}


class Batch(NamedTuple):
    """Which segments make up a batch: row and start of each (B,), and the batch's place in the training."""

    rows: Tensor
    starts: Tensor
    epoch: int
    step: int
    #: which of the data module's sets of features the rows are of
    part: str = "train"


class ResidentLoader:
    """Iterates over batches of one epoch's segments, the last of them as small as it comes.

    order: from an epoch (from 0) to the rows and starts (N,) of its segments, in order.
    batch_size: segments per batch.
    epoch: tells the current epoch; without it, the epochs are counted, or set by `set_epoch`.
    part: the set of features that the rows are of, for data modules that have several.
    made: turns a batch into its tensors, which is what an iteration then gives; `batches` gives the indices.
    """

    def __init__(
        self,
        order: Callable[[int], tuple[Tensor, Tensor]],
        batch_size: int,
        epoch: Callable[[], int] | None = None,
        part: str = "train",
        made: Callable[[Batch], Any] = lambda batch: batch,
    ) -> None:
        self.order, self.batch_size, self.part, self.made = order, batch_size, part, made
        self._tell_epoch, self._epoch = epoch, 0
        self._segments = len(order(0)[0])

    def __len__(self) -> int:
        return math.ceil(self._segments / self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Which epoch the next iteration gives, where nobody tells it."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        return map(self.made, self.batches())

    def batches(self) -> Iterator[Batch]:
        """The indices of each batch of an epoch."""
        epoch = self._tell_epoch() if self._tell_epoch else self._epoch
        self._epoch = epoch + 1
        rows, starts = self.order(epoch)
        batches = zip(rows.split(self.batch_size), starts.split(self.batch_size), strict=True)
        for step, (batch_rows, batch_starts) in enumerate(batches):
            yield Batch(batch_rows, batch_starts, epoch, step, self.part)
