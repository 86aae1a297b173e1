"""Lines that a table could have: the best of some rows in each column, in print and in ours."""

from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Footnotes, Grid, Heading


def derived_blocks(result: TableResult, variant: Variant, notes: Footnotes, level: int = 2) -> list[Block]:
    """The best of some rows in each column, in print and in ours: lines that the paper does not have."""
    rows: list[tuple[str, ...]] = []
    for name, cells in result.derived.get(variant, {}).items():
        line = result.table.derived[name]
        for column in result.table.columns:
            of_column = [one for one in cells if one.cell.column == column]
            in_print = [one for one in of_column if one.cell.published is not None]
            ran = [one for one in of_column if one.mean is not None]
            if not in_print or not (ran or variant.earns_verdict):
                continue
            best = max(in_print, key=lambda one: one.cell.published or 0.0)
            ours = max(ran, key=lambda one: one.mean or 0.0) if ran else None
            printed = (f"{wording.published(best)} ({best.cell.label})",) if variant.corpus == "real" else ()
            reproduced = f"{wording.reproduced(ours)} ({ours.cell.label})" if ours else wording.NOTHING
            label = line.label + notes.mark(wording.sentence(line.note))
            rows.append((label, result.table.columns[column].label, *printed, reproduced))
    if not rows:
        return []
    head = ("row", "column", *(("published",) if variant.corpus == "real" else ()), "ours")
    if all(row[-1] == wording.NOTHING for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    return [Heading("Lines that the table could have", level), Grid(head, rows, left=(0, 1))]
