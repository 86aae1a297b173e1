"""What is known of the cells under the paper's own conditions, column by column."""

from collections.abc import Iterator, Sequence

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.judge.verdict import N_BOOT
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading, Text
from benchmarks.reporting.sections.audited import audit_grid
from datasets.acquire.telling import count_of, enumerated

MAIN_HEAD = (
    "row", "published", "ours", "as printed", "correct", "90 % interval", "seeds × folds", "verdict", "protocol",
    "at half / double margin", "item noise",
)  # fmt: skip
EMPTY_HEAD = ("row", "published", "verdict", "protocol")
LEGEND = (
    "*Ours* is the mean over folds and complete seeds, ± the standard deviation over seeds where these differ; "
    "*as printed* the same, shortened as the paper does; *correct* the exact count of decisions; where several classes "
    "were *tied* for the highest score, the first in the dataset's own order counts. In the *90 % interval* one more "
    "run of the same recipe is expected, which is what a published number is, give or take half of its last digit; *s* "
    "is the standard deviation over seeds of a mean over folds, from the spread within each fold, pooled over folds "
    "and alike settings, or from these means alone where the folds of a seed have draws in common, as copies of clips "
    "that are made once; *df* are its degrees of freedom. A fit is deterministic where a second seed gave the same "
    "scores. *Reproduced* means that this interval, seen from the published value, lies within the "
    "margin; *deviates*, that it lies outside; *under a fitted reading*, that what was run was in part chosen by the "
    "published values; *the mean alone*, that folds differ. *Item noise* is how the value would vary with other test "
    f"items (90 %, bootstrap of {N_BOOT} draws over their sources); it does not enter the verdict where the test items "
    "are the same."
)


def detail_blocks(result: TableResult, notes: Footnotes) -> list[Block]:
    """Column by column all that is known; columns of which nothing ran stand together behind one title."""
    filled = tuple(one for one in result.main if one.cell.published is not None or one.cell.recipe != "quoted")
    ran: list[Block] = []
    empty: list[Block] = []
    is_trained = False
    for column, results in result.columns(filled).items():
        if result.table.kind == "audit":
            continue
        if result.table.columns[column].audited:
            ran.append(Folded(column_title(result, column), [audit_grid(result, results, notes)]))
        elif any(one.n_runs for one in results):
            is_trained = True
            rows = [_main_row(one, notes) for one in results]
            grid = Grid(MAIN_HEAD, rows, left=(0, 7, 8, 9))
            ran.append(Folded(column_title(result, column), [*_added(result, column), grid]))
        elif results:
            empty += [Heading(column_title(result, column), 3), *_added(result, column), _empty_grid(results, notes)]
    if result.table.kind == "audit":
        ran.append(Folded("All quantities", [audit_grid(result, result.main, notes)]))
    blocks = [Heading("Value by value"), *([Text(LEGEND)] if is_trained else []), *ran] if ran else []
    return [*blocks, *_folded_empty(empty)]


def _folded_empty(empty: Sequence[Block]) -> Iterator[Block]:
    """The columns of which nothing has run, with how their cells are read."""
    count = sum(isinstance(block, Heading) for block in empty)
    if count:
        title = f"{count_of(count, 'column')} of which nothing has run in full: how each cell will be read"
        yield Folded(title, list(empty))


def _empty_grid(results: Sequence[CellResult], notes: Footnotes) -> Grid:
    rows = [
        (
            wording.label(one, notes),
            wording.published(one, notes),
            wording.verdict(one, notes),
            wording.protocol(one, notes),
        )
        for one in results
    ]
    return Grid(EMPTY_HEAD, rows, left=(0, 2, 3))


def _main_row(result: CellResult, notes: Footnotes) -> tuple[str, ...]:
    noise = result.item_noise
    return (
        wording.label(result, notes),
        wording.published(result, notes),
        wording.reproduced(result),
        wording.digits(result),
        wording.fraction(result),
        wording.interval(result, notes),
        wording.runs(result),
        wording.verdict(result, notes),
        wording.protocol(result, notes),
        wording.at_other_margins(result),
        wording.span((noise.low, noise.high) if noise else None, result.cell.decimals),
    )


def _added(result: TableResult, column: str) -> list[Block]:
    """Why a column is here that the paper does not have."""
    why = result.table.columns[column].added
    return [Text(wording.sentence(f"not in the paper: {why}"))] if why else []


def column_title(result: TableResult, column: str, *, with_margin: bool = True) -> str:
    """The label of a column with its unit and, where anything is held against published values, its margin."""
    described = result.table.columns[column]
    facts = [described.unit] if described.unit not in ("", described.label) else []
    if with_margin:
        facts += _margins(result, column)
    return f"{described.label} ({enumerated(facts)})" if facts else described.label


def _margins(result: TableResult, column: str) -> Iterator[str]:
    """The margin of a column, then those of the rows that have one of their own."""
    described = result.table.columns[column]
    if described.margin is not None:
        yield f"margin ± {described.margin:g}"
    yield from (
        f"{one.cell.label} ± {one.cell.margin:g}" for one in result.main
        if one.cell.column == column and one.cell.margin not in (None, described.margin) and one.cell.recipe == "train"
    )  # fmt: skip
