"""What stands below a table: folds, checks, provenance."""

from benchmarks.reporting.blocks import Block, Footnotes
from benchmarks.reporting.results import TableResult


def details(result: TableResult, notes: Footnotes) -> list[Block]:
    """All blocks below the table."""
    return []
