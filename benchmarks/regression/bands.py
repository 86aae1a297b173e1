"""Bands: where the metric of one more training with another seed falls, given the trainings of at least ten."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

#: A band holds a new seed with this probability.
LEVEL = 0.999
#: All metrics that have a band are shares in percent.
BOTTOM, TOP = 0.0, 100.0
MINIMUM_SEEDS = 10


@dataclass(frozen=True)
class Band:
    """Mean and standard deviation of a metric over n seeds; `step` is what one test item is worth."""

    mean: float
    sd: float
    n: int
    step: float

    @classmethod
    def of(cls, values: Sequence[float], step: float) -> "Band":
        """The band of the values of at least ten seeds. Raises ValueError for fewer."""
        if len(values) < MINIMUM_SEEDS:
            raise ValueError(f"a band needs at least {MINIMUM_SEEDS} seeds, not {len(values)}")
        return cls(round(float(np.mean(values)), 4), round(float(np.std(values, ddof=1)), 4), len(values), step)

    @property
    def half_width(self) -> float:
        """Half of the 99.9 % prediction interval of one new value (normal, t quantile); at least one test item."""
        from scipy.stats import t

        quantile = float(t.ppf(0.5 + LEVEL / 2, self.n - 1))
        return max(quantile * self.sd * math.sqrt(1 + 1 / self.n), self.step)

    @property
    def edges(self) -> tuple[float, float]:
        """Lower and upper end: those of the interval, as far as a share can be there."""
        return max(self.mean - self.half_width, BOTTOM), min(self.mean + self.half_width, TOP)

    def holds(self, value: float) -> bool:
        """Whether a value lies inside."""
        low, high = self.edges
        return low <= value <= high

    def to_dict(self) -> dict[str, Any]:
        """The content of bands.json for one case."""
        return asdict(self)

    def __str__(self) -> str:
        low, high = self.edges
        return f"{low:.1f}..{high:.1f} (mean {self.mean:.1f}, sd {self.sd:.1f}, n {self.n})"
