"""The arithmetic of event-related data conditioning on batches of clips (section 2.2 of the paper).

All counts as in float64: in float32 the truncation of a range flips now and then. Past and future of a frame both
include it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.edc.single import LARGEST_SINGLE, single_distances

#: Clips at a time: one on a CPU, so that a clip's numbers cannot depend on its batch; more where launches cost time.
CLIPS_ON_ACCELERATOR = 16
#: Frames whose similarities are held at a time, and frames that share a window of neighbours; both by measurement.
ROWS, WINDOW = 128, 16
#: The largest similarity up to which sums of exp(similarity) stay far from overflow (exp(709) in float64).
LARGEST = 500.0


def clipwise(x: Tensor, work: Callable[[Tensor], Sequence[Tensor]]) -> list[Tensor]:
    """The tensors that `work` gives for frames (b, T, D), over all clips of x (B, T, D) or for the one of x (T, D).

    Raises ValueError for other axes, for nothing, and for values that are not finite.
    """
    if x.ndim not in (2, 3) or not x.numel():
        raise ValueError(f"frames must be (batch, time, bands) or (time, bands), not {tuple(x.shape)}")
    if not torch.stack(x.aminmax()).isfinite().all():
        raise ValueError("frames hold NaN or infinite values; look for the clip and its features")
    if x.ndim == 2:
        return [found[0] for found in clipwise(x[None], work)]
    with _one_thread():
        parts = [work(clips) for clips in x.split(1 if x.device.type == "cpu" else CLIPS_ON_ACCELERATOR)]
    return [torch.cat(found) for found in zip(*parts, strict=True)]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Inside, torch uses one: a clip is less work than the wait for a second on a machine that is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def rescale(frames: Tensor) -> Tensor:
    """Frames (B, T, D) as float64 with minimum 0 and maximum 1 per clip.

    Raises ValueError where a clip is constant.
    """
    low, high = frames.amin((1, 2), keepdim=True).double(), frames.amax((1, 2), keepdim=True).double()
    if (low == high).any():
        raise ValueError("a clip is constant, so that it has no range to rescale; leave it out or use similarity 'raw'")
    return (frames.double() - low) / (high - low)


@lru_cache(maxsize=2)
def decays(frames: int, rate: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """exp(-rate d) and d exp(-rate d), d = i - j frames from j to i, as matrices (T, T) over i and j <= i."""
    distance = torch.arange(frames, dtype=torch.float64, device=device)
    decay = torch.exp(-rate * distance)
    lag = (distance[:, None] - distance).clamp_(min=0).long()
    return decay[lag], (distance * decay)[lag]


def expected_distances(z: Tensor, rate: float, renormalise: bool) -> tuple[Tensor, Tensor]:
    """How many frames back and ahead each frame looks, (B, T) both: the sums of distance x share x decay.

    A single clip on a CPU may get them with the error of float32, never on another side of a whole or half number.

    z: (B, T, D), float64; the shares are a softmax of its products over the past, and one over the future.
    renormalise: divide by the sum of share x decay.
    """
    law = decays(z.shape[1], rate, z.device)
    largest = float(torch.linalg.vector_norm(z, dim=2).amax()) ** 2  # no product of two frames is larger
    if largest <= LARGEST_SINGLE and len(z) == 1 and z.device.type == "cpu":
        found = single_distances(z[0], law, renormalise, largest)
        if found:
            return torch.from_numpy(found[0])[None], torch.from_numpy(found[1])[None]
    if largest <= LARGEST:
        return _both_sides(z, law, renormalise)
    return _past(z, law, renormalise), _past(z.flip(1), law, renormalise).flip(1)


def _both_sides(z: Tensor, law: tuple[Tensor, Tensor], renormalise: bool) -> tuple[Tensor, Tensor]:
    """For moderate similarities, which need no maximum subtracted.

    The matrix is symmetric: its lower triangle, summed along one axis, is the past of the later frame, and along the
    other one the future of the earlier frame.
    """
    past, future = z.new_zeros(2, *z.shape[:2]), z.new_zeros(2, *z.shape[:2])
    for start in range(0, z.shape[1], ROWS):
        stop = min(start + ROWS, z.shape[1])
        weights = (z[:, start:stop] @ z[:, :stop].mT).exp_()
        weights[:, :, start:].tril_()
        shares = weights * law[0][start:stop, :stop] if renormalise else weights
        past[1, :, start:stop] = shares.sum(2)
        future[1, :, :stop] += shares.sum(1)
        weights *= law[1][start:stop, :stop]
        past[0, :, start:stop] = weights.sum(2)
        future[0, :, :stop] += weights.sum(1)
    return past[0] / past[1], future[0] / future[1]


def _past(z: Tensor, law: tuple[Tensor, Tensor], renormalise: bool) -> Tensor:
    """For similarities of any size: the past alone, each row less its own maximum."""
    found = z.new_zeros(z.shape[:2])
    for start in range(0, z.shape[1], ROWS):
        stop = min(start + ROWS, z.shape[1])
        products = z[:, start:stop] @ z[:, :stop].mT
        later = torch.ones(stop - start, stop - start, dtype=torch.bool, device=z.device).triu(1)
        products[:, :, start:].masked_fill_(later, -torch.inf)
        weights = products.sub_(products.amax(2, keepdim=True)).exp_()
        shares = weights * law[0][start:stop, :stop] if renormalise else weights
        found[:, start:stop] = (weights * law[1][start:stop, :stop]).sum(2) / shares.sum(2)
    return found


def neighbour_mean(z: Tensor, values: Tensor, past: Tensor, future: Tensor) -> Tensor:
    """Each frame of `values` (B, T, D) averaged with its neighbours, by the softmax of their similarity in z (B, T, D).

    past, future: integers (B, T), how many frames each side reaches; within the clip.
    """
    frames = z.shape[1]
    reach, ahead = int(past.max()), int(future.max())
    missing = -frames % WINDOW
    width = WINDOW + reach + ahead

    def windows(matrix: Tensor) -> Tensor:  # (B, T / WINDOW, width, D): every neighbour of WINDOW frames
        return F.pad(matrix, (0, 0, reach, missing + ahead)).unfold(1, width, WINDOW).mT

    def groups(matrix: Tensor) -> Tensor:  # (B, T / WINDOW, WINDOW, 1)
        return F.pad(matrix, (0, missing)).unflatten(1, (-1, WINDOW)).unsqueeze(3)

    neighbours = windows(z)
    products = neighbours[:, :, reach : reach + WINDOW] @ neighbours.mT
    steps = torch.arange(width, device=z.device) - reach - torch.arange(WINDOW, device=z.device)[:, None]
    products.masked_fill_((steps < -groups(past)) | (steps > groups(future)), -torch.inf)
    averaged = products.softmax(3) @ (neighbours if values is z else windows(values))
    return averaged.flatten(1, 2)[:, :frames]
