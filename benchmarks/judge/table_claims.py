"""The claims about a table, in the paper's own numbers and in those of the runs."""

import math
from collections.abc import Iterator

from benchmarks.judge.claims import judge_claims
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.spread import repeats, signed_scale
from benchmarks.judge.table import CellResult, ClaimTest, Variant
from benchmarks.spec import Claim, Paper
from benchmarks.spec.claims import published_ordering


def table_claims(
    paper: Paper, table_id: str, variant: Variant, results: tuple[CellResult, ...]
) -> tuple[ClaimTest, ...]:
    """The claims about a table, tested on the complete seeds of its rows; those of the paper first, then ours.

    Of the results of any variant but the paper's experiment, claims about columns of which nothing ran are left out.
    """
    ran = {one.cell.column for one in results if one.n_runs}
    told = [
        claim for claim in paper.claims
        if claim.table == table_id and (variant.earns_verdict or claim.column in ran)
    ]  # fmt: skip
    families = ([claim for claim in told if claim.ours is ours] for ours in (False, True))
    return tuple(test for family in families if family for test in _family(paper, variant, family, results))


def _family(
    paper: Paper, variant: Variant, claims: list[Claim], results: tuple[CellResult, ...]
) -> Iterator[ClaimTest]:
    """Claims of one family, between whose tests Holm's correction is made; flawed files say nothing of the paper's."""
    asked = {claim.column for claim in claims}
    cells = {(one.cell.column, one.cell.row): one for one in results if one.cell.column in asked}
    flawed = {key for key, one in cells.items() if one.flaw and variant.earns_verdict}
    found = {key: _outcomes(one) for key, one in cells.items() if key not in flawed}
    outcomes = {key: of_cell for key, of_cell in found.items() if of_cell is not None}
    quoted = {one.cell.row for one in results if one.cell.recipe == "quoted"}
    margins = {name: column.margin for name, column in paper.tables[claims[0].table].columns.items()}
    for claim, ours in zip(claims, judge_claims(claims, outcomes, quoted, flawed, margins), strict=True):
        of_column = [one.cell for one in results if one.cell.column == claim.column]
        sign = math.copysign(1.0, signed_scale(of_column[0])) if of_column else 1.0
        merits = {cell.row: cell.published if cell.published is None else sign * cell.published for cell in of_column}
        yield ClaimTest(claim, variant, published_ordering(claim.id, claim.test, merits), ours)


def _outcomes(one: CellResult) -> Outcomes | None:
    """What the items add to the value of a cell's complete seeds."""
    if one.evidence is None or one.mean is None:
        return None
    units = {
        (found.part, item): unit
        for found in one.evidence.complete for item, unit in zip(found.value.items, found.units, strict=True)
    }  # fmt: skip
    runs = [(found.part, found.seed, found.value) for found in one.evidence.complete]
    return Outcomes.collect(runs, units, repeats(one.evidence), signed_scale(one.cell))
