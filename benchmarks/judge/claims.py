"""Claims tested on what each item adds to the value of the runs.

A claim is a set of links "A is above B by more than so much" (spec.claims), and holds only if every link holds; it
fails if the opposite of one link is shown. Above means better: of error rates, the lower one is above. Each link is a
test of two rows (judge.pairs), about the method with three seeds or more on both sides, else about these two models.

Holm's correction runs over all different links of the claims that are measured and judged together, because whoever
asks twenty questions gets a yes by luck: over those of the paper about a table, in all its columns, under the same
conditions; and by itself over what we ask of that table. A link that stands in two claims is one question, and so is a
sentence about all classes (pairs.worst). Left out are links of so few units that nothing could be shown, whatever came
out: they can say no yes by luck (R. E. Tarone, A modified Bonferroni method for discrete data, Biometrics 46, 1990).
Intervals are those of the single test, before the correction.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.errors import InputError
from benchmarks.judge.pairs.compared import ALPHA, About, Tested, compare_rows, holm
from benchmarks.judge.pairs.difference import least_p_of
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.worst import never_worst
from benchmarks.spec import Claim
from benchmarks.spec.claims import Link, NeverWorst, form_of, links_of, tolerance_of
from datasets.acquire.telling import enumerated

#: Below this chance a test is said to find a difference hardly ever: it would be 0 of 100 cases.
NO_POWER = 0.005
Status = Literal["holds", "fails", "undecided", "not measured"]
#: A cell of the table: its column and its row.
Place = tuple[str, str]
#: What a note calls a row or a column that a claim names.
Called = Callable[[Claim, str], str]
#: What is asked of the data: two cells and by how much the first is above, in one class or in all.
Question = tuple[Place, Place, float, str | None]


@dataclass(frozen=True)
class LinkResult:
    """One link tested; differences in points, `p` two-sided."""

    link: Link
    tested: Tested
    p_holm: float
    #: the number of tests that the correction ran over; 0 where this one could show nothing, and is not among them
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
    #: the rows or columns of the deciding link, by what a note calls them: the first less the second
    between: tuple[str, str] | None = None
    #: the least chance that the deciding link's test finds a difference of one margin, or of what the claim allows for
    power: float | None = None

    @property
    def can_decide(self) -> bool:
        """Whether there are so many test units that a link could be shown at all."""
        return any(one.tested.can_decide for one in self.links)


def judge_claims(
    claims: Sequence[Claim],
    outcomes: Mapping[Place, Outcomes],
    quoted: Container[Place] = (),
    flawed: Container[Place] = (),
    margins: Mapping[Place, float | None] | None = None,
    called: Called = lambda claim, name: name,
) -> list[ClaimResult]:
    """The claims of one table, judged together. `outcomes` is by (column, row); cells without runs are left out.

    Claims about a class of which a fold has no item are not measured: files of it may not be here.

    quoted: cells of which there will be none. flawed: those whose runs are on other files than the official ones.
    margins: by cell; a note says how often a difference of one margin would be found, or of what a claimed difference
    may be off.

    called: what a note calls the rows or columns that a claim names; by default their ids.

    Raises InputError for a claim whose test has no known form, and for cells that were tested on different items.
    """
    wanted = [(claim, links_of(claim.id, claim.test)) for claim in claims]
    tested: dict[tuple[Question | str, float | None], Tested] = {}
    unasked = [_why_not(claim, links, outcomes, quoted, flawed, called) for claim, links in wanted]
    able = {
        asked for (claim, links), why in zip(wanted, unasked, strict=True) if not why
        for asked, link in _questions(claim, links) if _can_decide(claim, link, outcomes)
    }  # fmt: skip
    for (claim, links), why in zip(wanted, unasked, strict=True):
        for asked, link in [] if why else _questions(claim, links):
            margin = _told_apart(claim, link, margins or {})
            if (asked, margin) not in tested:
                several = links if isinstance(asked, str) else (link,)
                tested[asked, margin] = _test(claim, several, outcomes, margin, max(1, len(able)), called)
    # A question is one test, however many differences its power is asked for.
    p = {asked: found.p for (asked, _), found in tested.items()}
    corrected = p | dict(zip(able, holm([p[asked] for asked in able]), strict=True))
    judged = []
    for (claim, links), why in zip(wanted, unasked, strict=True):
        if why:
            judged.append(ClaimResult(claim.id, claim.text, "not measured", note=why))
            continue
        results = tuple(
            LinkResult(
                link,
                tested[asked, _told_apart(claim, link, margins or {})],
                float(corrected[asked]),
                len(able) if asked in able else 0,
            )
            for asked, link in _questions(claim, links)
        )
        judged.append(_combine(claim, results, called))
    return judged


def _told_apart(claim: Claim, link: Link, margins: Mapping[Place, float | None]) -> float | None:
    """Of which difference a note says how often it would be found: of a claimed size, what it may be off."""
    return tolerance_of(claim.id, claim.test) or margins.get(claim.place(link.above))


def _questions(claim: Claim, links: Sequence[Link]) -> list[tuple[Question | str, Link]]:
    """What a claim asks of the data: the same question in two claims is tested, and counted by Holm, once.

    A sentence about all classes is one question of its own, by the claim's id.
    """
    if isinstance(form_of(claim.id, claim.test), NeverWorst):
        return [(claim.id, Link(links[0].above, "the lowest other"))]
    return [((claim.place(link.above), claim.place(link.below), link.by, claim.of_class), link) for link in links]


def _can_decide(claim: Claim, link: Link, outcomes: Mapping[Place, Outcomes]) -> bool:
    """Whether a link has so many units that something could be shown; a sentence about classes is always asked."""
    if isinstance(form_of(claim.id, claim.test), NeverWorst):
        return True
    first = outcomes[claim.place(link.above)]
    return least_p_of((first if claim.of_class is None else first.of_class(claim.of_class)).n_units) <= ALPHA


def _why_not(
    claim: Claim,
    links: Sequence[Link],
    outcomes: Mapping[Place, Outcomes],
    quoted: Container[Place],
    flawed: Container[Place],
    called: Called,
) -> str:
    """Why a claim cannot be tested: rows (or columns) that its links need lack runs, or a class lacks items."""
    names = sorted({name for link in links for name in link[:2]})
    if missing := [name for name in names if claim.place(name) not in outcomes]:
        return _why_missing(claim, missing, quoted, flawed, called)
    return _why_no_class(claim, [outcomes[claim.place(name)] for name in names])


def _why_missing(
    claim: Claim, missing: Sequence[str], quoted: Container[Place], flawed: Container[Place], called: Called
) -> str:
    line = called(claim, claim.line)
    if never := [called(claim, name) for name in missing if claim.place(name) in quoted]:
        return f"not to be had: {enumerated(never)} only quoted"
    if amiss := [called(claim, name) for name in missing if claim.place(name) in flawed]:
        return f"flawed files behind {enumerated(amiss)} in {line}"
    return f"needs runs of {enumerated(called(claim, name) for name in missing)} in {line}"


def _why_no_class(claim: Claim, found: Sequence[Outcomes]) -> str:
    """Which class has no item in a fold, of those that a claim is about: files of it may not be here."""
    is_of_all = isinstance(form_of(claim.id, claim.test), NeverWorst)
    asked = found[0].classes if is_of_all else [claim.of_class] if claim.of_class is not None else []
    lacking = [
        f"no item of {name} in fold {fold}" for one in found for fold in one.items for name in asked
        if name not in one.labels.get(fold, ())
    ]  # fmt: skip
    return lacking[0] if lacking else ""


def _test(
    claim: Claim,
    links: Sequence[Link],
    outcomes: Mapping[Place, Outcomes],
    margin: float | None,
    n_tests: int,
    called: Called,
) -> Tested:
    """One link tested, one of so many tests, or all links of a sentence about classes together."""
    first = outcomes[claim.place(links[0].above)]
    others = {link.below: outcomes[claim.place(link.below)] for link in links}
    if odd := [link for link in links if others[link.below].items != first.items]:
        raise InputError(f"{odd[0]}: the two rows were tested on different items; run both on the same folds")
    if isinstance(form_of(claim.id, claim.test), NeverWorst):
        return never_worst(first, {called(claim, name): other for name, other in others.items()})
    [other] = others.values()
    if claim.of_class is not None:
        first, other = first.of_class(claim.of_class), other.of_class(claim.of_class)
    return compare_rows(first, other, links[0].by, margin, n_tests)


def _combine(claim: Claim, results: tuple[LinkResult, ...], called: Called) -> ClaimResult:
    failing = [result for result in results if result.status == "fails"]
    if failing:
        status: Status = "fails"
        deciding = min(failing, key=lambda result: result.p_holm)
    else:
        status = "holds" if all(result.status == "holds" for result in results) else "undecided"
        deciding = max(results, key=lambda result: (result.p_holm, result.link.by - result.tested.difference))
    kind: About = "method" if all(result.tested.about == "method" for result in results) else "these two models"
    is_turned = deciding.link[:2] == results[0].link[1::-1]
    shown = _turned(deciding.tested) if is_turned else deciding.tested
    worded = _worded(claim, deciding.link, called)
    between = (worded.below, worded.above) if is_turned else (worded.above, worded.below)
    return ClaimResult(
        claim.id, claim.text, status, shown.p, deciding.p_holm, shown.low, shown.high, shown.difference, kind,
        shown.seeds, _note(deciding, len(results), status, worded, is_turned), results, between,
        deciding.tested.power,
    )  # fmt: skip


def _turned(found: Tested) -> Tested:
    """The same result read the other way round."""
    return replace(found, difference=-found.difference, low=-found.high, high=-found.low, seeds=found.seeds[::-1])


def _worded(claim: Claim, link: Link, called: Called) -> Link:
    """A link whose sides have the names that a note calls them."""
    return link._replace(above=called(claim, link.above), below=called(claim, link.below))


def _note(deciding: LinkResult, n_links: int, status: Status, link: Link, is_turned: bool) -> str:
    """Which link decides, by which test, and how much that test can see; turned as its difference is."""
    parts = []
    if n_links > 1:
        said = link.turned() if is_turned else link
        parts.append(f"{'deciding' if status == 'fails' else 'weakest'} of {n_links} links: {said}")
    parts.append(deciding.tested.test)
    if link.by:
        parts.append(f"p is that of a difference of {-link.by if is_turned else link.by:g}")
    power, margin = deciding.tested.power, deciding.tested.margin
    if not deciding.tested.can_decide:
        parts.append(f"so few units can show nothing: p is at least {deciding.tested.least_p:.2g}")
    elif power is not None:
        least = "at least " if deciding.n_tests > 1 else ""
        found = "hardly ever" if power < NO_POWER else f"in {least}{100 * power:.0f} of 100 cases"
        parts.append(f"finds a difference of {margin:g} {found}")
    return "; ".join(parts)
