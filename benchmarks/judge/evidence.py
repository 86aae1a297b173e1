"""What feeds a cell: the stored runs, the values of its metric, and the mean that a paper prints one of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.metrics import MetricValue
from benchmarks.runs.ledger import Finished
from benchmarks.runs.stored.finished import TRAINED_ON
from benchmarks.runs.versions import class_constant

if TYPE_CHECKING:
    import pandas as pd

#: What a cell's value is the mean over: the folds of its dataset, or the columns of which it is the mean.
Part = int | str
#: The one part of a value that is a statistic of all folds together.
ALL_FOLDS = "all folds"


@dataclass(frozen=True)
class Scored:
    """A finished run whose scores feed a cell."""

    finished: Finished
    #: the part of the value that the run stands for: its test fold, or its column
    fold: Part
    #: what is true of all items of the test set (benchmarks.runs.truth)
    truth: "pd.DataFrame" = field(repr=False, compare=False)
    #: the column that the run stands for, in a mean of columns
    column: str | None = None

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.finished.run.seed


@dataclass(frozen=True)
class Measured:
    """The value of a cell's metric for one seed: on one fold, on one column, or on all folds together."""

    part: Part
    seed: int
    value: MetricValue
    #: what is true of the items
    truth: "pd.DataFrame" = field(repr=False, compare=False)

    @property
    def units(self) -> tuple[str, ...]:
        """The bootstrap unit of each item of the value."""
        return _of_items(_Same(self.truth), _Same(self.value.items), "unit")

    @property
    def classes(self) -> tuple[str, ...]:
        """The label of each item of the value."""
        return _of_items(_Same(self.truth), _Same(self.value.items), "label")


class _Same:
    """One object, equal to itself alone: thousands of runs share a reference and the names of its items."""

    def __init__(self, it: Any) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it


@lru_cache(maxsize=512)
def _of_items(truth: _Same, items: _Same, column: str) -> tuple[str, ...]:
    values = truth.it[column]
    return tuple(values[~values.index.duplicated()].loc[list(items.it)])


@dataclass(frozen=True)
class Evidence:
    """All runs that feed a cell, and what its metric says of them. Values are in the cell's unit."""

    folds: tuple[Part, ...]
    scored: tuple[Scored, ...] = field(default=())
    #: one value per run; where the metric pools the folds, one per complete seed
    measured: tuple[Measured, ...] = field(default=())
    #: runs that would belong here, but of whose items nothing is known here: run id -> why
    unscored: Mapping[str, str] = field(default_factory=dict)
    #: how many parts the value would be of if every fold of the dataset had been run; 0 where that is not known
    every: int = 0

    @property
    def partial(self) -> str | None:
        """Of which folds alone a value is, where a tier or a choice left the others out: "fold 1 of 4"."""
        if not self.folds or len(self.folds) >= self.every:
            return None
        if not all(isinstance(fold, int) for fold in self.folds):
            return f"{len(self.folds)} of {self.every} folds"
        return f"{'fold' if len(self.folds) == 1 else 'folds'} {', '.join(map(str, self.folds))} of {self.every}"

    @cached_property
    def complete_seeds(self) -> tuple[int, ...]:
        """The seeds of which every fold is there."""
        by_seed: dict[int, set[Part]] = defaultdict(set)
        for one in self.scored:
            by_seed[one.seed].add(one.fold)
        return tuple(sorted(seed for seed, folds in by_seed.items() if folds == set(self.folds)))

    @property
    def progress(self) -> tuple[int, int]:
        """How far this has come: complete seeds, and while there is none the runs of those that have begun."""
        complete = len(self.complete_seeds)
        return complete, 0 if complete else len(self.scored)

    @cached_property
    def runs(self) -> dict[Part, list[Finished]]:
        """The scored runs of each part of the value."""
        found: dict[Part, list[Finished]] = defaultdict(list)
        for one in self.scored:
            found[one.fold].append(one.finished)
        return found

    @cached_property
    def complete(self) -> tuple[Measured, ...]:
        """The values of complete seeds."""
        seeds = set(self.complete_seeds)
        return tuple(one for one in self.measured if one.seed in seeds)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the value of a seed is the mean over."""
        return tuple(dict.fromkeys(one.part for one in self.complete))

    @cached_property
    def seed_values(self) -> dict[int, float]:
        """The value of each complete seed: what the paper prints one of."""
        by_seed: dict[int, list[float]] = {seed: [] for seed in self.complete_seeds}
        for one in self.complete:
            by_seed[one.seed].append(one.value.value)
        return {seed: float(np.mean(values)) for seed, values in by_seed.items()}

    @property
    def begun(self) -> dict[int, tuple[Part, ...]]:
        """Which folds ran of every seed that lacks some: these tell of the spread alone."""
        of_seed: dict[int, set[Part]] = defaultdict(set)
        for one in self.scored:
            if one.seed not in self.complete_seeds:
                of_seed[one.seed].add(one.fold)
        return {seed: tuple(sorted(folds, key=str)) for seed, folds in sorted(of_seed.items())}

    @property
    def mean(self) -> float | None:
        """The mean over complete seeds; None without one."""
        values = self.seed_values
        return float(np.mean(list(values.values()))) if values else None

    @property
    def fold_values(self) -> dict[Part, float]:
        """Each fold that has a value of its own: its mean over complete seeds, or over all that ran if none is."""
        by_fold: dict[Part, list[float]] = {fold: [] for fold in self.folds}
        for one in self.complete or self.measured:
            if one.part in by_fold:
                by_fold[one.part].append(one.value.value)
        return {fold: float(np.mean(values)) for fold, values in by_fold.items() if values}

    @cached_property
    def shares_draws(self) -> bool:
        """Whether the parts of a seed have draws in common, as where copies of clips are made once for all folds.

        Then they vary together, and what is known of the spread are the seeds' means alone.
        """
        is_mean = len(self.folds) > 1 and len(self.parts) != 1  # else all folds together have one value
        return is_mean and any(_draws_once(one.finished.run.resolved) for one in self.scored)

    @cached_property
    def flaw(self) -> str | None:
        """What sets the files behind the value apart from the official ones; None where they are all there."""
        found = (_flaw(one.finished.result["data"]) for one in self.scored)
        return next((flaw for flaw in found if flaw is not None), None)


def device_kinds(runs: Iterable[Scored]) -> set[str]:
    """The kinds of device that runs were computed on: "cpu", "cuda"."""
    return {str(one.finished.result["device"]["kind"]) for one in runs}


def _draws_once(resolved: Mapping[str, Any]) -> bool:
    """Whether a run has draws that its seed makes for all folds: arguments of its data module that are not off."""
    data = resolved.get("data", {})
    return any(data.get("init_args", {}).get(name) for name in _drawn_once(str(data.get("class_path"))))


@cache
def _drawn_once(data_module: str) -> tuple[str, ...]:
    return class_constant(data_module, "drawn_once") or ()


def _flaw(data: Mapping[str, Any]) -> str | None:
    """The same of the files of one run. What was run before results kept a census says only how many items it used."""
    census, counts = data.get("census"), data["items"]
    if census is not None and not census["complete"]:
        return str(census["summary"])
    listed = {part: count for part, count in counts.items() if count["expected"]}
    # Whatever a census says of the files: items that were not tested are not there.
    parts = listed if census is None else {part: one for part, one in listed.items() if part not in TRAINED_ON}
    used, expected = (sum(count[name] for count in parts.values()) for name in ("used", "expected"))
    return f"{used} of {expected} items" if used != expected else None
