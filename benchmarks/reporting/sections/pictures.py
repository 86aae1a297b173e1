"""The figures of a table, one below the other."""

from collections.abc import Iterable, Iterator

from benchmarks.reporting.figures import Figure
from benchmarks.reporting.render.blocks import Block, Picture


def picture_blocks(figures: Iterable[Figure]) -> Iterator[Block]:
    """Each figure with its caption."""
    for figure in figures:
        yield Picture(path_of(figure), figure.caption)


def path_of(figure: Figure) -> str:
    """Where a figure lies, from the folder of its page."""
    return f"figures/{figure.name}.svg"
