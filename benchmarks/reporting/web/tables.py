"""The pages of tables and of claims."""

from collections.abc import Iterator, Mapping

from benchmarks.judge.table import ClaimTest, TableResult, Variant
from benchmarks.reporting.opening.result import spoken
from benchmarks.reporting.render.blocks import Block, Heading, Page, Text
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
        blocks = [
            block for variant, test in {Variant(): one, **apart.get(one.claim.id, {})}.items()
            for block in (Heading(spoken(variant)), *_answer(test))
        ]  # fmt: skip
        known = {
            "claim": one.claim, "links": _links(table, one), "blocks": blocks,
            "line": _line(table, one), "table": {"id": table.id, "href": way(place, table_place(table.id))},
            "cells": list(_cells(table, one, place)),
        }  # fmt: skip
        yield place, shell.write("claim.html.j2", place, f"{table.id}: {one.claim.id.replace('_', ' ')}", known)


def _answer(one: ClaimTest) -> Iterator[Block]:
    """What came of a claim under some conditions; what its own numbers say, where they are the paper's."""
    if one.variant.earns_verdict and one.in_print.outcome and not one.claim.ours:
        printed = {"holds": "it holds", "fails": "it fails", "tie": "it is a tie"}
        note = f": {one.in_print.note}" if one.in_print.outcome != "holds" and one.in_print.note else ""
        yield Text(f"By the paper's own numbers {printed.get(one.in_print.outcome, one.in_print.outcome)}{note}.")
    if one.ours.status == "not measured":
        yield Text(f"Not measured: {one.ours.note}.")
    else:
        yield from (block for block in claim_blocks([one]) if not isinstance(block, Heading))


def _links(table: TableResult, one: ClaimTest) -> list[str]:
    """What has to be so for a claim to hold, by the labels of rows and columns."""

    def label(name: str) -> str:
        column, row = one.claim.place(name)
        return _label(table, row) if one.claim.column is not None else table.table.columns[column].label

    links = links_of(one.claim.id, one.claim.test)
    return [str(link._replace(above=label(link.above), below=label(link.below))) for link in links] or [
        str(one.claim.test["kind"]).replace("_", " ")
    ]


def _label(table: TableResult, row: str) -> str:
    """What a row is called, or a control."""
    control = table.table.controls.get(row)
    return control.label if control else next((of.cell.label for of in table.main if of.cell.row == row), row)


def _line(table: TableResult, one: ClaimTest) -> str:
    """The column or row that a claim is about, by its label."""
    if one.claim.column is not None:
        return f"column {table.table.columns[one.claim.column].label}"
    return f"row {_label(table, str(one.claim.row))}"


def _cells(table: TableResult, one: ClaimTest, here: str) -> Iterator[Mapping[str, object]]:
    named = one.claim.test.get("rows") or one.claim.test.get("columns") or ()
    wanted = {f"{table.id}.{row}.{column}" for column, row in map(one.claim.place, named)}
    there = table_place(table.id)
    for line in lines(table, there):
        if line.id in wanted:
            yield {**_shown(line), "href": way(here, there, line.anchor)}


def _shown(line: Line) -> dict[str, object]:
    return {name: getattr(line, name) for name in ("row", "column", "published", "ours", "badge", "word")}
