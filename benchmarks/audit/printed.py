"""What a check of the audit says, and how a computed number is held against a printed one."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TypedDict

from benchmarks.spec.audit import Entry
from benchmarks.spec.paper import Paper


class Check(TypedDict):
    """One check: the number the paper prints, what it should be, and whether they agree as printed."""

    id: str
    published: float | None
    computed: float
    #: None where the paper prints nothing to compare with.
    holds: bool | None
    note: str | None


def printed(value: float, decimals: int, truncates: bool) -> float:
    """`value` as it is printed with `decimals` places, cut or rounded (halves up).

    Works on the decimal digits, so that the float 0.285 is a half and not a little less.
    """
    digits = Decimal(repr(round(value, decimals + 6)))
    rounding = ROUND_DOWN if truncates else ROUND_HALF_UP
    return float(digits.quantize(Decimal(1).scaleb(-decimals), rounding))


def agrees(computed: float, published: float, decimals: int, truncates: bool) -> bool:
    """Whether `computed`, printed like `published`, is the same number."""
    return printed(computed, decimals, truncates) == published


def truncates(paper: Paper, entry: Entry) -> bool:
    """Whether the numbers of an entry are cut instead of rounded."""
    choices = (entry.truncates, paper.tables[entry.table].truncates, paper.truncates)
    return next(choice for choice in choices if choice is not None)
