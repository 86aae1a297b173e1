"""Blocks as GitHub's markdown."""

from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from benchmarks.reporting.render.blocks import Block, Bullets, Folded, Footnotes, Grid, Heading, Page, Picture, Text
from benchmarks.reporting.render.inline import markdown, markdown_alt, markdown_cell, markdown_line, one_line


def page_markdown(page: Page) -> str:
    """A whole page."""
    return f"# {markdown(page.title)}\n\n" + blocks_markdown(page.blocks, page.notes)


def blocks_markdown(blocks: Iterable[Block], notes: Footnotes | None = None) -> str:
    """Blocks, then the footnotes that they mark."""
    text = "\n\n".join(part for block in blocks for part in _block(block)) + "\n"
    listed = enumerate(notes.texts if notes else (), start=1)
    marked = [f"[^{number}]: {markdown(note)}" for number, note in listed if f"[^{number}]" in text]
    return "\n".join([text, *marked, ""]) if marked else text


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {markdown(text)}"
        case Text(text):
            yield markdown_line(text)
        case Bullets(items):
            yield "\n".join(f"- {markdown_line(item)}" for item in items)
        case Grid():
            yield grid_markdown(block)
        case Picture(path, caption):
            yield f"![{markdown_alt(caption)}]({quote(path)})\n\n*{markdown(caption)}*"
        case Folded(title, blocks):
            yield f"<details><summary>{escape(one_line(title))}</summary>"
            for inner in blocks:
                yield from _block(inner)
            yield "</details>"


def grid_markdown(grid: Grid) -> str:
    """A table, padded so that it can be read as plain text, too.

    Markdown has one line of heads: what stands above them takes it, and they follow in bold as the first row.
    """
    head = [markdown_cell(cell) for cell in grid.head]
    rows = [[markdown_cell(cell) for cell in row] for row in grid.rows]
    if grid.above:
        rows.insert(0, [f"**{cell}**" if cell else "" for cell in head])
        head = [text for cell, span in grid.above for text in (markdown_cell(cell), *[""] * (span - 1))]
    widths = [max(3, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]
    is_left = [i in grid.left for i in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = (
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(cells, widths, is_left, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = ["-" * width if left else "-" * (width - 1) + ":" for width, left in zip(widths, is_left, strict=True)]
    return "\n".join([line(head), line(rule), *map(line, rows)])
