"""Claims tested on what each item adds to the value of the runs.

A claim is a set of links "A is above B by more than so much" (spec.claims), and holds only if every link holds. Above
means better: of error rates, the lower one is above.

With three seeds or more on both sides a link is about the *method*, and the paired two-level bootstrap tests it: the
share of resampled differences beyond the threshold, doubled, is the p-value. Of equal methods with three seeds, 4 to
8 % seem to differ at the level of 5 % (simulated with and without a spread between seeds).

With fewer seeds nothing is known about the training, and a link is about *these two models*: the exact McNemar test
over the pooled clip decisions of the first seeds (the bootstrap, where items are not right or wrong). It takes clips
as independent, while the interval beside it draws whole units, so both must agree before a link is decided.

Holm's correction runs over all links tested in a table, because whoever asks twenty questions gets a yes by luck.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from benchmarks.errors import InputError
from benchmarks.judge.paired import N_BOOT, Outcomes, bootstrap_p, holm, mcnemar, resampled_merits
from benchmarks.spec import Claim
from benchmarks.spec.claims import Link, links_of

Status = Literal["holds", "fails", "undecided", "not measured"]
About = Literal["method", "these two models"]
#: The level of all tests here, after Holm's correction; intervals cover 1 - ALPHA.
ALPHA = 0.05


@dataclass(frozen=True)
class LinkResult:
    """One link tested; differences in points, `p` two-sided."""

    link: Link
    difference: float
    low: float
    high: float
    p: float
    kind: About
    test: str = "two-level paired bootstrap"
    p_holm: float = math.nan

    @property
    def status(self) -> Status:
        """Decided where the corrected p-value and the interval agree."""
        if self.p_holm >= ALPHA or self.low <= self.link.by <= self.high:
            return "undecided"
        return "holds" if self.low > self.link.by else "fails"


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
    note: str = ""
    links: tuple[LinkResult, ...] = ()


def judge_claims(
    claims: Sequence[Claim],
    outcomes: Mapping[tuple[str, str], Outcomes],
    n_boot: int = N_BOOT,
    seed: int = 0,
    quoted: Container[str] = (),
) -> list[ClaimResult]:
    """The claims of one table, judged together. `outcomes` is by (column, row); rows without runs are left out.

    quoted: rows of which there will be none.

    Raises InputError for a claim whose test has no known form, and for rows that were tested on different items.
    """
    tables = {column: _Tests(column, outcomes, n_boot, seed) for column in {claim.column for claim in claims}}
    wanted = [(claim, tables[claim.column], links_of(claim.id, claim.test)) for claim in claims]
    results: dict[tuple[str, Link], LinkResult] = {}
    for claim, tests, links in wanted:
        for link in links:
            if _question(claim, link) not in results and not tests.missing([link]):
                results[_question(claim, link)] = tests.test(link)
    corrected = dict(zip(results, holm([result.p for result in results.values()]), strict=True))
    judged = []
    for claim, tests, links in wanted:
        if missing := tests.missing(links):
            never = [row for row in missing if row in quoted]
            note = f"needs runs of {', '.join(missing)} in {claim.column}"
            note = f"not to be had: {', '.join(never)} only quoted" if never else note
            judged.append(ClaimResult(claim.id, claim.text, "not measured", note=note))
            continue
        questions = [_question(claim, link) for link in links]
        tested = tuple(
            replace(results[question], link=link, p_holm=float(corrected[question]))
            for question, link in zip(questions, links, strict=True)
        )
        judged.append(_combine(claim, tested))
    return judged


def _question(claim: Claim, link: Link) -> tuple[str, Link]:
    """What a link asks of the data: the same question in two claims is tested, and counted by Holm, once."""
    return claim.column, link._replace(tie_is_enough=False)


class _Tests:
    """Tests of links between the rows of one table in one column; each row is resampled once."""

    def __init__(self, column: str, outcomes: Mapping[tuple[str, str], Outcomes], n_boot: int, seed: int) -> None:
        self.rows = {row: found for (where, row), found in outcomes.items() if where == column}
        self.n_boot, self.seed = n_boot, seed
        self._resampled: dict[tuple[str, About], np.ndarray] = {}

    def missing(self, links: Iterable[Link]) -> list[str]:
        """Rows that the links need and that have no runs."""
        return sorted({row for link in links for row in (link.above, link.below) if row not in self.rows})

    def test(self, link: Link) -> LinkResult:
        """Test one link, its p-value not yet corrected."""
        above, below = self.rows[link.above], self.rows[link.below]
        if above.items != below.items:
            raise InputError(f"{link}: the two rows were tested on different items; run both on the same folds")
        method = above.speaks_for_method and below.speaks_for_method
        kind: About = "method" if method else "these two models"
        if not method:
            above, below = above.first_seed(), below.first_seed()
        resampled = self._of(link.above, above, kind) - self._of(link.below, below, kind)
        low, high = np.quantile(resampled, [ALPHA / 2, 1 - ALPHA / 2])
        if method or link.by or not (above.is_share and below.is_share):
            p = bootstrap_p(resampled, link.by)
            name = LinkResult.test if method else "first seed of each side, paired bootstrap over units"
        else:
            p, name = mcnemar(above.pooled(), below.pooled()), "first seed of each side, exact McNemar test"
        return LinkResult(link, above.merit - below.merit, float(low), float(high), p, kind, name)

    def _of(self, row: str, outcomes: Outcomes, kind: About) -> np.ndarray:
        if (row, kind) not in self._resampled:
            self._resampled[row, kind] = resampled_merits(outcomes, row, self.n_boot, self.seed)
        return self._resampled[row, kind]


def _combine(claim: Claim, tested: tuple[LinkResult, ...]) -> ClaimResult:
    failing = [result for result in tested if result.status == "fails"]
    if failing:
        status: Status = "fails"
        deciding = min(failing, key=lambda result: result.p_holm)
    else:
        status = "holds" if all(result.status == "holds" for result in tested) else "undecided"
        deciding = max(tested, key=lambda result: (result.p_holm, result.link.by - result.difference))
    kind: About = "method" if all(result.kind == "method" for result in tested) else "these two models"
    shown = _turned(deciding) if deciding.link[:2] == tested[0].link[1::-1] else deciding
    return ClaimResult(
        claim.id, claim.text, status, deciding.p, deciding.p_holm, shown.low, shown.high, shown.difference, kind,
        _note(deciding, len(tested), status), tested,
    )  # fmt: skip


def _turned(result: LinkResult) -> LinkResult:
    """The same result read the other way round."""
    return replace(result, difference=-result.difference, low=-result.high, high=-result.low)


def _note(deciding: LinkResult, n_links: int, status: Status) -> str:
    """Which link decides, and by which test."""
    parts = []
    if n_links > 1:
        parts.append(f"{'failing' if status == 'fails' else 'weakest'} of {n_links} links: {deciding.link}")
    return "; ".join([*parts, deciding.test])
