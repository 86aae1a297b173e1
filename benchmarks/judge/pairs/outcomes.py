"""What each test item adds to the value of a row's runs: the data of every test between two rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.errors import InputError
from benchmarks.judge.evidence import Part
from benchmarks.metrics.metric import MetricValue
from datasets.acquire.telling import enumerated

#: Seeds on both sides from which on a comparison is about the method.
SEEDS_FOR_METHOD = 3


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the items add to the value of one row's runs in one column; items are sorted by name within a fold.

    For accuracies an item adds 1 where its class was found and 0 where not. For rates, which are ratios of sums, and
    for areas under curves it adds its pseudo-value (metrics.metric.MetricValue), so that here, too, a value is the mean
    over items.
    """

    #: fold (or column, in a mean of columns) -> (seeds, items)
    added: Mapping[Part, np.ndarray]
    items: Mapping[Part, tuple[str, ...]]
    #: fold -> the bootstrap unit of each item
    units: Mapping[Part, tuple[str, ...]]
    #: fold -> the class of each item, where one is asked about
    labels: Mapping[Part, tuple[str, ...]] = field(default_factory=dict, kw_only=True)
    #: a fit without random draws: one run says all about the method
    deterministic: bool = False
    #: what turns the mean of `added` into the unit of the metric; negative where the lower value is the better one
    scale: float = 100.0
    #: whether each item is right or wrong and nothing else
    is_share: bool = True
    #: whether the folds of a seed have draws in common (Evidence.shares_draws)
    is_bound: bool = field(default=False, kw_only=True)

    @classmethod
    def collect(
        cls,
        runs: Iterable[tuple[Part, int, MetricValue]],
        units: Mapping[tuple[Part, str], str],
        deterministic: bool = False,
        scale: float = 100.0,
        labels: Mapping[tuple[Part, str], str] | None = None,
        is_bound: bool = False,
    ) -> "Outcomes | None":
        """From runs (fold, seed, value) of complete seeds; None without any. `units`, `labels`: of each (fold, item).

        Raises InputError where the runs of a fold were tested on different items.
        """
        rows: dict[Part, list[np.ndarray]] = {}
        items: dict[Part, tuple[str, ...]] = {}
        used = list(runs)
        in_order: dict[tuple[str, ...], tuple[list[int], tuple[str, ...]]] = {}  # of many runs the same
        for fold, seed, value in sorted(used, key=lambda run: (str(run[0]), run[1])):
            if value.items not in in_order:
                order = sorted(range(value.n), key=value.items.__getitem__)
                in_order[value.items] = order, tuple(value.items[i] for i in order)
            order, names = in_order[value.items]
            if items.setdefault(fold, names) != names:
                raise InputError(f"fold {fold}, seed {seed}: tested on other items than the seeds before; run it again")
            rows.setdefault(fold, []).append(value.per_item[order])
        if not rows:
            return None
        unit_names = {fold: tuple(units[fold, item] for item in names) for fold, names in items.items()}
        added = {fold: np.stack(of_fold) for fold, of_fold in rows.items()}
        is_share = all(value.is_share for _, _, value in used)
        classes = {fold: tuple(labels[fold, item] for item in names) for fold, names in items.items()} if labels else {}
        return cls(added, items, unit_names, deterministic, scale, is_share, labels=classes, is_bound=is_bound)

    @property
    def n_seeds(self) -> int:
        """The number of seeds that every fold has."""
        return min(len(of_fold) for of_fold in self.added.values())

    @property
    def speaks_for_method(self) -> bool:
        """Whether there are enough seeds to speak about the method."""
        return self.deterministic or self.n_seeds >= SEEDS_FOR_METHOD

    @property
    def varies(self) -> bool:
        """Whether seeds differ on any item."""
        return any(bool(np.any(of_fold != of_fold[:1])) for of_fold in self.added.values())

    @property
    def is_shared(self) -> bool:
        """Whether all folds were tested on the same items, so that no fold brings items of its own."""
        return len(self.items) > 1 and len(set(self.items.values())) == 1

    @property
    def n_units(self) -> int:
        """The bootstrap units of all folds; where all have the same items, those of one."""
        counts = [len(set(of_fold)) for of_fold in self.units.values()]
        return counts[0] if self.is_shared else sum(counts)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that items are of, sorted."""
        return tuple(sorted({name for names in self.labels.values() for name in names}))

    def of_class(self, name: str) -> "Outcomes":
        """The items of one class alone. Raises InputError where items are not right or wrong, or a fold has none."""
        if not self.is_share:
            raise InputError(f"class {name}: asked of a value that is no share of right items; name an accuracy")
        kept = {fold: [i for i, label in enumerate(labels) if label == name] for fold, labels in self.labels.items()}
        if lacking := [fold for fold in self.items if not kept.get(fold)]:
            known = f"; the classes are {enumerated(self.classes)}" if name not in self.classes else ""
            raise InputError(f"class {name}: no such item in fold {lacking[0]}{known}")
        return replace(
            self,
            added={fold: of_fold[:, kept[fold]] for fold, of_fold in self.added.items()},
            items={fold: tuple(names[i] for i in kept[fold]) for fold, names in self.items.items()},
            units={fold: tuple(names[i] for i in kept[fold]) for fold, names in self.units.items()},
            labels={fold: (name,) * len(kept[fold]) for fold in self.items},
        )

    def first_seeds(self, n: int) -> "Outcomes":
        """The mean of the first seeds, as if they were one model per fold; of several no item is right or wrong."""
        added = {fold: of_fold[:n].mean(axis=0, keepdims=True) for fold, of_fold in self.added.items()}
        return replace(self, added=added, is_share=self.is_share and n == 1)
