"""Two rows compared on what they got right, item by item: paired bootstrap, McNemar's test, Holm's correction.

The bootstrap has two levels, because two things could have come out otherwise: the training (seeds within each fold)
and the choice of test clips (units: the clips of one source together). It is paired: both rows are read on the same
drawn clips, because a hard clip is hard for both.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.bootstrap import resampled_means, unit_sums
from benchmarks.errors import InputError
from benchmarks.metrics.metric import MetricValue
from datasets.seeds import derive

#: Seeds on both sides from which on a link is about the method.
SEEDS_FOR_METHOD = 3
N_BOOT = 10_000


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the runs of one row got right on one dataset; items are sorted by name within a fold."""

    #: fold -> (seeds, items) of 0 and 1
    correct: Mapping[int, np.ndarray]
    items: Mapping[int, tuple[str, ...]]
    #: fold -> the bootstrap unit of each item
    units: Mapping[int, tuple[str, ...]]
    #: a fit without random draws: one run says all about the method
    deterministic: bool = False

    @classmethod
    def collect(
        cls, runs: Iterable[tuple[int, int, MetricValue]], units: Mapping[str, str], deterministic: bool = False
    ) -> "Outcomes | None":
        """From runs (fold, seed, value) of complete seeds; None without any. `units` names the unit of every item.

        Raises InputError where the runs of a fold were tested on different items, or where the metric is no accuracy.
        """
        rights: dict[int, list[np.ndarray]] = {}
        items: dict[int, tuple[str, ...]] = {}
        for fold, seed, value in sorted(runs, key=lambda run: run[:2]):
            order = sorted(range(value.n), key=value.items.__getitem__)
            names = tuple(value.items[i] for i in order)
            if items.setdefault(fold, names) != names:
                raise InputError(f"fold {fold}, seed {seed}: tested on other items than the seeds before; run it again")
            if not np.isin(value.per_item, (0, 1)).all():
                raise InputError(f"fold {fold}, seed {seed}: a claim needs a metric that is right or wrong per item")
            rights.setdefault(fold, []).append(value.per_item[order])
        if not rights:
            return None
        unit_names = {fold: tuple(units[item] for item in names) for fold, names in items.items()}
        return cls({fold: np.stack(rows) for fold, rows in rights.items()}, items, unit_names, deterministic)

    @property
    def n_seeds(self) -> int:
        """The number of seeds that every fold has."""
        return min(len(correct) for correct in self.correct.values())

    @property
    def speaks_for_method(self) -> bool:
        """Whether there are enough seeds to speak about the method."""
        return self.deterministic or self.n_seeds >= SEEDS_FOR_METHOD

    @property
    def accuracy(self) -> float:
        """Percent right: the mean over folds."""
        return 100 * float(np.mean([correct.mean() for correct in self.correct.values()]))

    def pooled(self) -> np.ndarray:
        """(items,) what the first seed got right, fold after fold."""
        return np.concatenate([self.correct[fold][0] for fold in sorted(self.correct)])

    def first_seed(self) -> "Outcomes":
        """The first seed alone: one model per fold."""
        return replace(self, correct={fold: correct[:1] for fold, correct in self.correct.items()})


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


def resampled_accuracies(outcomes: Outcomes, row: str, n_boot: int = N_BOOT, seed: int = 0) -> np.ndarray:
    """Accuracies of a row under the two-level bootstrap: (n_boot,) percent.

    Seeds are drawn for each row by itself, units alike for all rows with the same folds. So the difference of two rows'
    resampled accuracies is the paired bootstrap of their difference.
    """
    beyond_items = math.sqrt(seed_share(outcomes))
    folds = []
    for fold, correct in outcomes.correct.items():
        sums = resampled_means(correct.sum(axis=0), outcomes.units[fold], n_boot, derive(seed, "units", fold))
        drawn = _seed_weights(len(correct), n_boot, derive(seed, "seeds", row, fold)) @ correct.mean(axis=1)
        folds.append(sums / len(correct) + beyond_items * drawn)
    return 100 * np.mean(folds, axis=0)


def seed_share(outcomes: Outcomes) -> float:
    """The share of the variance over seeds, pooled over folds, that is more than units flipping each by itself.

    A seed that is lucky on single clips is already counted where units are drawn. What remains moves all clips of a
    fold together. Without this split the chance of single clips counts three times, and of equal methods not 5 % but
    0.3 % would seem to differ (simulated).
    """
    variance = flipping = 0.0
    for fold, correct in outcomes.correct.items():
        n_seeds, n_items = correct.shape
        if n_seeds > 1:
            deviations = unit_sums((correct - correct.mean(axis=0)).T, outcomes.units[fold]) / n_items
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
