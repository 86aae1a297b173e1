"""The pages that lead to others: the front page with its squares, and one per paper."""

from collections.abc import Mapping, Sequence
from itertools import chain

from benchmarks.judge.table import TableResult
from benchmarks.reporting.opening.overview import in_words, method_sentences
from benchmarks.reporting.pages import Report
from benchmarks.reporting.pages.front import TITLE, FrontPage, behind, together_told
from benchmarks.reporting.render.blocks import Page, Text
from benchmarks.reporting.web.cells import badges, squares
from benchmarks.reporting.web.places import claim_place, page_place, setting_place, table_place, way
from benchmarks.reporting.web.shell import Shell
from benchmarks.reporting.web.uses import Use
from datasets.acquire.telling import count_of


def front_page(shell: Shell, report: Report) -> bytes:
    """All squares, table by table, and what else the report's front page says."""
    here = "index"
    told = together_told([FrontPage().taken(report)])
    matrix = [
        (paper, tables[0].paper.title, [_card(table, here) for table in tables])
        for paper, tables in report.papers.items()
    ]
    blocks = [*(Text(sentence) for sentence in method_sentences(told["methods"])), *behind(told)]
    known = {
        "n_papers": count_of(len(report.papers), "paper"), "n_tables": count_of(len(report.tables), "table"),
        "n_beside": told["beside"], "states": badges(told["states"], told["alone"]), "matrix": matrix, "blocks": blocks,
    }  # fmt: skip
    return shell.write("front.html.j2", here, TITLE, known)


def _card(table: TableResult, here: str) -> dict[str, object]:
    return {
        "href": way(here, table_place(table.id)), "name": f"Table {table.table_id.removeprefix('t')}",
        "title": table.table.title, "rows": squares(table, here), "told": in_words(table),
    }  # fmt: skip


def paper_page(
    shell: Shell,
    page: Page,
    tables: Sequence[TableResult],
    uses: Mapping[tuple[str, str], Use],
    beside: Sequence[Page],
) -> bytes:
    """What the report says of a paper, then the ways to its settings and claims, and to the pages `beside` it."""
    paper = tables[0].paper
    here = f"{paper.id}/index"
    settings = [
        {
            "name": name, "href": way(here, setting_place(paper.id, name)), "title": paper.settings[name].title,
            "cells": len(use.cells), "ran": ", ".join(variant.name for variant in use.ran),
        }
        for (owner, name), use in uses.items() if owner == paper.id
    ]  # fmt: skip
    claims = [
        {
            "href": way(here, claim_place(paper.id, one.claim.id)), "text": one.claim.text,
            "table": one.claim.table, "whose": "ours" if one.claim.ours else "the paper's",
            "printed": one.in_print.outcome or "–", "answer": one.answer,
        }
        for one in chain.from_iterable(table.claims for table in tables)
    ]  # fmt: skip
    further = [(one.title, way(here, page_place(one.place))) for one in beside]
    known = {"page": page, "settings": settings, "claims": claims, "further": further}
    return shell.write("paper.html.j2", here, page.title, known)
