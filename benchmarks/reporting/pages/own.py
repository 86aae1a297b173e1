"""The page of the rows that are not the paper's, where there are any; the paper's own pages say nothing of them."""

from collections.abc import Iterator

from benchmarks.reporting.own.board import own_blocks
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Page


class OwnPages(PageKind):
    """A page per paper with the leaderboards of all its tables."""

    by_paper = True

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of the papers beside which somebody has trained something."""
        for paper, tables in report.papers.items():
            blocks: list[Block] = [block for table in tables for block in own_blocks(table)]
            if blocks:
                yield Page(f"{paper}/own", f"{paper}: rows that are not the paper's", blocks)
