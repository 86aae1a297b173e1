"""The claims about a table, in the paper's own numbers and in those of the runs."""

import math

from benchmarks.judge.claims import judge_claims
from benchmarks.judge.paired import Outcomes
from benchmarks.judge.spread import signed_scale
from benchmarks.judge.table import CellResult, ClaimTest
from benchmarks.spec import Claim, Paper
from benchmarks.spec.claims import published_ordering


def table_claims(
    paper: Paper, table_id: str, results: tuple[CellResult, ...], only_measured: bool = False
) -> tuple[ClaimTest, ...]:
    """The claims about a table, tested on the complete seeds of its rows; those of the paper first, then ours.

    only_measured: leave out those about columns of which nothing ran.
    """
    ran = {one.cell.column for one in results if one.n_runs}
    told = [claim for claim in paper.claims if claim.table == table_id and (not only_measured or claim.column in ran)]
    return tuple(
        test for ours in (False, True) for test in _family(paper, [one for one in told if one.ours is ours], results)
    )


def _family(paper: Paper, claims: list[Claim], results: tuple[CellResult, ...]) -> tuple[ClaimTest, ...]:
    """Claims of one family, between whose tests Holm's correction is made."""
    outcomes: dict[tuple[str, str], Outcomes] = {}
    asked = {claim.column for claim in claims}
    for one in results if claims else ():
        found = _outcomes(paper, one) if one.cell.column in asked else None
        if found is not None:
            outcomes[one.cell.column, one.cell.row] = found
    tests = []
    quoted = {one.cell.row for one in results if one.cell.recipe == "quoted"}
    for claim, ours in zip(claims, judge_claims(claims, outcomes, quoted=quoted), strict=True):
        of_column = [one.cell for one in results if one.cell.column == claim.column]
        sign = math.copysign(1.0, signed_scale(of_column[0])) if of_column else 1.0
        merits = {cell.row: cell.published if cell.published is None else sign * cell.published for cell in of_column}
        tests.append(ClaimTest(claim, published_ordering(claim.id, claim.test, merits), ours))
    return tuple(tests)


def _outcomes(paper: Paper, one: CellResult) -> Outcomes | None:
    """What the items add to the value of a cell's complete seeds."""
    if one.evidence is None or one.mean is None or one.cell.setting is None:
        return None
    units = {
        (found.part, item): unit
        for found in one.evidence.complete for item, unit in zip(found.value.items, found.units, strict=True)
    }  # fmt: skip
    runs = [(found.part, found.seed, found.value) for found in one.evidence.complete]
    return Outcomes.collect(runs, units, paper.settings[one.cell.setting].deterministic, signed_scale(one.cell))
