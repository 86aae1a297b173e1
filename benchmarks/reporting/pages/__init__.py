"""The pages of a report, found by file name: one class per file, and a further page is one more file here."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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

    @abstractmethod
    def pages(self, report: Report) -> Iterator[Page]:
        """The pages, as far as the report has what they show."""


def all_pages(report: Report) -> list[Page]:
    """Every page: those of the whole report, then paper by paper; of a folder its README first."""
    found = [page for kind in page_kinds().values() for page in kind().pages(report)]
    folders = ["", *report.papers]

    def order(page: Page) -> tuple[int, bool]:
        folder, _, name = page.place.rpartition("/")
        return folders.index(folder) if folder in folders else len(folders), name != "README"

    return sorted(found, key=order)


def page_kinds() -> dict[str, type[PageKind]]:
    """The classes of all pages, by the names of their files."""
    return classes_of(sys.modules[__name__], PageKind, "a page")  # type: ignore[type-abstract]
