"""Whether the values that a printed mean is of, those of folds for instance, can be what they are said to be."""

import math
import statistics
from collections.abc import Iterator

from benchmarks.audit.printed import Check, counts_of, decimals_of
from benchmarks.spec.audit import AttainableParts, Spread
from benchmarks.spec.paper import Paper

#: The share of cases in which chance alone brings values so close together that the check fails; assumed.
RARE = 0.01


def attainable_parts(paper: Paper, entry: AttainableParts) -> Iterator[Check]:
    """How many of the values are a share of right decisions, cut or rounded as they are printed (the GRIM test)."""
    for cell, values in entry.values.items():
        decimals = decimals_of(paper, cell)
        none = [
            value for value in values
            if not any(counts_of(value, entry.decisions, decimals, cuts) for cuts in (True, False))
        ]  # fmt: skip
        told = ", ".join(f"{value:.{decimals}f}" for value in none)
        note = f"{told}: no number of {entry.decisions} right decisions gives it" if none else entry.note
        yield Check(
            id=f"{cell}.{entry.id}", published=len(values), computed=len(values) - len(none), holds=not none, note=note
        )


def spread(paper: Paper, entry: Spread) -> Iterator[Check]:
    """The standard deviation of the values, beside what chance alone has, and how rarely it has less than is seen.

    Right decisions of n items each, drawn anew for each of k values, of one true accuracy p, have the variance
    p (1 - p) / n; k - 1 times the seen over this is about chi-square with k - 1 degrees of freedom. Folds that differ
    in difficulty lie further apart. Equal numbers of each class, or means of several trainings, bring them only a
    little closer together: the variance is for the most part that of which items a fold has.
    """
    from scipy.stats import chi2

    for cell, values in entry.values.items():
        share, freedom = statistics.fmean(values) / 100, len(values) - 1
        chance = 100 * math.sqrt(share * (1 - share) / entry.decisions)
        seen = statistics.stdev(values)
        rarity = float(chi2.cdf(freedom * (seen / chance) ** 2, freedom))
        note = (
            f"standard deviations, computed that of chance alone, which shares of {entry.decisions} have; by chance "
            f"they lie this close together in {_cases(rarity)}"
        )
        holds, beside = rarity >= RARE, round(chance, 2)
        yield Check(id=f"{cell}.{entry.id}", published=round(seen, 2), computed=beside, holds=holds, note=note)


def _cases(share: float) -> str:
    """A small share for reading: "3 of 1000 cases"."""
    of = 100 if share >= RARE else 1000
    return f"{round(share * of)} of {of} cases" if share * 1000 >= 0.5 else "less than 1 of 1000 cases"
