"""The verdict on a cell: would the same recipe on the same test items give the published number?

The published number is one run. If s is the standard deviation of the cell's value over seeds, and ours is a mean of n
seeds, then ours - published varies with s²(1/n + 1) even when the recipes are the same. The verdict asks where the 90 %
interval of that difference lies: inside ± margin (reproduced), outside (deviates), or over an edge (undecided).
It is a test of equivalence: few or noisy runs end in "undecided" and never in "reproduced".

Assumed: values over seeds are normal, with one spread for all folds and settings of a table's column, and folds vary
apart; where they have draws in common, their mean is taken for one value (judge.spread). The difference between folds
is no noise: the same folds are always tested. That seeds are added while a cell is undecided is not reckoned with.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from benchmarks.judge.bootstrap import resampled_means

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["reproduced", "deviates", "undecided", "not judged"]
#: Resamples of the bootstrap over units.
N_BOOT = 2000
CONFIDENCE = 0.90
#: More seeds than anyone will run; the search for a deciding number ends here.
_MOST_SEEDS = 10**6


@dataclass(frozen=True)
class PooledSpread:
    """The spread of values over seeds, within a fold."""

    #: standard deviation of one fold's value over seeds, in the cell's unit
    sd_fold: float
    #: folds that a cell averages over
    folds: int
    #: degrees of freedom behind `sd_fold`: 0 where no setting has two seeds on a fold, inf where it is known exactly
    dof: float

    @property
    def sd_mean(self) -> float:
        """Standard deviation over seeds of the mean over folds: its variance is Σ s_f²/F² = s²/F."""
        return self.sd_fold / math.sqrt(self.folds)


#: A fit that draws nothing gives the same value again: s = 0, measured (spread.repeats) and not estimated.
DETERMINISTIC = PooledSpread(0.0, 1, math.inf)


@dataclass(frozen=True)
class Verdict:
    """The verdict on one cell; all numbers in the cell's unit."""

    kind: Kind
    message: str
    #: ours - published, and the 90 % interval; the published value counts as the interval of its printed unit
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    #: the standard deviation over seeds behind the interval, of the mean over folds, and its degrees of freedom: inf
    #: where nothing is drawn
    sd: float | None = None
    dof: float | None = None
    verdict_at_half: Kind = "not judged"
    verdict_at_double: Kind = "not judged"
    #: for an undecided cell, the smallest number of seeds that would decide; None if no number does
    seeds_needed: int | None = None


@dataclass(frozen=True)
class ItemInterval:
    """Item noise: how a mean over items varies with the choice of test items."""

    low: float
    high: float
    sd: float


def pooled_sd(values: "pd.DataFrame") -> PooledSpread:
    """The spread over seeds within fold, pooled over the folds and settings of one column of a table.

    `values` has columns setting, fold, seed and value, one row per run; fits that draw nothing must not be among them.
    """
    groups = values.groupby(["setting", "fold"])["value"]
    dof = int((groups.size() - 1).sum())
    squares = float(((values["value"] - groups.transform("mean")) ** 2).sum())
    return PooledSpread(math.sqrt(squares / dof) if dof else math.nan, int(values["fold"].nunique()), dof)


def published_interval(published: float, unit_step: float, truncates: bool) -> tuple[float, float]:
    """Where the value behind a printed x lies: [x, x + step] if x was cut, [x - step/2, x + step/2] if rounded."""
    if not truncates:
        return published - unit_step / 2, published + unit_step / 2
    return (published, published + unit_step) if published >= 0 else (published - unit_step, published)


def judge(
    mean: float | None,
    n_seeds: int,
    spread: PooledSpread,
    published: float | None,
    unit_step: float,
    margin: float | None,
    truncates: bool,
    item_sd: float = 0.0,
    begun_runs: int = 0,
) -> Verdict:
    """The verdict on a mean over `n_seeds` seeds (values in the cell's unit).

    `unit_step` is the last printed digit (0.1 for 93.7). `item_sd`, the item noise of one side, is given only where the
    published test items differ from ours or are unknown; it counts once for each side. `begun_runs` are those of
    further seeds that lack a fold: they are in the spread already, and not in the mean.
    """
    for value, missing in ((published, "no published value"), (margin, "no margin"), (mean, "no complete seed")):
        if value is None:
            return Verdict("not judged", f"not judged: {missing}")
    assert mean is not None and published is not None and margin is not None
    bottom, top = published_interval(published, unit_step, truncates)
    difference, half_unit = mean - (bottom + top) / 2, (top - bottom) / 2
    is_tied = spread.sd_fold == 0 and math.isfinite(spread.dof)
    if spread.dof == 0 or is_tied:
        message = "undecided: one seed has no spread; run a second one"
        if is_tied:
            message = "undecided: seeds that differ have one value by chance, which tells no spread; run another one"
        return Verdict("undecided", message, difference, margin=margin, dof=spread.dof,
                       verdict_at_half="undecided", verdict_at_double="undecided")  # fmt: skip

    def half_width(seeds: float) -> float:
        """Half of the interval with so many seeds; further ones would sharpen s, too."""
        dof = spread.dof + max(0.0, spread.folds * (seeds - n_seeds) - begun_runs)
        variance = spread.sd_mean**2 * (1 / seeds + 1) + 2 * item_sd**2
        return half_unit + t_quantile(dof) * math.sqrt(variance)

    width = half_width(n_seeds)
    kind = _kind(difference, width, margin)
    needed = None
    if kind == "undecided":
        needed = _seeds_needed(lambda seeds: _kind(difference, half_width(seeds), margin) != "undecided", n_seeds)
    message = _message(kind, difference, width, margin, needed, half_width(math.inf))
    halved, doubled = (_kind(difference, width, factor * margin) for factor in (0.5, 2.0))
    low, high = difference - width, difference + width
    return Verdict(
        kind, message, difference, low, high, margin, spread.sd_mean, spread.dof, halved, doubled, needed
    )  # fmt: skip


def item_interval(per_item: np.ndarray, units: np.ndarray, n_boot: int = N_BOOT, seed: int = 0) -> ItemInterval:
    """Bootstrap interval of the mean of `per_item` (items,) over units (items,), in the unit of `per_item`.

    For percent, pass 100 x correctness, each item's mean over seeds. Percentile interval.
    """
    means = resampled_means(np.asarray(per_item, dtype=np.float64), units, n_boot, seed)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return ItemInterval(float(low), float(high), float(means.std(ddof=1)))


@lru_cache
def t_quantile(dof: float, confidence: float = CONFIDENCE) -> float:
    """Half width of a two-sided interval in standard deviations: Student's t, or the normal for endless `dof`."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + confidence) / 2
    return float(ndtri(upper) if math.isinf(dof) else stdtrit(dof, upper))


def _kind(difference: float, width: float, margin: float) -> Kind:
    if abs(difference) + width <= margin:
        return "reproduced"
    return "deviates" if abs(difference) - width > margin else "undecided"


def _seeds_needed(decides: Callable[[float], bool], n_seeds: int) -> int | None:
    """The smallest number of seeds that decides; more seeds only narrow the interval, so it can be bisected."""
    if not decides(_MOST_SEEDS):
        return None
    candidates = range(n_seeds + 1, _MOST_SEEDS + 1)
    return candidates[bisect_left(candidates, True, key=decides)]


def _message(kind: Kind, difference: float, width: float, margin: float, needed: int | None, least: float) -> str:
    interval = f"ours - published in {difference - width:+.2f} .. {difference + width:+.2f}, margin ± {margin:g}"
    if kind != "undecided":
        return f"{kind}: {interval}"
    if needed is not None:
        return f"undecided: {interval}; {needed} seeds would decide if the mean stays"
    alone = f"as the one published run alone carries ± {least:.2f}"
    return f"undecided: {interval}; with this s no number of seeds decides, {alone}"
