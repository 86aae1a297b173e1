"""Two models compared on the same items where nothing but the items could have come out otherwise: random signs.

Were two models equally good, what a unit adds to their difference could as well have come with the other sign. So the
units are left in or out by fair coins: a difference of `threshold` is as far off as the share of such subsets whose
mean lies beyond it, and their quantiles are the ends of the interval (J. A. Hartigan, Using subsample values as typical
values, JASA 64, 1969; exact for symmetric differences, however few units there are). For right and wrong items, each
its own unit, and no threshold this is McNemar's exact test; there the coins need not be thrown, also for whole units.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks.judge.bootstrap import unit_positions, unit_sums
from benchmarks.judge.pairs.outcomes import Outcomes
from datasets.seeds import derive

N_SUBSETS = 10_000
SIGNS = f"random signs over units ({N_SUBSETS} draws, which give no p below {2 / (N_SUBSETS + 1):.1g})"
MCNEMAR, MCNEMAR_UNITS = "exact McNemar test", "exact McNemar test, whole units"


@dataclass(frozen=True)
class Signed:
    """What random signs say of a difference: ends of the interval, two-sided p-value, and the name of the test."""

    low: float
    high: float
    p: float
    test: str


def sign_test(first: Outcomes, second: Outcomes, threshold: float, alpha: float) -> Signed:
    """The first seeds of two rows, tested on the same items; the interval covers 1 - alpha."""
    gains, sizes = _unit_gains(first, second)
    sums, weights = (subsets(len(gains)) @ np.stack([gains, sizes], axis=1)).T
    low, high = _interval(sums, weights, alpha)
    if threshold == 0 and first.is_share and second.is_share:
        whole = _merged([_whole_gains(first, second, fold) for fold in first.added], first.is_shared)
        name = MCNEMAR if len(whole) == sum(map(len, first.items.values())) else MCNEMAR_UNITS
        return Signed(low, high, mcnemar(whole), name)
    return Signed(low, high, float(signs_p(sums - threshold * weights)), SIGNS)


def mcnemar(gains: np.ndarray) -> float:
    """Exact two-sided McNemar test on how many more items the first model got right in each unit (units,): the p-value.

    Only units that one model got more of right say anything; were the models equally good, each such unit would be a
    fair coin. 1 where there is no such unit.
    """
    whole = np.rint(gains).astype(np.int64)
    # (sums,) the chance of each sum of the units that are left in, from the lowest one on
    chances = np.ones(1)
    for step in np.abs(whole[whole != 0]):
        wider = np.zeros(len(chances) + step)
        wider[: len(chances)] += chances / 2
        wider[step:] += chances / 2
        chances = wider
    zero = -int(whole[whole < 0].sum())
    return min(1.0, 2 * float(min(chances[: zero + 1].sum(), chances[zero:].sum())))


@lru_cache(maxsize=4)
def subsets(n_units: int, n_subsets: int = N_SUBSETS) -> np.ndarray:
    """(n_subsets, n_units) uint8 of 0 and 1: which units are left in. The same arguments, the same draws."""
    chosen = np.random.default_rng(derive(0, "signs")).integers(0, 2, (n_subsets, n_units), dtype=np.uint8)
    chosen.flags.writeable = False
    return chosen


def signs_p(beyond: np.ndarray) -> np.ndarray:
    """Two-sided p-values (...) from how far subsets are beyond the threshold (subsets, ...).

    Never 0, because the sample itself counts as a draw. A tie must not hang on the last binary digit.
    """
    rounded = np.round(beyond, 9)
    tails = np.minimum((rounded <= 0).sum(axis=0), (rounded >= 0).sum(axis=0))
    p: np.ndarray = np.minimum(1.0, 2 * (1 + tails) / (len(beyond) + 1))
    return p


def _unit_gains(first: Outcomes, second: Outcomes) -> tuple[np.ndarray, np.ndarray]:
    """(units of all folds,) what each adds to the mean over folds of the difference, and its share of the items.

    Where all folds have the same items, a unit of all of them is one.
    """
    gains, sizes = [], []
    for fold in first.added:
        positions, share = unit_positions(first.units[fold]), 1 / len(first.items[fold]) / len(first.added)
        added = first.scale * first.added[fold][0] - second.scale * second.added[fold][0]
        gains.append(share * unit_sums(added, positions))
        sizes.append(share * np.bincount(positions))
    return _merged(gains, first.is_shared), _merged(sizes, first.is_shared)


def _merged(by_fold: list[np.ndarray], is_shared: bool) -> np.ndarray:
    """What units add in each fold, (units,) each: side by side, or summed where all folds have the same units."""
    merged: np.ndarray = np.sum(by_fold, axis=0) if is_shared else np.concatenate(by_fold)
    return merged


def _whole_gains(first: Outcomes, second: Outcomes, fold: int | str) -> np.ndarray:
    return unit_sums(first.added[fold][0] - second.added[fold][0], unit_positions(first.units[fold]))


def _interval(sums: np.ndarray, weights: np.ndarray, alpha: float) -> tuple[float, float]:
    """Where the p-value falls below alpha; a subset without any unit lies beyond every threshold, on both sides."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / weights
    low, high = (np.sort(np.where(weights > 0, means, end)) for end in (-np.inf, np.inf))
    beyond = int(alpha / 2 * len(means))
    return float(low[beyond]), float(high[-1 - beyond])
