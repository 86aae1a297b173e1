"""Whether a row is below all others in some class of the items: one sentence about all classes, tested as a whole.

That it fails takes a class in which every other row is shown to be above: of the one-sided p-values of a class the
largest, of those of the classes the smallest times their number. That it holds takes a row below it in every class: of
a class the smallest times the number of rows, of the classes the largest (R. L. Berger, Multiparameter hypothesis
testing and acceptance sampling, Technometrics 24, 1982, with Bonferroni's correction inside). The p-value is twice the
smaller of the two, because both ways are looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.judge.pairs.compared import Tested, compare_rows
from benchmarks.judge.pairs.outcomes import Outcomes


@dataclass(frozen=True)
class _Class:
    """One class: the row tested against each other one, by name, and the other one that is lowest in it."""

    name: str
    against: Mapping[str, Tested]

    @property
    def lowest(self) -> str:
        """The other row that the first one is least below, or most above."""
        return max(self.against, key=lambda other: self.against[other].difference)

    def p(self, is_above: bool) -> float:
        """One-sided: of "below or level with every other row" if `is_above`, else of "level with one, or above it"."""
        sided = [_one_sided(tested, is_above) for tested in self.against.values()]
        return min(1.0, len(sided) * min(sided)) if is_above else max(sided)


def never_worst(first: Outcomes, others: Mapping[str, Outcomes]) -> Tested:
    """Test that a row is in no class below all others. All rows have the same items and are right or wrong in each.

    Difference and interval are those of the class that decides, against the lowest of the others there. Raises
    InputError for outcomes of which items have no classes or are not right or wrong.
    """
    classes = [
        _Class(
            name, {row: compare_rows(first.of_class(name), other.of_class(name)) for row, other in others.items()}
        )
        for name in first.classes
    ]  # fmt: skip
    weakest = max(classes, key=lambda one: one.p(is_above=True))
    worst = min(classes, key=lambda one: one.p(is_above=False))
    holds, fails = weakest.p(is_above=True), min(1.0, len(classes) * worst.p(is_above=False))
    decides, p = (weakest, holds) if holds < fails else (worst, fails)
    shown = decides.against[decides.lowest]
    told = f"in class {decides.name.replace('_', ' ')} against {decides.lowest}"
    test = f"{told}, {shown.test}; {len(classes)} classes as one question"
    return replace(shown, p=min(1.0, 2 * p), test=test, power=None)


def _one_sided(tested: Tested, is_above: bool) -> float:
    """The p-value of the opposite of "the difference is above (or below) zero"."""
    is_so = tested.difference > 0 if is_above else tested.difference < 0
    return tested.p / 2 if is_so else 1 - tested.p / 2 if tested.difference else 1.0
