"""Two rows compared on what each item adds to their value: paired bootstrap, McNemar's test, Holm's correction.

The bootstrap has two levels, because two things could have come out otherwise: the training (seeds within each fold)
and the choice of test clips (units: the clips of one source together). It is paired: both rows are read on the same
drawn clips, because a hard clip is hard for both.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.errors import InputError
from benchmarks.judge.bootstrap import resampled_means, unit_sums
from benchmarks.judge.evidence import Part
from benchmarks.metrics.metric import MetricValue
from datasets.seeds import derive

#: Seeds on both sides from which on a link is about the method.
SEEDS_FOR_METHOD = 3
N_BOOT = 10_000


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the items add to the value of one row's runs in one column; items are sorted by name within a fold.

    For accuracies an item adds 1 where its class was found and 0 where not. For rates, which are ratios of sums, it
    adds its pseudo-value (metrics.metric.MetricValue), so that here, too, a value is the mean over items.
    """

    #: fold (or column, in a mean of columns) -> (seeds, items)
    added: Mapping[Part, np.ndarray]
    items: Mapping[Part, tuple[str, ...]]
    #: fold -> the bootstrap unit of each item
    units: Mapping[Part, tuple[str, ...]]
    #: a fit without random draws: one run says all about the method
    deterministic: bool = False
    #: what turns the mean of `added` into the unit of the metric; negative where the lower value is the better one
    scale: float = 100.0
    #: whether each item is right or wrong and nothing else
    is_share: bool = True

    @classmethod
    def collect(
        cls,
        runs: Iterable[tuple[Part, int, MetricValue]],
        units: Mapping[tuple[Part, str], str],
        deterministic: bool = False,
        scale: float = 100.0,
    ) -> "Outcomes | None":
        """From runs (fold, seed, value) of complete seeds; None without any. `units`: of each (fold, item).

        Raises InputError where the runs of a fold were tested on different items.
        """
        rows: dict[Part, list[np.ndarray]] = {}
        items: dict[Part, tuple[str, ...]] = {}
        used = list(runs)
        for fold, seed, value in sorted(used, key=lambda run: (str(run[0]), run[1])):
            order = sorted(range(value.n), key=value.items.__getitem__)
            names = tuple(value.items[i] for i in order)
            if items.setdefault(fold, names) != names:
                raise InputError(f"fold {fold}, seed {seed}: tested on other items than the seeds before; run it again")
            rows.setdefault(fold, []).append(value.per_item[order])
        if not rows:
            return None
        unit_names = {fold: tuple(units[fold, item] for item in names) for fold, names in items.items()}
        added = {fold: np.stack(of_fold) for fold, of_fold in rows.items()}
        is_share = all(value.is_share for _, _, value in used)
        return cls(added, items, unit_names, deterministic, scale, is_share)

    @property
    def n_seeds(self) -> int:
        """The number of seeds that every fold has."""
        return min(len(of_fold) for of_fold in self.added.values())

    @property
    def speaks_for_method(self) -> bool:
        """Whether there are enough seeds to speak about the method."""
        return self.deterministic or self.n_seeds >= SEEDS_FOR_METHOD

    @property
    def merit(self) -> float:
        """The mean over folds in the metric's unit, with its sign turned where lower is better."""
        return self.scale * float(np.mean([of_fold.mean() for of_fold in self.added.values()]))

    def pooled(self) -> np.ndarray:
        """(items,) what the first seed got right, fold after fold."""
        return np.concatenate([self.added[fold][0] for fold in sorted(self.added, key=str)])

    def first_seed(self) -> "Outcomes":
        """The first seed alone: one model per fold."""
        return replace(self, added={fold: of_fold[:1] for fold, of_fold in self.added.items()})


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Exact two-sided McNemar test on what two models got right (items,): the p-value.

    Only items that one of them got right and the other wrong say anything; were the models equally good, each such item
    would be a fair coin. 1 where there is no such item.
    """
    from scipy.special import bdtr

    only_first, only_second = int(np.sum(first > second)), int(np.sum(second > first))
    discordant = only_first + only_second
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), discordant, 0.5))) if discordant else 1.0


def bootstrap_p(resampled: np.ndarray, threshold: float) -> float:
    """Two-sided p-value of "the difference is `threshold`": never 0, because the sample itself counts as a draw."""
    beyond = np.round(resampled - threshold, 9)  # a tie must not hang on the last binary digit
    tails = (int(np.sum(beyond <= 0)), int(np.sum(beyond >= 0)))
    return min(1.0, 2 * (1 + min(tails)) / (len(resampled) + 1))


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: the smallest p times m, the next times m - 1, ..., never falling, at most 1."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def resampled_merits(outcomes: Outcomes, row: str, n_boot: int = N_BOOT, seed: int = 0) -> np.ndarray:
    """Merits of a row under the two-level bootstrap: (n_boot,) in the unit of the metric.

    Seeds are drawn for each row by itself, units alike for all rows with the same folds. So the difference of two rows'
    resampled merits is the paired bootstrap of their difference.
    """
    beyond_items = math.sqrt(seed_share(outcomes))
    folds = []
    for fold, added in outcomes.added.items():
        sums = resampled_means(added.sum(axis=0), outcomes.units[fold], n_boot, derive(seed, "units", fold))
        drawn = _seed_weights(len(added), n_boot, derive(seed, "seeds", row, fold)) @ added.mean(axis=1)
        folds.append(sums / len(added) + beyond_items * drawn)
    return outcomes.scale * np.mean(folds, axis=0)


def seed_share(outcomes: Outcomes) -> float:
    """The share of the variance over seeds, pooled over folds, that is more than units flipping each by itself.

    A seed that is lucky on single clips is already counted where units are drawn. What remains moves all clips of a
    fold together. Without this split the chance of single clips counts three times, and of equal methods not 5 % but
    0.3 % would seem to differ (simulated).
    """
    variance = flipping = 0.0
    for fold, added in outcomes.added.items():
        n_seeds, n_items = added.shape
        if n_seeds > 1:
            deviations = unit_sums((added - added.mean(axis=0)).T, outcomes.units[fold]) / n_items
            variance += float(np.sum(deviations.sum(axis=0) ** 2)) / (n_seeds - 1)
            flipping += float(np.sum(deviations**2)) / (n_seeds - 1)
    return max(0.0, 1 - flipping / variance) if variance else 0.0


def _seed_weights(n_seeds: int, n_boot: int, seed: int) -> np.ndarray:
    """(n_boot, n_seeds): how much more or less than its share each seed is drawn, spread by sqrt(n / (n - 1)).

    Drawing n of n seeds shows only (n - 1)/n of their variance; with three seeds that third would be missed.
    """
    if n_seeds == 1:
        return np.zeros((n_boot, 1))
    counts = np.random.default_rng(seed).multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=n_boot)
    return math.sqrt(n_seeds / (n_seeds - 1)) * (counts - 1) / n_seeds
