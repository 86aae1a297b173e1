"""What is known of a table without training: audited cells, quantities that it does not print, checks."""

from collections.abc import Sequence

from benchmarks.audit.printed import counted
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Grid, Heading
from benchmarks.spec.audit import Computed, Quantity, Recorded
from datasets.acquire.telling import count_of


def audit_grid(result: TableResult, results: Sequence[CellResult], notes: Footnotes) -> Grid:
    """Cells that the audit computes."""
    rows = []
    for one in results:
        note = one.check["note"] if one.check else None
        computed = wording.NOTHING if one.mean is None else f"{one.mean:.{one.cell.decimals + 2}f}"
        rows.append(
            (
                one.cell.label,
                result.table.columns[one.cell.column].label,
                wording.published(one, notes),
                computed + (notes.mark(wording.sentence(note)) if note else ""),
                wording.digits(one),
                _audited(one, notes),
            )
        )
    return Grid(("row", "quantity", "published", "computed", "as printed", "audit"), rows, left=(0, 1, 5))


def _audited(one: CellResult, notes: Footnotes) -> str:
    """What the audit says of a cell, and what of it the printed numbers had a say in."""
    if not one.check:
        return one.status
    why = notes.mark(wording.sentence(f"fitted to the printed numbers: {one.fitted_check}")) if one.fitted_check else ""
    return wording.decided(one) + why


def quantity_blocks(result: TableResult, notes: Footnotes) -> list[Block]:
    """What a table could have printed beside its audited columns: other quantities of the same rows."""
    entries = [
        entry for entry in result.paper.audit.checks
        if entry.table == result.table_id
        and (isinstance(entry, Recorded) or (isinstance(entry, Quantity | Computed) and not entry.feeds))
    ]  # fmt: skip
    computed = {check["id"]: check["computed"] for check in result.checks}
    head = [
        wording.plain(entry.id.removesuffix("_M"))
        + (" (M)" if entry.id.endswith("_M") else "")
        + (notes.mark(wording.sentence(entry.note)) if entry.note else "")
        for entry in entries
    ]
    labels = {one.cell.row: one.cell.label for one in result.main}
    rows = [
        (label, *(wording.number(computed.get(f"{result.id}.{row}.{entry.id}"), 2) for entry in entries))
        for row, label in labels.items()
    ]
    return [Heading("What the table does not print"), Grid(("row", *head), rows)] if entries else []


def check_blocks(result: TableResult) -> list[Block]:
    """The checks that need no training; what they find about audited cells stands in the table already."""
    rows = []
    for check in result.checks:
        words = ("fits", "does not fit") if check.get("tries") else ("holds", "**fails**")
        word = "" if check["holds"] is None else words[not check["holds"]]
        printed = wording.NOTHING if check["published"] is None else f"{check['published']:g}"
        read = f"read as: {check['tries']}" if check.get("tries") else None
        note = " ".join(wording.sentence(text) for text in (check["note"], read) if text)
        rows.append((f"`{check['id']}`", printed, f"{check['computed']:.6g}", word, note))
    if not rows:
        return []
    grid = Grid(("check", "published", "computed", "audit", "note"), rows, left=(0, 3, 4))
    beside = sum(not row[3] for row in rows)
    also = f"{count_of(beside, 'number')} beside which nothing is printed" if beside else ""
    told = "; ".join(filter(None, (counted(result.checks), also)))
    return [Heading("Audit"), Folded(f"Without training: {told}", [grid])]
