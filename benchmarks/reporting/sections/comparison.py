"""How scores made elsewhere look beside the rows of a table."""

from benchmarks.audit.checks import printed
from benchmarks.judge.comparison import Comparison, Rival
from benchmarks.judge.evidence import ALL_FOLDS
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Footnotes, Grid, Heading, Text
from benchmarks.reporting.render.markdown import blocks_markdown
from benchmarks.spec import Column
from datasets.contract import EVERY_FOLD


def comparison_markdown(comparison: Comparison) -> str:
    """The column with the new row below the paper's, the folds, and the tests against stored runs."""
    table, notes = comparison.table.table, Footnotes()
    described = table.columns[comparison.column]
    unit = f" ({described.unit})" if described.unit else ""
    blocks: list[Block] = [
        Heading(f"{comparison.table.id}, {described.label}{unit}: {table.title}"),
        _rows(comparison, notes),
    ]
    if not comparison.is_share:
        n_items = sum(one.n for one in comparison.folds.values())
        blocks.append(Text(f"{comparison.name} is scored by `{comparison.metric.id}` on {n_items} items."))
    if ties := comparison.counts.get("ties"):
        blocks.append(Text(f"Of {ties} items several classes share the highest score; the first in order counts."))
    if comparison.note:
        blocks.append(Text(comparison.note))
    if comparison.across:
        blocks += _across(comparison)
    elif len(comparison.dataset.folds) > 1 and not {ALL_FOLDS, EVERY_FOLD} & {*comparison.folds}:
        values = [f"{value.value:.{described.decimals + 1}f}" for value in comparison.folds.values()]
        blocks.append(Grid(("row", *(f"fold {fold}" for fold in comparison.folds)), [(comparison.name, *values)]))
    return blocks_markdown([*blocks, *_tests(comparison)], notes)


def _across(comparison: Comparison) -> list[Block]:
    """Of scores of several folds in a table about single ones: the value on each, their mean and spread."""
    found = comparison.mean_across
    if found is None:
        return []
    decimals = comparison.cell.decimals + 1
    head = ("row", *(f"fold {fold}" for fold in comparison.across), "mean")
    values = [f"{value:.{decimals}f}" for value in comparison.across.values()]
    every = len(comparison.dataset.folds)
    some = "" if len(comparison.across) == every else f" of the {len(comparison.across)} of {every} folds that are here"
    return [
        Grid(head, [(comparison.name, *values, f"**{found[0]:.{decimals}f} ± {found[1]:.{decimals}f}**")]),
        Text(f"The mean{some} weighs each fold alike; ± is the standard deviation over folds, not over seeds."),
    ]


def _rows(comparison: Comparison, notes: Footnotes) -> Grid:
    beside = [(name, comparison.table.table.columns[name]) for name in comparison.beside]
    rows = [
        (
            rival.result.cell.label,
            wording.published(rival.result, notes),
            wording.reproduced(rival.result),
            wording.digits(rival.result),
            *(text for name, _ in beside for text in _beside(comparison, rival, name)),
            wording.fraction(rival.result),
            rival.result.variant.name if rival.result.n_runs else wording.NOTHING,
        )
        for rival in comparison.rivals
    ]
    cell = comparison.cell
    new = (
        f"**{comparison.name}**" + (f" ({comparison.part})" if comparison.part else ""),
        wording.NOTHING,
        f"**{comparison.value:.{cell.decimals + 1}f}**",
        f"{printed(comparison.value, cell.decimals, cell.truncates):.{cell.decimals}f}",
        *(
            text for name, column in beside
            for text in (wording.NOTHING, f"**{comparison.beside[name]:.{column.decimals + 1}f}**")
        ),
        _fraction(comparison),
        "yours",
    )  # fmt: skip
    extra = [text for _, column in beside for text in (f"{_short(column)}, published", _short(column))]
    counted = "events" if "tp" in comparison.counts else "correct"
    head = ("row", "published", "value", "as printed", *extra, counted, "runs")
    return Grid(head, [*rows, new], left=(0, len(head) - 1))


def _beside(comparison: Comparison, rival: Rival, column: str) -> tuple[str, str]:
    """What a row says in another column: as printed, and as it came out again under the same conditions."""
    shown = rival.result
    results = comparison.table.others.get(shown.variant, comparison.table.main)
    other = next(one for one in results if (one.cell.row, one.cell.column) == (shown.cell.row, column))
    return wording.published(other), wording.reproduced(other)


def _fraction(comparison: Comparison) -> str:
    """The new row's right decisions of all; for events what was found, missed and invented."""
    if not comparison.is_share:
        found = "{tp} found, {fn} missed, {fp} false"
        return found.format(**comparison.counts) if "tp" in comparison.counts else wording.NOTHING
    right, n = (sum(of) for of in zip(*((one.correct, one.n) for one in comparison.folds.values()), strict=True))
    return f"{right}/{n}"


def _tests(comparison: Comparison) -> list[Block]:
    tested = [rival for rival in comparison.rivals if rival.p is not None]
    if not tested:
        return [Text("No stored runs of this table cover these items, so there is nothing to test against.")]
    counted = (f"only {comparison.name} right", "only the row right") if comparison.is_share else ()
    head = ("against", *counted, "difference", "95 % interval", "p", "p (Holm)", "test")
    decimals = comparison.table.table.columns[comparison.column].decimals + 1
    rows = [
        (
            rival.result.cell.label,
            *((str(rival.only_new_right), str(rival.only_row_right)) if comparison.is_share else ()),
            *_difference(rival, decimals),
            f"{rival.p:.3g}",
            f"{rival.p_holm:.3g}",
            rival.test or wording.NOTHING,
        )
        for rival in tested
    ]
    names = {row[-1] for row in rows}
    once = f" ({rows[0][-1]})" if len(names) == 1 else ""
    text = (
        f"Tested{once} on the same items (unit: {comparison.dataset.bootstrap_unit}) against the first seed of each "
        "row that is stored, so about these models and not their methods. The difference is "
        f"{comparison.name} less the row; p (Holm) is corrected over the rows tested here, of which there "
        f"{_are(len(tested))}. Of equal models at most 6 of 100 seem to differ at the level of 5 % before that "
        "(simulated), and far fewer where few items differ:"
    )
    if once:
        return [Text(text), Grid(head[:-1], [row[:-1] for row in rows])]
    return [Text(text), Grid(head, rows, left=(0, len(head) - 1))]


def _are(count: int) -> str:
    return "is one" if count == 1 else f"are {count}"


def _difference(rival: Rival, decimals: int) -> tuple[str, str]:
    assert rival.difference is not None and rival.low is not None and rival.high is not None
    return f"{rival.difference:+.{decimals}f}", wording.span((rival.low, rival.high), decimals)


def _short(column: Column) -> str:
    """How the label of a column in a group ends, with its unit: "F1 (%)"."""
    ending = column.label.rpartition(", ")[2]
    return f"{ending} ({column.unit})" if column.unit else ending
