"""The form of a metric: a pure function of (scores, reference) under one id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.metrics.scores import Scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MetricValue:
    """What a metric says about one set of scores: the value, and what each item adds to it."""

    #: in the metric's unit
    value: float
    #: (items,) float64; for accuracies 1 where the item's class was found, else 0
    per_item: np.ndarray
    #: the items, in the order of `per_item`
    items: tuple[str, ...]

    @property
    def n(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def correct(self) -> int:
        """For accuracies: the number of items whose class was found, so that the exact value is correct / n."""
        return round(float(self.per_item.sum()))


@dataclass(frozen=True)
class Metric:
    """A metric. A change that moves numbers bumps `version`, which makes cached values stale.

    `compute(scores, reference)` takes the reference as a frame indexed by item, with columns label, unit and fold, and
    raises InputError for scores or items that the metric cannot judge.
    """

    id: str
    version: int
    unit: str
    higher_is_better: bool
    compute: "Callable[[Scores, pd.DataFrame], MetricValue]"
