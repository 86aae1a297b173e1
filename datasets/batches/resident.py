"""Features that lie in memory, and batches of indices into them: no worker processes, no per-item Python."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from datasets.features.cache import Features

#: How many sets of features stay in memory after their run: the plain one and the augmented one of a sweep.
SETS_KEPT = 2
_resident: OrderedDict[tuple[object, ...], Tensor] = OrderedDict()


def resident(sets: Sequence[Features], device: torch.device) -> Tensor:
    """The rows of all sets in one tensor on `device`, shared by the runs of this process that use the same.

    One set alone stays memory-mapped on a CPU.
    """
    key = (str(device), *(one.key for one in sets))
    if key not in _resident:
        parts = [torch.from_numpy(one.array) for one in sets]
        _resident[key] = (parts[0] if len(parts) == 1 else torch.cat(parts)).to(device)
    _resident.move_to_end(key)
    while len(_resident) > SETS_KEPT:
        _resident.popitem(last=False)
    return _resident[key]


def forget() -> None:
    """Let go of what stays in memory for the next run."""
    _resident.clear()


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
    """

    def __init__(
        self,
        order: Callable[[int], tuple[Tensor, Tensor]],
        batch_size: int,
        epoch: Callable[[], int] | None = None,
        part: str = "train",
    ) -> None:
        self.order, self.batch_size, self.part = order, batch_size, part
        self._tell_epoch, self._epoch = epoch, 0
        self._segments = len(order(0)[0])

    def __len__(self) -> int:
        return math.ceil(self._segments / self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Which epoch the next iteration gives, where nobody tells it."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[Batch]:
        epoch = self._tell_epoch() if self._tell_epoch else self._epoch
        self._epoch = epoch + 1
        rows, starts = self.order(epoch)
        batches = zip(rows.split(self.batch_size), starts.split(self.batch_size), strict=True)
        for step, (batch_rows, batch_starts) in enumerate(batches):
            yield Batch(batch_rows, batch_starts, epoch, step, self.part)
