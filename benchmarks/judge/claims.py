"""Claims tested on what each item adds to the value of the runs.

A claim is a set of links "A is above B by more than so much" (spec.claims), and holds only if every link holds; it
fails if the opposite of one link is shown. Above means better: of error rates, the lower one is above. Each link is a
test of two rows (judge.pairs), about the method with three seeds or more on both sides, else about these two models.

Holm's correction runs over all different links of the claims that are measured and judged together, because whoever
asks twenty questions gets a yes by luck: over those of the paper about a table, in all its columns, under the same
conditions; and by itself over what we ask of that table. A link that stands in two claims is one question. Intervals
are those of the single test, before the correction.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.errors import InputError
from benchmarks.judge.pairs.compared import ALPHA, About, Tested, compare_rows, holm
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.spec import Claim
from benchmarks.spec.claims import Link, links_of

Status = Literal["holds", "fails", "undecided", "not measured"]


@dataclass(frozen=True)
class LinkResult:
    """One link tested; differences in points, `p` two-sided."""

    link: Link
    tested: Tested
    p_holm: float
    #: the number of tests that the correction ran over
    n_tests: int

    @property
    def status(self) -> Status:
        """Decided where the corrected p-value and the interval agree."""
        low, high = self.tested.low, self.tested.high
        if self.p_holm >= ALPHA or low <= self.link.by <= high:
            return "undecided"
        return "holds" if low > self.link.by else "fails"


@dataclass(frozen=True)
class ClaimResult:
    """A claim judged. Numbers are those of the deciding link: the one that fails, or else the weakest."""

    id: str
    text: str
    status: Status
    p: float | None = None
    p_holm: float | None = None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    kind: About | None = None
    #: seeds of the two sides of the deciding link
    seeds: tuple[int, int] | None = None
    note: str = ""
    links: tuple[LinkResult, ...] = ()


def judge_claims(
    claims: Sequence[Claim],
    outcomes: Mapping[tuple[str, str], Outcomes],
    quoted: Container[str] = (),
    flawed: Container[tuple[str, str]] = (),
    margins: Mapping[str, float | None] | None = None,
) -> list[ClaimResult]:
    """The claims of one table, judged together. `outcomes` is by (column, row); rows without runs are left out.

    quoted: rows of which there will be none. flawed: (column, row) whose runs are on other files than the official
    ones. margins: by column; a note says how often a difference of one margin would be found.

    Raises InputError for a claim whose test has no known form, and for rows that were tested on different items.
    """
    wanted = [(claim, links_of(claim.id, claim.test)) for claim in claims]
    tested: dict[tuple[str, Link], Tested] = {}
    for claim, links in wanted:
        for link in links if not _missing(claim, links, outcomes) else ():
            if _question(claim, link) not in tested:
                tested[_question(claim, link)] = _test(claim.column, link, outcomes, (margins or {}).get(claim.column))
    corrected = dict(zip(tested, holm([found.p for found in tested.values()]), strict=True))
    judged = []
    for claim, links in wanted:
        if missing := _missing(claim, links, outcomes):
            note = _why_missing(claim.column, missing, quoted, flawed)
            judged.append(ClaimResult(claim.id, claim.text, "not measured", note=note))
            continue
        results = tuple(
            LinkResult(link, tested[question], float(corrected[question]), len(tested))
            for link in links
            for question in [_question(claim, link)]
        )
        judged.append(_combine(claim, results, (margins or {}).get(claim.column)))
    return judged


def _question(claim: Claim, link: Link) -> tuple[str, Link]:
    """What a link asks of the data: the same question in two claims is tested, and counted by Holm, once."""
    return claim.column, link._replace(tie_is_enough=False)


def _missing(claim: Claim, links: Iterable[Link], outcomes: Mapping[tuple[str, str], Outcomes]) -> list[str]:
    """Rows that the links need and that have no runs."""
    return sorted({row for link in links for row in link[:2] if (claim.column, row) not in outcomes})


def _why_missing(
    column: str, missing: Sequence[str], quoted: Container[str], flawed: Container[tuple[str, str]]
) -> str:
    if never := [row for row in missing if row in quoted]:
        return f"not to be had: {', '.join(never)} only quoted"
    if amiss := [row for row in missing if (column, row) in flawed]:
        return f"flawed files behind {', '.join(amiss)} in {column}"
    return f"needs runs of {', '.join(missing)} in {column}"


def _test(column: str, link: Link, outcomes: Mapping[tuple[str, str], Outcomes], margin: float | None) -> Tested:
    above, below = outcomes[column, link.above], outcomes[column, link.below]
    if above.items != below.items:
        raise InputError(f"{link}: the two rows were tested on different items; run both on the same folds")
    return compare_rows(above, below, link.by, margin)


def _combine(claim: Claim, results: tuple[LinkResult, ...], margin: float | None) -> ClaimResult:
    failing = [result for result in results if result.status == "fails"]
    if failing:
        status: Status = "fails"
        deciding = min(failing, key=lambda result: result.p_holm)
    else:
        status = "holds" if all(result.status == "holds" for result in results) else "undecided"
        deciding = max(results, key=lambda result: (result.p_holm, result.link.by - result.tested.difference))
    kind: About = "method" if all(result.tested.about == "method" for result in results) else "these two models"
    shown = _turned(deciding.tested) if deciding.link[:2] == results[0].link[1::-1] else deciding.tested
    return ClaimResult(
        claim.id, claim.text, status, shown.p, deciding.p_holm, shown.low, shown.high, shown.difference, kind,
        shown.seeds, _note(deciding, len(results), status, margin), results,
    )  # fmt: skip


def _turned(found: Tested) -> Tested:
    """The same result read the other way round."""
    return replace(found, difference=-found.difference, low=-found.high, high=-found.low, seeds=found.seeds[::-1])


def _note(deciding: LinkResult, n_links: int, status: Status, margin: float | None) -> str:
    """Which link decides, by which test, and how much that test can see."""
    parts = []
    if n_links > 1:
        parts.append(f"{'deciding' if status == 'fails' else 'weakest'} of {n_links} links: {deciding.link}")
    parts.append(deciding.tested.test)
    if deciding.tested.power is not None:
        parts.append(f"finds a difference of {margin:g} in {100 * deciding.tested.power:.0f} of 100 cases")
    return "; ".join(parts)
