"""The claims about a table, in the paper's own numbers and in those of the runs."""

import math
from collections.abc import Callable, Iterator

from benchmarks.judge.claims import judge_claims
from benchmarks.judge.evidence import Evidence
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.spread import repeats, signed_scale
from benchmarks.judge.table import CellResult, ClaimTest, Variant
from benchmarks.spec import Cell, Claim, Paper
from benchmarks.spec.claims import Ordering, links_of, published_ordering


def table_claims(
    paper: Paper, table_id: str, variant: Variant, results: tuple[CellResult, ...]
) -> tuple[ClaimTest, ...]:
    """The claims about a table, tested on the complete seeds of its rows; those of the paper first, then ours.

    Of the results of any variant but the paper's experiment, claims about columns, or rows, of which nothing ran are
    left out.
    """
    ran = {name for one in results if one.n_runs for name in (one.cell.column, one.cell.row)}
    told = [
        claim for claim in paper.claims
        if claim.table == table_id and (variant.earns_verdict or claim.line in ran)
    ]  # fmt: skip
    families = ([claim for claim in told if claim.ours is ours] for ours in (False, True))
    return tuple(test for family in families if family for test in _family(paper, variant, family, results))


def asked_once(tests: tuple[ClaimTest, ...], before: tuple[ClaimTest, ...]) -> tuple[ClaimTest, ...]:
    """Of questions asked of runs in other numerics those that float32 leaves open; nothing where none has an answer.

    before: the same asked in float32. Whoever asks twice of what is the same takes the better of two answers.
    """
    if tests and tests[0].variant.numerics == "float32":
        return tests
    answered = {one.claim.id for one in before if one.ours.status != "not measured"}
    left = tuple(one for one in tests if one.claim.id not in answered)
    return left if any(one.ours.status != "not measured" for one in left) else ()


def _family(
    paper: Paper, variant: Variant, claims: list[Claim], results: tuple[CellResult, ...]
) -> Iterator[ClaimTest]:
    """Claims of one family, between whose tests Holm's correction is made; flawed files say nothing of the paper's."""
    asked = {claim.line for claim in claims}
    cells = {
        (one.cell.column, one.cell.row): one for one in results if asked & {one.cell.column, one.cell.row}
    }  # fmt: skip
    flawed = {key for key, one in cells.items() if one.flaw and variant.earns_verdict}
    found = {
        key: outcomes_of(one.evidence, signed_scale(one.cell))
        for key, one in cells.items() if key not in flawed and one.evidence is not None and one.mean is not None
    }  # fmt: skip
    outcomes = {key: of_cell for key, of_cell in found.items() if of_cell is not None}
    quoted = {key for key, one in cells.items() if one.cell.recipe == "quoted"}
    margins = {key: one.cell.margin for key, one in cells.items()}
    called = _called(paper, [one.cell for one in cells.values()])
    for claim, ours in zip(claims, judge_claims(claims, outcomes, quoted, flawed, margins, called), strict=True):
        yield ClaimTest(claim, variant, _in_print(claim, [one.cell for one in cells.values()]), ours)


def _called(paper: Paper, cells: list[Cell]) -> Callable[[Claim, str], str]:
    """What notes call the rows and columns of a table: by their labels, in quotes where an id is a bare word."""
    tables = {cell.table for cell in cells}
    known = [one for table in tables for one in (*paper.table_cells(table), *paper.control_cells(table))]
    rows = {cell.row: f"“{cell.label}”" for cell in known}

    def called(claim: Claim, name: str) -> str:
        columns = paper.tables[claim.table].columns
        is_row = (claim.column is None) == (name == claim.line)
        return rows.get(name, name) if is_row else columns[name].label if name in columns else name

    return called


def _in_print(claim: Claim, cells: list[Cell]) -> Ordering:
    """What a claim comes to in the paper's own numbers; nothing of classes, for no table prints them."""
    if claim.of_class is not None:
        return Ordering(None, "nothing printed for single classes")
    by_place = {(cell.column, cell.row): cell for cell in cells}
    names = {name for link in links_of(claim.id, claim.test) for name in link[:2]}
    named = {name: by_place[claim.place(name)] for name in names if claim.place(name) in by_place}
    merits = {
        name: None if cell.published is None else math.copysign(1.0, signed_scale(cell)) * cell.published
        for name, cell in named.items()
    }
    return published_ordering(claim.id, claim.test, merits)


def outcomes_of(evidence: Evidence, scale: float) -> Outcomes | None:
    """What the items add to the value of the complete seeds, times `scale`; None without one."""
    # The items of one part are those of all its runs, or there is no comparison.
    named = {(found.part, found.value.items): found for found in evidence.complete}.values()
    units = {
        (found.part, item): unit
        for found in named for item, unit in zip(found.value.items, found.units, strict=True)
    }  # fmt: skip
    classes = {
        (found.part, item): label
        for found in named for item, label in zip(found.value.items, found.classes, strict=True)
    }  # fmt: skip
    runs = [(found.part, found.seed, found.value) for found in evidence.complete]
    return Outcomes.collect(runs, units, repeats(evidence), scale, classes, evidence.shares_draws)
