"""The pages of a report, found by file name: one class per file, and a further page is one more file here.

A report is made paper by paper, so that what is made of one need not be made again where another has changed
(reporting.by_paper). Pages over all papers are joined from plain data that they take of each.
"""

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from benchmarks.judge.aside import LeftAside
from benchmarks.judge.table import TableResult
from benchmarks.reporting.opening.todo import Todo
from benchmarks.reporting.render.blocks import Page
from benchmarks.runs.build import classes_of
from benchmarks.runs.memo import Memo


@dataclass(frozen=True)
class Report:
    """What a report is made from."""

    tables: Sequence[TableResult]
    #: stored runs that are no longer, or not yet, those of the paper files
    left_aside: Sequence[LeftAside]
    memo: Memo
    #: what is still to be run, by table
    todo: Mapping[str, Todo] = field(default_factory=dict)

    @property
    def papers(self) -> dict[str, list[TableResult]]:
        """The tables of each paper."""
        found: dict[str, list[TableResult]] = {}
        for table in self.tables:
            found.setdefault(table.paper.id, []).append(table)
        return found


class PageKind(ABC):
    """A page, or one per paper or table; each says its place and what stands on it."""

    #: whether the pages of several papers are those of each alone; without it a report is made of all papers at once
    by_paper: ClassVar[bool] = False

    @abstractmethod
    def pages(self, report: Report) -> Iterator[Page]:
        """The pages, as far as the report has what they show."""


class JoinedPage(PageKind):
    """A page over all papers."""

    by_paper = True

    @abstractmethod
    def taken(self, report: Report) -> Any:
        """What the page needs to know of the tables of a report: plain data, of which JSON keeps everything."""

    @abstractmethod
    def joined(self, parts: Sequence[Any]) -> Iterator[Page]:
        """The page, from what was taken of reports on different papers, as JSON gives it back."""

    def pages(self, report: Report) -> Iterator[Page]:
        """The page of one report alone."""
        yield from self.joined([json.loads(json.dumps(self.taken(report)))])


def all_pages(report: Report) -> list[Page]:
    """Every page: those of the whole report, then paper by paper; of a folder its README first."""
    return sorted_pages((page for kind in page_kinds().values() for page in kind().pages(report)), report.papers)


def sorted_pages(pages: Iterable[Page], papers: Iterable[str]) -> list[Page]:
    """Pages in the order of their folders, that of the whole report first; of a folder its README first."""
    folders = ["", *papers]

    def order(page: Page) -> tuple[int, bool]:
        folder, _, name = page.place.rpartition("/")
        return folders.index(folder) if folder in folders else len(folders), name != "README"

    return sorted(pages, key=order)


def page_kinds() -> dict[str, type[PageKind]]:
    """The classes of all pages, by the names of their files."""
    return classes_of(sys.modules[__name__], PageKind, "a page")  # type: ignore[type-abstract]
