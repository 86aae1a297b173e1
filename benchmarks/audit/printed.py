"""What a check of the audit says, and how a computed number is held against a printed one."""

import math
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import NotRequired, TypedDict

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
    #: the reading of ours that it tries, which fits or does not; None where it is of what the paper says
    tries: NotRequired[str | None]
    #: what of the computation was chosen because with it the printed numbers come out
    fitted: NotRequired[str | None]


def counted(made: Iterable[Check]) -> str:
    """How many checks hold and fail, and apart from them how many readings of ours fit: "5 checks: 4 hold, 1 fails"."""
    judged = [check for check in made if check["holds"] is not None]
    told = []
    for noun, is_try, words in (("check", False, ("hold", "fail")), ("try of an assumed reading", True, ("fit", ""))):
        kind = [check for check in judged if bool(check.get("tries")) is is_try]
        good = sum(bool(check["holds"]) for check in kind)
        bad = len(kind) - good
        if not kind:
            continue
        several = noun if len(kind) == 1 else "tries of assumed readings" if is_try else "checks"
        many = "all" if good == len(kind) > 1 else str(good)
        counts = [f"{many} {words[0]}{'s' if good == 1 else ''}"] if good else []
        no = f"{'does' if bad == 1 else 'do'} not fit" if is_try else f"{words[1]}{'s' if bad == 1 else ''}"
        if is_try and bad == len(kind) > 1:
            counts = ["none fits"]
        elif bad:
            counts.append(f"{'all' if bad == len(kind) > 1 else bad} {no}")
        told.append(f"{len(kind)} {several}: {', '.join(counts)}")
    return "; ".join(told)


def chosen(fitted: str) -> str:
    """What a check's `fitted` says was chosen, without what it remarks on that: its first sentence."""
    return fitted.partition(". ")[0]


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


def counts_of(published: float, decisions: int, decimals: int, truncates: bool) -> list[int]:
    """The numbers of right decisions whose share, in percent, is printed as `published`; none where none is."""
    exact, reach = published * decisions / 100, decisions / 10**decimals / 100 + 1
    near = range(max(0, math.floor(exact - reach)), min(decisions, math.ceil(exact + reach)) + 1)
    return [count for count in near if agrees(100 * count / decisions, published, decimals, truncates)]


def decimals_of(paper: Paper, cell: str) -> int:
    """The decimals that the column of a cell is printed with."""
    _, table, _, column = cell.split(".", 3)
    return paper.tables[table].columns[column].decimals


def truncates(paper: Paper, entry: Entry) -> bool:
    """Whether the numbers of an entry are cut instead of rounded."""
    choices = (entry.truncates, paper.tables[entry.table].truncates, paper.truncates)
    return next(choice for choice in choices if choice is not None)
