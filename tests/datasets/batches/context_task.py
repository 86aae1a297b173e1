"""Tasks that chunks and draws solve which are what the soft-label paper's code makes of them.

Each function returns shares that come out right: as the table of seconds and the sampler have it, and with the fault
that a short training hardly feels.
"""

import numpy as np
import torch
from torch import Tensor

from datasets.batches.seconds import SecondTable, balanced_weights, draw_balanced

#: Seconds of recordings, frames of a second and behind the last complete one, seconds to either side of a target.
LENGTHS, PER_SECOND, BEHIND, REACH = (9, 12, 7), 5, 3, 2
#: Items of each class, the last of them rare.
SIZES, BATCH, EPOCHS = (400, 90, 10), 16, 20


def shifted(seed: int) -> tuple[float, float]:
    """Targets whose second is in the middle of their chunk: in the chunks, and in those of the next target."""
    table, plain = _recordings()
    order = torch.randperm(sum(LENGTHS), generator=torch.Generator().manual_seed(seed))
    chunks = table.frames(table.around(order, REACH))
    middle = chunks[:, REACH * PER_SECOND : (REACH + 1) * PER_SECOND]
    late = chunks[:, (REACH + 1) * PER_SECOND : (REACH + 2) * PER_SECOND]
    inner = order < table.highs[order] - 1  # the last second's next one is itself again
    wanted = plain[order]
    return tuple(float((found == wanted)[inner].all(1).float().mean()) for found in (middle, late))  # type: ignore[return-value]


def borders(seed: int) -> tuple[float, float]:
    """Seconds beyond an end that are the central one again: in the chunks, and where the last one there is repeated.

    Asked of targets that are not the first or last second themselves.
    """
    table, plain = _recordings()
    order = torch.randperm(sum(LENGTHS), generator=torch.Generator().manual_seed(seed))
    near = order[:, None] + torch.arange(-REACH, REACH + 1)
    low, high = table.lows[order][:, None], table.highs[order][:, None]
    beyond = ((near < low) | (near >= high)) & (order[:, None] > low) & (order[:, None] < high - 1)
    found = table.frames(table.around(order, REACH)).unflatten(1, (-1, PER_SECOND))
    repeated = plain[near.clamp(low, high - 1)]
    wanted = plain[order][:, None]
    return tuple(float((one == wanted).all(2)[beyond].float().mean()) for one in (found, repeated))  # type: ignore[return-value]


def balanced(seed: int) -> tuple[float, float]:
    """How near the rarest class comes to its equal share at alpha 1: in the draws, and where alpha does not count."""
    classes = torch.tensor(np.repeat(np.arange(len(SIZES)), SIZES))
    return _rarest(classes, 1.0, seed), _rarest(classes, 0.0, seed)


def _rarest(classes: Tensor, alpha: float, seed: int) -> float:
    generator = torch.Generator().manual_seed(seed)
    weights = balanced_weights(classes, alpha)
    drawn = classes[torch.cat([draw_balanced(weights, BATCH, generator) for _ in range(EPOCHS)])]
    return float((drawn == len(SIZES) - 1).float().mean()) * len(SIZES)


def _recordings() -> tuple[SecondTable, Tensor]:
    """The table, and the frames of every second (seconds, frames) counted one recording after the other."""
    frames = [length * PER_SECOND + BEHIND for length in LENGTHS]
    begins = np.cumsum([0, *frames])
    plain = [
        np.arange(PER_SECOND) + begin + PER_SECOND * second
        for begin, length in zip(begins[:-1], LENGTHS, strict=True) for second in range(length)
    ]  # fmt: skip
    return SecondTable.of(frames, LENGTHS, PER_SECOND), torch.from_numpy(np.stack(plain))
