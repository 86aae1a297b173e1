"""Whether the values that a printed mean is of, those of folds for instance, can be what they are said to be."""

import math
import statistics
from collections.abc import Iterator

from benchmarks.audit.printed import Check, agrees
from benchmarks.spec.audit import Shares, Spread
from benchmarks.spec.paper import Paper

#: In so few of a hundred cases chance alone lets the values lie so close together, or closer.
RARE = 0.01


def shares(paper: Paper, entry: Shares) -> Iterator[Check]:
    """How many of the values are a share of right decisions, cut or rounded as they are printed (the GRIM test)."""
    for cell, values in entry.values.items():
        decimals = _decimals(paper, cell)
        none = [value for value in values if not _is_share(value, entry.decisions, decimals)]
        told = ", ".join(f"{value:.{decimals}f}" for value in none)
        note = f"{told}: no number of {entry.decisions} right decisions gives it" if none else entry.note
        yield Check(
            id=f"{cell}.{entry.id}", published=len(values), computed=len(values) - len(none), holds=not none, note=note
        )


def spread(paper: Paper, entry: Spread) -> Iterator[Check]:
    """The standard deviation of the values, and what chance alone stays below in 1 of 100 cases.

    Right decisions of n items each, drawn anew for each of k values, of one true accuracy p, have the variance
    p (1 - p) / n; k - 1 times the seen over this is about chi-square with k - 1 degrees of freedom. Folds that differ
    in difficulty lie further apart, so that nothing but other test items brings them closer together.
    """
    from scipy.stats import chi2

    for cell, values in entry.values.items():
        share, freedom = statistics.fmean(values) / 100, len(values) - 1
        chance = 100 * math.sqrt(share * (1 - share) / entry.decisions)
        least = chance * math.sqrt(float(chi2.ppf(RARE, freedom)) / freedom)
        seen = statistics.stdev(values)
        note = (
            f"chance alone spreads shares of {entry.decisions} by {chance:.1f}, in 1 of 100 cases by less than computed"
        )
        holds = seen >= least
        yield Check(id=f"{cell}.{entry.id}", published=round(seen, 2), computed=round(least, 2), holds=holds, note=note)


def _is_share(value: float, of: int, decimals: int) -> bool:
    near = math.floor(value * of / 100)
    counts = range(max(0, near - 1), min(of, near + 2) + 1)
    return any(agrees(100 * count / of, value, decimals, cuts) for count in counts for cuts in (True, False))


def _decimals(paper: Paper, cell: str) -> int:
    _, table, _, column = cell.split(".", 3)
    return paper.tables[table].columns[column].decimals
