"""Expected distances of one clip on a CPU, in float32, and in float64 where the error of float32 could move a range.

Half as many bytes go through the caches as in float64, twice as many numbers through each instruction.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Double = NDArray[np.float64]
Law = tuple[Tensor, Tensor]

#: Frames whose similarities are held at a time: those of a clip of 10 s fit in 256 KiB of cache.
ROWS = 128
#: The largest similarity up to which sums of exp(similarity) stay far from overflow (exp(88) in float32).
LARGEST_SINGLE = 70.0
#: Half the distance of float32 numbers at 1.
UNIT = 2.0**-24
#: A distance this near to a cut is doubtful whatever its size: renormalised ones are rounded to a grid as fine.
CLOSE = 1e-9
#: The share of doubtful frames beyond which the whole clip in float64 is faster.
MANY = 1 / 8


def single_distances(z: Tensor, law: Law, renormalise: bool, largest: float) -> tuple[Double, Double] | None:
    """How many frames back and ahead each frame of z (T, D) looks, as transform.expected_distances says.

    On the same side of every whole and half number as in float64; None where that alone is faster.

    law: what transform.decays gives.
    largest: no product of two frames is larger; at most LARGEST_SINGLE.
    """
    frames, bands = z.shape
    # of a product of rounded values, of exp and the law, of a sum over frames; in both sums of the quotient
    error = 2 * UNIT * ((bands + 2) * largest + frames + 16)
    single = _as_single(law)
    if 4 * error * float(single[1][-1].max()) > MANY:  # a frame has two distances, each with cuts on both sides
        return None
    past, future = _both_sides(z.float(), single, renormalise)
    rows = np.flatnonzero(_doubtful(past, error) | _doubtful(future, error))
    if len(rows) > MANY * frames:
        return None
    if len(rows):
        past[rows], future[rows] = _again(z, torch.from_numpy(rows), law, renormalise)
    return past, future


def _both_sides(z: Tensor, law: Law, renormalise: bool) -> tuple[Double, Double]:
    """The matrix is symmetric: rows of its lower triangle are pasts, and its columns are futures."""
    frames = len(z)
    past, triangle = torch.empty(2, frames, dtype=torch.float64), _triangle()
    future = torch.zeros(2, frames, dtype=torch.float64)
    room, ones = torch.empty(ROWS * frames), torch.ones(frames)
    for start in range(0, frames, ROWS):
        stop = min(start + ROWS, frames)
        count = stop - start
        weights = torch.mm(z[start:stop], z[:stop].T, out=room[: count * stop].view(count, stop)).exp_()
        weights[:, start:] *= triangle[:count, :count]
        shares = weights * law[0][start:stop, :stop] if renormalise else weights
        past[1, start:stop] = shares.mv(ones[:stop])
        future[1, :stop] += shares.T.mv(ones[:count])
        weights *= law[1][start:stop, :stop]
        past[0, start:stop] = weights.mv(ones[:stop])
        future[0, :stop] += weights.T.mv(ones[:count])
    return (past[0] / past[1]).numpy(), (future[0] / future[1]).numpy()


def _doubtful(found: Double, error: float) -> NDArray[np.bool_]:
    """Which distances may lie on the other side of a whole or a half number; 0 is exact."""
    off = np.abs(found - np.rint(2 * found) / 2)
    return (off <= error * found + CLOSE) & (found > 0)


def _again(z: Tensor, rows: Tensor, law: Law, renormalise: bool) -> list[Double]:
    """Past and future of the frames `rows` in float64."""
    weights = (z[rows] @ z.T).exp()
    place, found, (decay, far) = torch.arange(len(z)), [], law
    for sides, inside in (
        ((decay[rows], far[rows]), place <= rows[:, None]),
        ((decay[:, rows].T, far[:, rows].T), place >= rows[:, None]),
    ):
        kept = weights * inside
        found.append(((kept * sides[1]).sum(1) / (kept * sides[0] if renormalise else kept).sum(1)).numpy())
    return found


@lru_cache(maxsize=2)
def _as_single(law: Law) -> Law:
    return law[0].float(), law[1].float()


@lru_cache(maxsize=1)
def _triangle() -> Tensor:
    return torch.ones(ROWS, ROWS).tril()
