"""The pages of tables, of claims, and of rows that are not the paper's."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.judge.own.rows import OwnRow
from benchmarks.judge.table import ClaimTest, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.result import spoken
from benchmarks.reporting.own.board import what_it_is
from benchmarks.reporting.render.blocks import Block, Heading, Page, Text
from benchmarks.reporting.render.html import plain
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.web.cells import Badge, Line, Square, badge, lines
from benchmarks.reporting.web.commands import audit_commands, own_commands
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


def own_page(shell: Shell, tables: Sequence[TableResult], page: Page, place: str) -> bytes:
    """What the report says of the rows that are not the paper's, with a square for each value and a line for all."""
    matrices: list[tuple[str, list[tuple[str, list[Square | None]]]]] = []
    listed: list[dict[str, object]] = []
    for table in tables:
        for variant, rows in table.own.items():
            squares: dict[str, dict[str, Square]] = {}
            for row in rows:
                at = f"own-{len(listed) + 1}"
                square, line = _own_value(table, row, at)
                squares.setdefault(plain(row.result.cell.label), {})[row.result.cell.column] = square
                listed.append(line)
            columns = [name for name in table.table.columns if any(name in of_row for of_row in squares.values())]
            told = f"{table.id}: {plain(table.table.title)}; {wording.conditions(variant)}"
            matrices.append((told, [(row, [of.get(name) for name in columns]) for row, of in squares.items()]))
    return shell.write("own.html.j2", place, page.title, {"page": page, "matrices": matrices, "lines": listed})


def _own_value(table: TableResult, row: OwnRow, at: str) -> tuple[Square, dict[str, object]]:
    """The square of a value in a row that is not the paper's, and its line, to whose place `at` the square leads."""
    one = row.result
    column, value = plain(table.table.columns[one.cell.column].label), plain(wording.so_far(one))
    conditions = wording.conditions(one.variant)
    mark = _own_badge(one.variant)
    told = f"{plain(one.cell.label)}, {column}: {value}; {conditions}"
    line = {
        "anchor": at, "table": table.id, "row": plain(one.cell.label), "column": column, "value": value, "badge": mark,
        "conditions": conditions, "runs": wording.runs(one), "what": plain(what_it_is(table, row).partition(": ")[2]),
        "way": f"{at}-commands", "commands": own_commands(table, row),
    }  # fmt: skip
    return Square(f"#{at}", mark, told), line


def _own_badge(variant: Variant) -> Badge:
    """That of a cell of the paper that ran under the same conditions alone."""
    where = {"real": "reduced only", "standin": "stand-in only"}.get(variant.corpus, "no verdict")
    return badge(where if variant.tier == "reduced" else "no verdict")


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
