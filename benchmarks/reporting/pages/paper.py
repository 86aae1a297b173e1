"""The page of a paper."""

from collections.abc import Iterator

from benchmarks.judge.table import TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.overview import in_words
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Bullets, Grid, Heading, Page, Text
from benchmarks.reporting.sections.equivalence import link_sentence
from benchmarks.spec import Paper


class PaperPages(PageKind):
    """A page per paper: its tables, what is wrong or contradictory in it, notes."""

    by_paper = True

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of all papers."""
        for tables in report.papers.values():
            paper = tables[0].paper
            yield Page(f"{paper.id}/README", paper.title, list(_blocks(paper, tables)))


def _blocks(paper: Paper, tables: list[TableResult]) -> Iterator[Block]:
    yield Text(f"{paper.authors}, {paper.year}; {paper.reference}.")
    yield Bullets([f"[{one.id}]({one.table_id}.md): {one.table.title}: {in_words(one)}" for one in tables])
    yield Text("What the settings are made of, value by value with its origin: [values](values.md).")
    yield from (Text(link_sentence(study)) for study in tables[0].studies.values())
    for title, are_remarks in (("Errors and contradictions", False), ("Remarks", True)):
        told = [item for item in paper.errata if item.remark is are_remarks]
        if told:
            rows = [(_cells_of(item.cells), wording.sentence(item.reason), item.where) for item in told]
            yield Heading(title)
            yield Grid(("cells", "what", "where"), rows, left=(0, 1, 2))
    if paper.notes:
        yield Heading("Notes")
        yield Bullets([wording.sentence(note) for note in paper.notes])


def _cells_of(cells: dict[str, float | None]) -> str:
    if not cells:
        return "text"
    return ", ".join(
        f"`{cell}`" + ("" if value is None else f" → {value:g}") for cell, value in cells.items()
    )  # fmt: skip
