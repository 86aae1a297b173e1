"""Rows that are not the paper's beside its own: a leaderboard for each column, and the tests of the differences."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.judge.own.rows import OwnRow
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.metrics import metric_of
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Bullets, Grid, Heading, Text
from benchmarks.reporting.render.markdown import blocks_markdown
from benchmarks.runs.build import PROJECT
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import Paper

ABOUT = (
    "Rows that are not the paper's, in bold, among those of its rows that ran under the same conditions, the best "
    "first. They share files, test items and scoring; they earn no verdict."
)
TESTED = (
    "Tested on the items that both have. The difference is the bold row less the other; p (Holm) is corrected over all "
    "tests of the column. With fewer than three seeds on a side a test is about these two models, not their methods."
)


def board_markdown(table: TableResult, variant: Variant, columns: Collection[str] | None = None) -> str:
    """The leaderboards of a table under one variant: of some columns, or of all."""
    blocks = list(board_blocks(table, variant, columns))
    title = Heading(f"{table.id}, {wording.conditions(variant)}: {table.table.title}")
    return blocks_markdown([title, *(blocks or [Text("No rows of yours here yet.")])])


def own_blocks(table: TableResult) -> list[Block]:
    """All leaderboards of a table, for a page; nothing where there are no such rows."""
    blocks: list[Block] = []
    for variant in table.own:
        blocks += [Heading(f"{table.id}, {wording.conditions(variant)}: {table.table.title}")]
        blocks += board_blocks(table, variant)
    return blocks


def board_blocks(table: TableResult, variant: Variant, columns: Collection[str] | None = None) -> Iterator[Block]:
    """A leaderboard per column, the tests below it, then what the rows are."""
    rows = [row for row in table.own.get(variant, ()) if columns is None or row.result.cell.column in columns]
    if not rows:
        return
    yield Text(ABOUT)
    for column in table.table.columns:
        own = [row for row in rows if row.result.cell.column == column]
        if own:
            yield from _board(table, variant, column, own, [rival.result for rival in own[0].rivals])
    yield Bullets(list(dict.fromkeys(what_it_is(table, row) for row in rows)))


def _board(
    table: TableResult, variant: Variant, column: str, own: Sequence[OwnRow], beside: Sequence[CellResult]
) -> Iterator[Block]:
    described = table.table.columns[column]
    yield Heading(described.label + (f" ({described.unit})" if described.unit else ""), 3)
    is_own = {row.result.cell.id for row in own}
    metric = metric_of(own[0].result.cell)
    sign = -1.0 if metric is None or metric.higher_is_better else 1.0
    ranked = sorted(
        [*(row.result for row in own), *beside],
        key=lambda one: (one.mean is None, sign * (one.mean or 0.0), one.cell.label),
    )
    published = (lambda one: [wording.published(one)]) if variant.earns_verdict else (lambda one: [])
    grid = [
        (
            f"**{one.cell.label}**" if one.cell.id in is_own else one.cell.label,
            *published(one),
            wording.reproduced(one),
            wording.fraction(one),
            wording.runs(one),
        )
        for one in ranked
    ]
    printed = ["published"] if variant.earns_verdict else []
    yield Grid(("row", *printed, "value", "correct", "seeds × folds"), grid)
    yield from _tests(own, described.decimals + 1)
    if not beside:
        options = Choice(variant.tier, variant.corpus, variant.numerics).options
        yield Text(
            "None of the paper's rows has run under these conditions, so there is nothing to test against: `python -m "
            f"benchmarks run {table.id} {options}` runs them."
        )


def _tests(own: Sequence[OwnRow], decimals: int) -> Iterator[Block]:
    rows = [
        (
            f"**{row.result.cell.label}**",
            rival.result.cell.label,
            f"{rival.difference:+.{decimals}f}",
            wording.span((rival.low or 0.0, rival.high or 0.0), decimals),
            f"{rival.p:.3g}",
            f"{rival.p_holm:.3g}",
            rival.test or wording.NOTHING,
        )
        for row in own
        for rival in row.rivals
        if rival.p is not None
    ]
    head = ("row", "against", "difference", "95 % interval", "p", "p (Holm)", "test")
    if len({row[-1] for row in rows}) == 1:  # which is said once
        yield Text(f"{TESTED} The test: {rows[0][-1]}.")
        yield Grid(head[:-1], [row[:-1] for row in rows], left=(0, 1))
    elif rows:
        yield Text(TESTED)
        yield Grid(head, rows, left=(0, 1, 6))


def what_it_is(table: TableResult, row: OwnRow) -> str:
    """What a row was trained as: its class, arguments and epochs, and the number of the user's sources."""
    model, name, run = row.run.resolved["model"], f"**{row.result.cell.label}**", row.run
    base = run.setting.partition("+")[0]
    if base in table.paper.settings:
        return f"{name}: setting `{base}` with {_differing(run, table.paper.settings[base].resolved(run.tier))}"  # type: ignore[arg-type]
    arguments = dict(model["init_args"])
    inner = arguments.pop("arguments", None) or {}
    network = arguments.pop("network", model["class_path"])
    told = ", ".join(f"{key} {value}" for key, value in {**inner, **arguments}.items())
    epochs = f", max_epochs {run.resolved['trainer']['max_epochs']}" if "max_epochs" in run.resolved["trainer"] else ""
    source = f", source `{run.versions[network]:x}`" if network.partition(".")[0] not in PROJECT else ""
    like = recipe_of(table.paper, run)
    recipe = f", data and epochs of `{like}`" if like else epochs
    return f"{name}: `{network}`{f' ({told})' if told else ''}{recipe}{source}"


def recipe_of(paper: Paper, run: Run) -> str | None:
    """The first setting of the paper whose data and schedule a run has; None where it has those of no setting."""
    choice = Choice(run.tier, run.corpus, run.numerics)
    for name, setting in paper.settings.items():
        if run.tier == "full" or run.tier in setting.tiers:
            its = setting_runs(paper, name, run.dataset, choice)[0].resolved
            if all(its[part] == run.resolved[part] for part in ("data", "trainer")):
                return name
    return None


def _differing(run: Run, paper: Mapping[str, Any]) -> str:
    """The arguments that a run has otherwise than the paper's setting of its tier."""
    told = [f"{name} {value}" for name, value in differences(run, paper)]
    return ", ".join(one for one in told if not one.startswith("data.extractor datasets.")) or "the paper's values"


def differences(run: Run, paper: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The same as names, `model.dropout`, and values."""
    for part in ("data", "model", "trainer"):
        mine, its = (one[part].get("init_args", one[part]) for one in (run.resolved, paper))
        yield from ((f"{part}.{key}", value) for key, value in mine.items() if key not in its or its[key] != value)
