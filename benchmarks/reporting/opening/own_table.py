"""The paper's own table, with ours beside each published value; what else stands beside it comes after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.conditions import tier_changes
from benchmarks.reporting.opening.layout import grids, own_cells
from benchmarks.reporting.opening.marks import Marks
from benchmarks.reporting.render.blocks import Block, Bullets, Footnotes, Text
from datasets.acquire.telling import enumerated

NOTHING_RAN = "Published values only: nothing has run in full on the real files."
DASH = "– stands where the paper has no value."
ALONE = "A number that stands alone is the published one."
BESIDE = "Rows and columns that the paper's table does not have, published elsewhere or ours alone"
#: The tiers whose numbers on the real files may stand in the paper's table, marked as what they are.
TOLD_APART = ("full", "reduced")
#: So many changes of a tier are told below the table; all of them stand where its values do.
CHANGES = 3


def own_table(result: TableResult, notes: Footnotes) -> Iterator[Block]:
    """The grid (or one for each group of columns that do not fit), and what its marks mean."""
    marks, apart = Marks(result.table.columns), _apart(result)
    own = own_cells(result, result.main)
    measured = _measured(own, apart)

    def write(one: CellResult) -> str:
        if one.cell.column not in measured:
            return wording.published(one, notes)
        return _both(one, apart.get(one.cell.id), marks, notes)

    yield from grids(result, own, write, lambda one: one.cell.label + _quoted(one, own, notes))
    is_alone = any(one.cell.recipe == "quoted" or one.cell.column not in measured for one in own)
    told = [f"Published / ours{_units(result, own)}."] if measured else [NOTHING_RAN]
    told += [shortening(result, [*own, *apart.values()])]
    told += [ALONE] if measured and is_alone else []
    told += [DASH] if any(one.cell.published is None for one in own) else []
    yield Text(" ".join(filter(None, [*told, *_of_other_tiers(result, apart), *_marked(marks)])))


def beside_blocks(result: TableResult, notes: Footnotes) -> Iterator[Block]:
    """Rows and columns that the paper's table does not have: what is printed or ran in them, and which are empty."""
    own = {one.cell.id for one in own_cells(result, result.main)}
    extra = [one for one in result.main if one.cell.id not in own]
    shown = [one for one in extra if one.cell.published is not None or one.n_runs or one.check]
    marks, measured = Marks(result.table.columns), _measured(shown, {})

    def write(one: CellResult) -> str:
        return _both(one, None, marks, notes) if one.cell.column in measured else wording.published(one, notes)

    if shown:
        yield Text(f"{BESIDE}{' (published / ours)' if measured else ''}:")
        yield from grids(
            result, shown, write, lambda one: wording.label(one, notes) + _quoted(one, shown, notes)
        )  # fmt: skip
        if marks.used:
            yield Text(" ".join(_marked(marks)))
    yield from _added_columns(result, {one.cell.column for one in shown})


def _added_columns(result: TableResult, shown: set[str]) -> Iterator[Block]:
    """Why columns are here that the paper does not have."""
    by_reason: dict[str, list[str]] = {}
    for name, column in result.table.columns.items():
        if column.added:
            empty = "" if name in shown else " (not run in full)"
            by_reason.setdefault(column.added, []).append(column.label + empty)
    if by_reason:
        yield Text("Columns that the paper does not have, for comparison:")
        yield Bullets([wording.sentence(f"{enumerated(labels)}: {why}") for why, labels in by_reason.items()])


def shortening(result: TableResult, results: Iterable[CellResult]) -> str:
    """How ours is brought to the paper's decimals; nothing where it is rounded everywhere, as is usual."""
    ran = [one for one in results if one.mean is not None]
    cut = {one.cell.column for one in ran if one.cell.truncates}
    rounded: dict[str, list[str]] = {}
    for one in ran:
        if not one.cell.truncates:
            rounded.setdefault(one.cell.column, []).append(one.cell.label)
    if not cut:
        return ""
    labels = {name: column.label for name, column in result.table.columns.items()}
    told = [labels[name] + (f" ({enumerated(rows)})" if name in cut else "") for name, rows in rounded.items()]
    end = f"; rounded on {enumerated(told)}, as the source of these values does" if told else ""
    return f"Ours is cut to the decimals of the published value, not rounded, as the paper does{end}."


def _measured(results: Sequence[CellResult], apart: Mapping[str, CellResult]) -> set[str]:
    """The columns in which something of ours stands."""
    return {
        one.cell.column
        for one in results
        if one.n_runs or one.check or one.status == "not scored here" or one.cell.id in apart
    }


def _both(one: CellResult, apart: CellResult | None, marks: Marks, notes: Footnotes) -> str:
    """Published and ours; of a cell that is only quoted what is published."""
    published = wording.published(one, notes)
    return published if one.cell.recipe == "quoted" else f"{published} / {_ours(one, apart, marks)}"


def _ours(one: CellResult, apart: CellResult | None, marks: Marks) -> str:
    """Our value as the paper would print it, with its marks; else that of a shorter schedule, said to be one."""
    if one.mean is not None:
        zero, values = wording.zero_by_zero(one)
        return f"**{'0/0' if zero and zero == values else wording.as_printed(one)}**{marks.of(one)}"
    if one.n_runs or one.status == "not scored here":
        return wording.so_far(one) if one.n_runs else one.status
    return wording.NOTHING if apart is None else f"{wording.as_printed(apart)} ({apart.variant.name})"


def _apart(result: TableResult) -> dict[str, CellResult]:
    """What ran on the real files under other conditions, the nearest to the paper's, by cell."""
    found: dict[str, CellResult] = {}
    for variant, results in result.others.items():
        if variant.corpus == "real" and variant.tier in TOLD_APART:
            for one in results:
                if one.mean is not None and not one.flaw:
                    found.setdefault(one.cell.id, one)
    ran = {one.cell.id for one in result.main if one.n_runs}
    return {cell: one for cell, one in found.items() if cell not in ran}


def _of_other_tiers(result: TableResult, apart: Mapping[str, CellResult]) -> list[str]:
    """That numbers in parentheses are not those of the paper's experiment."""
    variants: list[Variant] = sorted({one.variant for one in apart.values()}, key=lambda variant: variant.rank)
    return [
        f"*({variant.name})*: ours by another schedule: {_begins(result, variant, apart)}; all that differs stands "
        "below. The published value does not judge it: the distance decides nothing."
        for variant in variants
    ]  # fmt: skip


def _begins(result: TableResult, variant: Variant, apart: Mapping[str, CellResult]) -> str:
    """The first of what a shorter tier changes, which is its schedule."""
    settings = {one.cell.setting for one in apart.values() if one.variant == variant and one.cell.setting}
    if variant.tier == "full":
        return variant.numerics
    return enumerated(list(tier_changes(result.paper, sorted(settings), variant.tier))[:CHANGES])  # type: ignore[arg-type]


def _marked(marks: Marks) -> list[str]:
    return [f"{'; '.join(marks.legend())}."] if marks.used else []


def _units(result: TableResult, own: Sequence[CellResult]) -> str:
    """The unit where all columns have one, and the margins."""
    columns = [result.table.columns[name] for name in dict.fromkeys(one.cell.column for one in own)]
    units = {column.unit for column in columns}
    by_margin: dict[str, list[str]] = {}
    for column in columns:
        if column.margin is not None:
            by_margin.setdefault(f"{column.margin:g}", []).append(column.label)
    margins = [
        f"± {margin}" + ("" if len(by_margin) == 1 else f" ({enumerated(labels)})")
        for margin, labels in by_margin.items()
    ]  # fmt: skip
    is_told = all(f"({column.unit})" in column.label for column in columns)
    unit = f", in {next(iter(units))}" if len(units) == 1 and units != {""} and not is_told else ""
    return unit + (f"; margin {', '.join(margins)}" if margins and len(by_margin) <= 2 else "")


def _quoted(one: CellResult, shown: Sequence[CellResult], notes: Footnotes) -> str:
    """The mark of a row of which nothing is trained: why."""
    of_row = [other.cell for other in shown if other.cell.row == one.cell.row and other.cell.published is not None]
    reasons = {cell.quoted for cell in of_row if cell.quoted}
    if not of_row or len(reasons) != 1 or not all(cell.quoted for cell in of_row):
        return ""
    return " (quoted)" + notes.mark(wording.sentence(f"quoted, not run here: {reasons.pop()}"))
