"""The page of one table."""

from collections.abc import Sequence

from benchmarks.reporting import wording
from benchmarks.reporting.blocks import Block, Footnotes, Grid, Heading, Page, Text
from benchmarks.reporting.results import CellResult, TableResult, Variant

MAIN_HEAD = (
    "row", "published", "reproduced", "as printed", "correct", "90 % interval", "seeds × folds", "verdict",
    "at half / double margin", "item noise",
)  # fmt: skip
APART = "These runs are not the paper's experiment; they earn no verdict and must not be read beside the table above."


def table_page(result: TableResult) -> Page:
    """The whole page: the table, what ran under other conditions, and all that stands behind the numbers."""
    from benchmarks.reporting.details import details

    notes = Footnotes()
    paper = result.paper
    head = Text(f"{result.id} of *{paper.title}* ({paper.authors}, {paper.year}; {paper.reference}).")
    blocks: list[Block] = [head, *main_tables(result, notes)]
    for variant, results in result.others.items():
        blocks += other_tables(result, variant, results, notes)
    blocks += details(result, notes)
    return Page(f"{paper.id}/{result.table_id}", f"{result.id}: {result.table.title}", blocks, notes)


def main_tables(result: TableResult, notes: Footnotes) -> list[Block]:
    """The table under the paper's own conditions, a grid per column."""
    if result.table.kind == "audit":
        return [_audit_grid(result.main, result, notes)]
    blocks: list[Block] = []
    for column, results in result.columns(result.main).items():
        described = result.table.columns[column]
        margin = "" if described.margin is None else f", margin ± {described.margin:g}"
        blocks.append(Heading(f"{described.label} ({described.unit}{margin})"))
        blocks.append(Grid(MAIN_HEAD, [_main_row(one, notes) for one in results], left=(0, 7, 8)))
    return blocks


def other_tables(result: TableResult, variant: Variant, results: Sequence[CellResult], notes: Footnotes) -> list[Block]:
    """What ran under other conditions; beside the paper's numbers only where the files are the real ones."""
    blocks: list[Block] = [
        Heading(f"Apart from the table: {wording.conditions(variant)}"), Text(APART),
    ]  # fmt: skip
    is_real = variant.corpus == "real"
    head = ("row", "value", "as printed", "correct", "seeds × folds", *(("paper, tier full",) if is_real else ()))
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if one.n_runs]
        if not ran:
            continue
        label = result.table.columns[column].label
        rows = [(*_other_row(one), *((wording.published(one, notes),) if is_real else ())) for one in ran]
        blocks += [Heading(f"{label}, {wording.conditions(variant)}", 3), Grid(head, rows)]
    return blocks


def _main_row(result: CellResult, notes: Footnotes) -> tuple[str, ...]:
    noise = result.item_noise
    return (
        result.cell.label,
        wording.published(result, notes),
        wording.reproduced(result),
        wording.as_printed(result),
        wording.fraction(result),
        wording.span(result.interval, result.cell.decimals),
        wording.runs(result),
        wording.verdict(result, notes),
        wording.at_other_margins(result.verdict),
        wording.span((noise.low, noise.high) if noise else None, result.cell.decimals),
    )


def _other_row(result: CellResult) -> tuple[str, ...]:
    return (
        result.cell.label, wording.reproduced(result), wording.as_printed(result), wording.fraction(result),
        wording.runs(result),
    )  # fmt: skip


def _audit_grid(results: Sequence[CellResult], table: TableResult, notes: Footnotes) -> Grid:
    rows = []
    for one in results:
        note = one.check["note"] if one.check else None
        computed = wording.NOTHING if one.mean is None else f"{one.mean:.{one.cell.decimals + 2}f}"
        rows.append(
            (
                one.cell.label,
                table.table.columns[one.cell.column].label,
                wording.published(one, notes),
                computed + (notes.mark(wording.sentence(note)) if note else ""),
                wording.as_printed(one),
                f"**{one.status}**" if one.check else one.status,
            )
        )
    return Grid(("row", "quantity", "published", "computed", "as printed", "audit"), rows, left=(0, 1, 5))
