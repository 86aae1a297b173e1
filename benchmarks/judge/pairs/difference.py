"""The difference of two rows, and how it would vary with other seeds and other test items.

Two things could have come out otherwise. *Items*: were other units drawn (the clips of one source together), both rows
would be read on them, so what counts is how the difference of the rows varies between units. *Seeds*: were the
trainings drawn again, each row would vary by itself. Seeds are not paired: networks that start from the same number
draw different weights, and an order of clips that both share could only make their difference vary less than is assumed
here. Folds (or the columns of a mean) are always the same and each has trainings of its own, so their spread is no
noise and their variances add up. Where the folds of a seed have draws in common (copies of clips that are made once),
it is their mean that varies from seed to seed, with n - 1 degrees of freedom for all of them. Where all folds were
tested on the same items (an evaluation set), no fold brings items of its own: there an item's d is its mean over folds,
and the items' part is computed once.

Per fold, with m items, U units, n seeds a side, and everything in the unit of the metric:

    items   U/(U-1) Σ_units (Σ_items d - mean of d)² / m², with d an item's difference of the means over seeds
    flips   the same of what seed and item add beyond their means, over n - 1 and n: a seed's luck with single items
    seeds   the variance of the n means over items, over n

The means of seeds vary by what moves all items together, and by the flips. The items' part holds the flips as well, so
they are taken off there, once: of the sum over folds, which is cut at zero then; the degrees of freedom are those of
the items as they stand. The variance of the difference is the sum of both parts. Each fold and side has n - 1
degrees of freedom for its seeds, and each fold U - 1 for its items, or fewer where few units make most of their
variance: 2U / (k - 1) with k the kurtosis of the units' sums, which is 3 for normal ones. Welch's formula puts the
folds and sides of each part together.

Half of an interval is the root of t² * items + t² * seeds, each with the t quantile of its own degrees of freedom
(K. S. Banerjee, On confidence interval for two-means problem based on separate estimates of variances and tabulated
values of t-table, Sankhya A 23, 1961). One t with Satterthwaite's degrees of freedom for the sum is sharper, but where
three seeds of one side are most of the variance it calls up to 8 of 100 equal methods different at the level of 5 %.
`python -m tests.benchmarks.judge.simulation` shows what this one does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.judge.bootstrap import unit_positions, unit_sums
from benchmarks.judge.pairs.outcomes import Outcomes

#: Quantiles of the seeds' variance over which the power is a mean.
_QUANTILES = (np.arange(200) + 0.5) / 200


def least_p_of(units: int) -> float:
    """The least two-sided p-value that a sign test over so many units could give."""
    return min(1.0, 2.0 ** (1 - units))


@dataclass(frozen=True, eq=False)
class Difference:
    """A difference with the two parts of its variance; all (...): one number, or one per simulated pair of rows."""

    value: np.ndarray
    #: inf where a fold has one unit, of which nothing can be learnt
    item_variance: np.ndarray
    #: by Welch's formula; 1 where the variance is zero or unknown
    item_dof: np.ndarray
    seed_variance: np.ndarray
    seed_dof: np.ndarray
    #: units of all folds
    units: int

    @property
    def varies(self) -> bool:
        """Whether seeds or items make any difference here, so that something is known of how much."""
        return bool(np.any(self.item_variance + self.seed_variance > 0))

    def half_width(self, alpha: float | np.ndarray) -> np.ndarray:
        """Half of the interval that covers 1 - alpha: (...); without end where so few units decide nothing so sure."""
        return np.where(np.asarray(alpha) < self.least_p, np.inf, self._half_width(alpha, self.seed_variance))

    @property
    def least_p(self) -> float:
        """What a sign test over the units could give, however small the variance: no p-value is less."""
        return least_p_of(self.units)

    def p(self, threshold: float = 0.0) -> np.ndarray:
        """Two-sided p-value of "the difference is `threshold`": where an interval around it would end there: (...)."""
        off = np.abs(np.round(self.value - threshold, 9))  # a tie must not hang on the last binary digit
        low, high = np.full(off.shape, -16.0), np.zeros(off.shape)
        for _ in range(50):
            middle = (low + high) / 2
            covered = off <= self._half_width(10**middle, self.seed_variance)
            low, high = np.where(covered, middle, low), np.where(covered, high, middle)
        return np.maximum(10**high, self.least_p)

    def power(self, difference: float, alpha: float) -> float:
        """The chance that a true difference so large is told from none, if the variances are those found here."""
        from scipy.special import gammaincinv, ndtr

        sd = np.sqrt(self.item_variance + self.seed_variance)
        if alpha < self.least_p or not np.isfinite(sd):
            return 0.0
        if sd == 0:
            return 1.0
        drawn = self.seed_variance * gammaincinv(self.seed_dof / 2, _QUANTILES) * 2 / self.seed_dof
        half = self._half_width(alpha, drawn)
        return float(np.mean(ndtr((-half - difference) / sd) + ndtr((difference - half) / sd)))

    def _half_width(self, alpha: float | np.ndarray, seed_variance: np.ndarray) -> np.ndarray:
        from scipy.special import stdtrit

        items, seeds = (-stdtrit(dof, np.asarray(alpha) / 2) for dof in (self.item_dof, self.seed_dof))
        half: np.ndarray = np.sqrt(items**2 * self.item_variance + seeds**2 * seed_variance)
        return half


@dataclass(frozen=True, eq=False)
class _Fold:
    """The parts of one fold, all (...)."""

    value: np.ndarray
    items: np.ndarray
    item_dof: np.ndarray
    flips: np.ndarray
    units: int


def difference_of(first: Outcomes, second: Outcomes) -> Difference:
    """First less second in the unit of the metric, above zero where the first row is better.

    A side with one seed is taken for a model that would come out the same again. Both rows were tested on the same
    items.
    """
    return difference(
        (
            (first.scale * first.added[fold], second.scale * second.added[fold], unit_positions(first.units[fold]))
            for fold in first.added
        ),
        first.is_shared,
        (first.is_bound, second.is_bound),
    )


def difference(
    folds: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]],
    is_shared: bool = False,
    bound: tuple[bool, bool] = (False, False),
) -> Difference:
    """Of two rows' means over folds: for each fold what items add to both, (..., seeds, items), and unit (items,).

    is_shared: all folds have the same items, in the same order. bound: of each row, whether the folds of a seed have
    draws in common; its seeds are then in one order in all folds.
    """
    given = list(folds)
    parts = [_fold(*fold) for fold in given]
    n = len(parts)
    items, flips, item_dof = (
        np.stack(each, axis=-1)
        for each in zip(*((part.items, part.flips, part.item_dof) for part in parts), strict=True)
    )
    of_sides = [_seeds_of_side([fold[side] for fold in given], bound[side]) for side in (0, 1)]
    seeds, seed_dof = (np.concatenate(each, axis=-1) for each in zip(*of_sides, strict=True))
    if is_shared:
        deviations = np.mean([_deviations(first, second) for first, second, _ in given], axis=0)
        of_items, of_items_dof = _between_units(deviations, given[0][2])
    else:
        of_items, of_items_dof = items.sum(axis=-1) / n**2, _welch(items, item_dof)
    return Difference(
        value=np.mean([part.value for part in parts], axis=0),
        item_variance=np.maximum(of_items - flips.sum(axis=-1) / n**2, 0.0),
        item_dof=of_items_dof,
        seed_variance=seeds.sum(axis=-1),
        seed_dof=_welch(seeds, seed_dof),
        units=parts[0].units if is_shared else sum(part.units for part in parts),
    )


def _seeds_of_side(added: Sequence[np.ndarray], is_bound: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the seeds of one row add to the variance of its mean over folds, (..., parts), and degrees of freedom.

    Each fold is a part, or all of them together where they have draws in common; of one seed the variance is taken for
    zero.
    """
    means = [of_fold.mean(axis=-1) for of_fold in added]
    if is_bound:
        means = [np.mean(means, axis=0)]
    n_seeds = [of_part.shape[-1] for of_part in means]
    variances = [
        of_part.var(axis=-1, ddof=1) / n if n > 1 else np.zeros(of_part.shape[:-1])
        for of_part, n in zip(means, n_seeds, strict=True)
    ]
    return np.stack(variances, axis=-1) / len(means) ** 2, np.maximum(1, np.array(n_seeds) - 1)


def _welch(variances: np.ndarray, dof: np.ndarray) -> np.ndarray:
    """Degrees of freedom of a sum of variances (..., parts): (...); 1 where the sum is zero or unknown."""
    total, squares = variances.sum(axis=-1), (variances**2 / dof).sum(axis=-1)
    is_known = np.isfinite(squares) & (squares > 0)
    return np.where(is_known, total, 1.0) ** 2 / np.where(is_known, squares, 1.0)


def _fold(first: np.ndarray, second: np.ndarray, unit: np.ndarray) -> _Fold:
    value = (first.mean(axis=-2) - second.mean(axis=-2)).mean(axis=-1)
    items, item_dof = _between_units(_deviations(first, second), unit)
    return _Fold(value, items, item_dof, _flips(first, unit) + _flips(second, unit), int(unit.max()) + 1)


def _deviations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """How far the difference of each item is from the mean of them, over seeds: (..., items)."""
    means = first.mean(axis=-2) - second.mean(axis=-2)
    deviations: np.ndarray = means - means.mean(axis=-1, keepdims=True)
    return deviations


def _between_units(deviations: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(...): the variance of a mean from the deviations of its items (..., items), and its degrees of freedom."""
    squares = unit_sums(deviations, unit) ** 2
    n_units = squares.shape[-1]
    if n_units == 1:
        return np.full(squares.shape[:-1], np.inf), np.ones(squares.shape[:-1])
    total, fourth = squares.sum(axis=-1), (squares**2).sum(axis=-1)
    excess = n_units * fourth - total**2  # kurtosis less one, in units of total²
    with np.errstate(divide="ignore", invalid="ignore"):
        dof = np.where(excess > 0, 2 * n_units * total**2 / excess, n_units - 1)
    return n_units / (n_units - 1) * total / deviations.shape[-1] ** 2, np.clip(dof, 1, n_units - 1)


def _flips(added: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """(...): what seeds of one side do to single items, as it stands in the variance of its mean over items."""
    n_seeds = added.shape[-2]
    if n_seeds == 1:
        return np.zeros(added.shape[:-2])
    deviations = added - added.mean(axis=-2, keepdims=True)
    flips, _ = _between_units(deviations - deviations.mean(axis=-1, keepdims=True), unit)
    found: np.ndarray = np.where(np.isfinite(flips), flips, 0).sum(axis=-1) / (n_seeds * (n_seeds - 1))
    return found
