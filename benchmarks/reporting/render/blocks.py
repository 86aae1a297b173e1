"""What a page is made of, before it becomes markdown or HTML.

Text inside blocks may hold `**bold**`, `` `code` ``, `[links](place)` and marks of footnotes, `[^1]`; nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heading:
    """A heading below the title of the page."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table; the columns named in `left` hold words, all others numbers.

    above: what stands over the head, each over so many of its columns; together they are as wide as the table.
    cells: of a paper's own table the id of the cell behind each entry, "" without one.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = (0,)
    above: Sequence[tuple[str, int]] = ()
    cells: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Picture:
    """A figure: a file beside the page, and what it shows."""

    path: str
    caption: str


@dataclass(frozen=True)
class Folded:
    """Blocks behind a title that opens on demand."""

    title: str
    blocks: Sequence["Block"]


Block = Heading | Text | Bullets | Grid | Picture | Folded


@dataclass
class Footnotes:
    """Notes of one page, each kept once, numbered in the order of their first use."""

    texts: list[str] = field(default_factory=list)

    def mark(self, text: str) -> str:
        """The mark of a note, to stand behind what it explains."""
        if text not in self.texts:
            self.texts.append(text)
        return f"[^{self.texts.index(text) + 1}]"


@dataclass(frozen=True)
class Page:
    """A page: its place below the reports' folder (without ending), a title, blocks, footnotes, the files beside it."""

    place: str
    title: str
    blocks: Sequence[Block]
    notes: Footnotes = field(default_factory=Footnotes)
    #: figures by their path from the folder of the page
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the page, "" for that of the reports."""
        return self.place.rpartition("/")[0]
