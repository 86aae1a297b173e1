"""Two rows of a table tested on the same items, and Holm's correction of many such tests.

With three seeds or more on both sides, or a fit that comes out the same with every seed, a test is about the *method*.
With fewer nothing is known about the training, and it is about *these two models*: the first seeds of each side, as
many as the other one has, and the mean over them.

Where seeds vary, the test is a t test on two parts of variance, seeds and items (pairs.difference). Where nothing but
items could have come out otherwise, it is one of random signs, which for right and wrong items is McNemar's
(pairs.signs). The interval is always that of the test: it leaves out what the test rejects at the same level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.judge.pairs.difference import difference_of
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.signs import sign_test

About = Literal["method", "these two models"]
#: The level of all tests; intervals cover 1 - ALPHA.
ALPHA = 0.05
#: With the degrees of freedom of both parts.
T_TEST = "t test on seeds ({seeds:.0f} df) and items ({items})"


@dataclass(frozen=True)
class Tested:
    """A difference tested, in the unit of the metric; above zero where the first row is better. `p` is two-sided."""

    difference: float
    low: float
    high: float
    p: float
    about: About
    test: str
    #: how many seeds of each side were used
    seeds: tuple[int, int]
    #: the chance that a true difference of `margin` is told from none, whatever the other tests say that Holm's
    #: correction runs over; None without a margin, or where nothing varies
    power: float | None = None
    margin: float | None = None
    #: no p-value is less, by the number of units (Difference.least_p)
    least_p: float = 0.0

    @property
    def can_decide(self) -> bool:
        """Whether there are so many units that something could be shown at all."""
        return self.least_p <= ALPHA


def compare_rows(
    first: Outcomes, second: Outcomes, threshold: float = 0.0, margin: float | None = None, n_tests: int = 1
) -> Tested:
    """Test "the difference is `threshold`" on two rows with the same items, one of so many tests."""
    is_method = first.speaks_for_method and second.speaks_for_method
    about: About = "method" if is_method else "these two models"
    seeds = (first.n_seeds, second.n_seeds)
    if not is_method:
        shared = min(seeds)
        first, second, seeds = first.first_seeds(shared), second.first_seeds(shared), (shared, shared)
    found = difference_of(first, second)
    power = found.power(margin, ALPHA / n_tests) if margin is not None and found.varies else None
    value = float(found.value)
    if not (first.varies or second.varies):
        signed = sign_test(first, second, threshold, ALPHA)
        which = "first seed" if seeds == (1, 1) else f"mean of {seeds[0]} seeds"
        name = signed.test if is_method else f"{which} of each side, {signed.test}"
        return Tested(value, signed.low, signed.high, signed.p, about, name, seeds, power, margin, found.least_p)
    half = float(found.half_width(ALPHA))
    of_items = f"{float(found.item_dof):.0f} df" if found.item_variance > 0 else "none found"
    name = T_TEST.format(seeds=float(found.seed_dof), items=of_items)
    return Tested(
        value, value - half, value + half, float(found.p(threshold)), about, name, seeds, power, margin, found.least_p
    )


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: the smallest p times m, the next times m - 1, ..., never falling, at most 1."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
