"""The pages of tables and of claims."""

from collections.abc import Iterator, Mapping

from benchmarks.judge.table import ClaimTest, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Heading, Page
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.web.cells import Line, lines
from benchmarks.reporting.web.commands import audit_commands
from benchmarks.reporting.web.places import claim_place, table_place, way
from benchmarks.reporting.web.shell import Shell
from benchmarks.spec.claims import links_of


def table_page(shell: Shell, table: TableResult, page: Page) -> bytes:
    """What the report says of a table, with the ways from its cells to their commands."""
    here = table_place(table.id)
    opening, behind = _parted(list(page.blocks))
    listed = list(lines(table, here))
    known = {
        "page": page, "opening": opening, "behind": behind, "lines": listed,
        "cells": {line.id: f"#{line.anchor}" for line in listed},
        "audit": audit_commands(table) if any(one.cell.recipe == "audit" for one in table.main) else [],
        "claims": [
            (one.claim.text, way(here, claim_place(table.paper.id, one.claim.id)), one.answer) for one in table.claims
        ],
    }  # fmt: skip
    return shell.write("table.html.j2", here, page.title, known)


def _parted(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """What stands above the first heading, and the rest."""
    first = next((at for at, block in enumerate(blocks) if isinstance(block, Heading)), len(blocks))
    return blocks[:first], blocks[first:]


def claim_pages(shell: Shell, table: TableResult) -> Iterator[tuple[str, bytes]]:
    """A page for each sentence about a table, with its place: asked of whatever ran."""
    apart: dict[str, dict[Variant, ClaimTest]] = {}
    for variant, tests in table.claims_apart.items():
        for one in tests:
            apart.setdefault(one.claim.id, {})[variant] = one
    for one in table.claims:
        place = claim_place(table.paper.id, one.claim.id)
        blocks: list[Block] = [*claim_blocks([one])]
        for variant, test in apart.get(one.claim.id, {}).items():
            blocks += [Heading(wording.conditions(variant)), *claim_blocks([test], 3)]
        known = {
            "claim": one.claim, "links": [str(link) for link in _links(one)], "blocks": blocks,
            "line": _line(table, one), "table": {"id": table.id, "href": way(place, table_place(table.id))},
            "cells": list(_cells(table, one, place)),
        }  # fmt: skip
        yield place, shell.write("claim.html.j2", place, f"{table.id}: {one.claim.id.replace('_', ' ')}", known)


def _links(one: ClaimTest) -> list[object]:
    return list(links_of(one.claim.id, one.claim.test)) or [one.claim.test["kind"]]


def _line(table: TableResult, one: ClaimTest) -> str:
    """The column or row that a claim is about, by its label."""
    if one.claim.column is not None:
        return f"column {table.table.columns[one.claim.column].label}"
    label = next((of.cell.label for of in table.main if of.cell.row == one.claim.row), str(one.claim.row))
    return f"row {label}"


def _cells(table: TableResult, one: ClaimTest, here: str) -> Iterator[Mapping[str, object]]:
    named = one.claim.test.get("rows") or one.claim.test.get("columns") or ()
    wanted = {f"{table.id}.{row}.{column}" for column, row in map(one.claim.place, named)}
    there = table_place(table.id)
    for line in lines(table, there):
        if line.id in wanted:
            yield {**_shown(line), "href": way(here, there, line.anchor)}


def _shown(line: Line) -> dict[str, object]:
    return {name: getattr(line, name) for name in ("row", "column", "published", "ours", "badge", "word")}
