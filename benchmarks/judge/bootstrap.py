"""Units: items of one source go together, because they are not independent. The bootstrap draws whole units.

A resample draws as many units as there are, with replacement. Counting how often each unit was drawn turns every
resampled mean into a product of two matrices, so thousands of resamples cost milliseconds.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=16)
def unit_counts(n_units: int, n_boot: int, seed: int) -> np.ndarray:
    """(n_boot, n_units) float32: how often each unit is drawn in each resample. The same arguments, the same draws."""
    draws = np.random.default_rng(seed).integers(0, n_units, (n_boot, n_units))
    cells = draws + n_units * np.arange(n_boot)[:, None]
    counts = np.bincount(cells.ravel(), minlength=n_boot * n_units).reshape(n_boot, n_units).astype(np.float32)
    counts.flags.writeable = False
    return counts


def unit_positions(units: Sequence[str] | np.ndarray) -> np.ndarray:
    """(items,) the position of each item's unit among the sorted unit names."""
    return np.unique(np.asarray(units), return_inverse=True)[1]


def unit_sums(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Sums of `values` (..., items) over the items of each unit, by its position (items,): (..., units)."""
    order = np.argsort(positions, kind="stable")
    starts = np.flatnonzero(np.diff(positions[order], prepend=-1))
    sums: np.ndarray = np.add.reduceat(values[..., order], starts, axis=-1)
    return sums


def resampled_means(values: np.ndarray, units: Sequence[str] | np.ndarray, n_boot: int, seed: int) -> np.ndarray:
    """Means over items of `values` (items, ...) in each resample of the units: (n_boot, ...) float64.

    A resample with large units has more items, so its mean is a ratio of two sums. Sums of whole numbers are exact.
    """
    positions = unit_positions(units)
    sums, sizes = unit_sums(np.moveaxis(values, 0, -1), positions), np.bincount(positions)
    counts = unit_counts(len(sizes), n_boot, seed)
    totals = (counts @ sums.reshape(-1, len(sizes)).T.astype(np.float32)).astype(np.float64)
    items = (counts @ sizes.astype(np.float32)).astype(np.float64)
    return (totals / items[:, None]).reshape(n_boot, *values.shape[1:])
