"""The form of a metric: a pure function of (scores, reference) under one id; and of a family of metrics."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.metrics.kinds import Kind
from benchmarks.runs.scores import ScoreKind, Scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MetricValue:
    """What a metric says about one set of scores: the value, and what each item adds to it.

    An item's part is a pseudo-value: the mean of all of them is the value, whatever the metric. For a share it is 1 or
    0. For a ratio of sums it is the linearised one (`ratio`), so that the bootstrap of means is the linearised
    bootstrap of the ratio.
    """

    #: in the metric's unit
    value: float
    #: (items,) float64 pseudo-values, in fractions where the unit is "%": value = Metric.scale * per_item.mean()
    per_item: np.ndarray
    #: the items, in the order of `per_item`
    items: tuple[str, ...]
    #: what was counted, summed over the items: tp, fp, fn, n_ref, n_sys for metrics of events; ties for accuracies
    counts: Mapping[str, int] = field(default_factory=dict)
    #: whether every item is right (1) or wrong (0), and the value is the share of right ones
    is_share: bool = True

    @classmethod
    def ratio(
        cls, above: np.ndarray, below: np.ndarray, items: tuple[str, ...], scale: float, counts: Mapping[str, int]
    ) -> "MetricValue":
        """A ratio of sums over items: scale * sum(above) / sum(below), both (items,), the second sum positive.

        The pseudo-value of an item is r + (above - r * below) / mean(below): the infinitesimal jackknife (Efron, The
        Jackknife, the Bootstrap and Other Resampling Plans, 1982, chapter 6). The ends of a 90 % bootstrap interval
        differ from those of the exact ratio by at most 2 % of its width, or 5 % with few units (simulated: 250 items
        with an event and 250 without, each by itself, or of 42 and 277 recordings).
        """
        share = float(above.sum()) / float(below.sum())
        per_item = share + (above - share * below) / below.mean()
        return cls(scale * share, per_item, items, dict(counts), is_share=False)

    @property
    def n(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def correct(self) -> int:
        """For shares: the number of items that are right, so that the exact value is correct / n.

        Raises TypeError for other values, of which no item is right or wrong.
        """
        if not self.is_share:
            raise TypeError("no share of right items: ask for `counts`")
        return round(float(self.per_item.sum()))


@dataclass(frozen=True)
class ZeroByZero:
    """Where a metric is a quotient of zeros, and the rule by which such a value counts nevertheless."""

    #: the count (MetricValue.counts) that is 0 there
    count: str
    #: what is 0/0, what the official tool says of it, and as what it counts
    rule: str

    def is_met(self, value: MetricValue) -> bool:
        """Whether a value is one that counts by the rule alone."""
        return value.counts.get(self.count) == 0


class Chosen(NamedTuple):
    """What a run says about the items that choose its thresholds, for the items that it is judged by.

    judged: the items it is judged by; scores and reference: of those that choose.
    """

    judged: tuple[str, ...]
    scores: Scores
    reference: "pd.DataFrame"


class AtThreshold(NamedTuple):
    """The threshold of a class, and the value of the class there."""

    threshold: float
    value: float


@dataclass(frozen=True)
class Metric:
    """A metric. A change that moves numbers bumps `version`, which makes cached values stale.

    `compute(scores, reference)` takes the reference as a frame indexed by item, with columns label, unit and fold (and
    those of the kind), and raises InputError for scores or items that the metric cannot judge. With `chosen_on` it
    takes a list of `Chosen` as well, one for each run that the scores are of.
    """

    id: str
    version: int
    #: "%", or "" for a plain number
    unit: str
    higher_is_better: bool
    compute: "Callable[..., MetricValue]"
    kind: Kind
    #: what the id says of the metric, for a metric of a family: an object of the family's own class
    parameters: object = None
    #: the kinds of scores that it takes, where not all that its kind of task does
    only: tuple[ScoreKind, ...] = ()
    #: where every item has one class: the index of the class that it is given, (items,), by the metric's own rule
    decide: "Callable[[Scores], np.ndarray] | None" = None
    #: the test set whose items choose its thresholds, where those that are judged do not
    chosen_on: str = ""
    #: where each class has a threshold of its own: all of these, by class, for scores and reference
    by_class: "Callable[[Scores, pd.DataFrame], Mapping[str, AtThreshold]] | None" = None
    #: where it is a quotient of zeros, if that can be
    zero_by_zero: ZeroByZero | None = None
    #: how a value comes from stored scores, in a few words, for whoever scores them anew
    rule: str = ""

    @property
    def takes(self) -> tuple[ScoreKind, ...]:
        """The kinds of scores that it takes."""
        return self.only or self.kind.takes

    @property
    def scale(self) -> float:
        """The value of a pseudo-value of 1: 100 for "%", else 1."""
        return 100.0 if self.unit == "%" else 1.0


@dataclass(frozen=True)
class Family:
    """Metrics whose ids carry parameters. `parse` gives the metric of an id, None for any other text.

    `examples` are ids for hints, and for tests that go through everything there is.
    """

    parse: Callable[[str], Metric | None]
    examples: tuple[str, ...]

    def metrics(self) -> Iterator[Metric]:
        """The metrics of the examples. Raises ValueError for an example that is none of the family's ids."""
        for example in self.examples:
            metric = self.parse(example)
            if metric is None:
                raise ValueError(f"{example}: an example of a family of metrics that does not know it")
            yield metric
