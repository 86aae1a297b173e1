"""What one types to make a cell: its data, its runs, its report; and how long that is expected to take."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from benchmarks.judge.own.rows import OwnRow
from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting.own.board import differences, recipe_of
from benchmarks.reporting.web.places import command_anchor
from benchmarks.reporting.web.uses import Use
from benchmarks.runs.build import import_class
from benchmarks.runs.own.changes import FILLED
from benchmarks.runs.plan import Choice, expected_minutes, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell
from datasets import registry

RESOUND = "python -m benchmarks"


@dataclass(frozen=True)
class Commands:
    """The commands of a cell, by the conditions under which they run it."""

    cell: Cell
    table: str
    anchor: str
    #: what is said of the conditions, and the command
    runs: tuple[tuple[str, str], ...]
    report: str


@dataclass(frozen=True)
class Expected:
    """How long the runs of a setting take on a dataset: the minutes of one run by device."""

    tier: str
    dataset: str
    runs: int
    #: of these runs, on the real files in float32
    done: int
    #: how many are stored under other conditions, by these
    otherwise: dict[str, int]
    minutes: dict[str, float]


def data_commands(use: Use) -> Iterator[tuple[str, str]]:
    """What is typed for the files of each dataset, with what it does."""
    for path in dict.fromkeys(use.paper.datasets[name].class_path for name in use.datasets):
        dataset = import_class(path)
        yield f"{RESOUND} data fetch {dataset.name}", f"{dataset.title}: licence, then the files"
        yield f"{RESOUND} data import {dataset.name} FOLDER", "what you have of it already, in any layout"
        yield f"{RESOUND} data check {dataset.name}", "compared with the official lists"
        if registry.has(dataset, "standin") and any(variant.corpus == "standin" for variant in use.ran):
            yield f"{RESOUND} data standin {dataset.name}", "other sounds in its layout"


def cell_commands(use: Use) -> Iterator[Commands]:
    """The commands of every cell that the setting feeds: in full, and under the conditions that it has run under.

    A value in full that was made in other numerics than float32 has the command that makes it there, too.
    """
    for cell_id, (table, one) in use.cells.items():
        full = Variant(numerics=one.numerics)
        ran = [variant for variant, cells in use.ran.items() if any(of.cell.id == cell_id for _, of in cells)]
        runs = [(variant.in_words, run_command(cell_id, variant)) for variant in dict.fromkeys((Variant(), full, *ran))]
        yield Commands(one.cell, table.id, command_anchor(one.cell), tuple(runs), f"{RESOUND} report {table.id}")


def run_command(target: str, variant: Variant) -> str:
    """The command that runs a target under some conditions."""
    return f"{RESOUND} run {target} {Choice(variant.tier, variant.corpus, variant.numerics).options} --yes"


def own_commands(table: TableResult, row: OwnRow) -> list[str]:
    """The commands of a row that is not the paper's: what trains it, where its runs tell that; its leaderboard."""
    run, cell, variant = row.run, row.result.cell, row.result.variant
    base, choice = run.setting.partition("+")[0], Choice(variant.tier, variant.corpus, variant.numerics)
    settings = table.paper.settings
    model = run.resolved["model"]
    given: dict[str, Any] = dict(model["init_args"])
    network = given.pop("network", model["class_path"])
    like = base if base in settings else recipe_of(table.paper, run)
    place = next(
        (one.cell.id for one in table.main if (one.cell.setting, one.cell.column) == (like, cell.column)), None
    )
    board = f"{RESOUND} board {table.id}.{cell.column}"
    if place is None:
        return [board]
    if base in settings:
        begins = f"{RESOUND} run {place}"
        its = setting_runs(table.paper, base, run.dataset, choice)[0].resolved
        changes = dict(differences(run, its))
    else:
        begins = f"{RESOUND} try {quote(network)} {place} --name {quote(cell.label)}"
        inner = given.pop("arguments", None) or {}
        changes = {f"model.{name}": value for name, value in {**inner, **given}.items()}
    return [" ".join([begins, *_sets(changes), choice.options, "--yes"]), board]


def _sets(changes: Mapping[str, Any]) -> Iterator[str]:
    """Arguments as `--set` takes them, without those that runs fill in."""
    for place, value in changes.items():
        part, _, name = place.partition(".")
        if name not in FILLED[part]:  # type: ignore[index]
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"--set {quote(f'{place}={told}')}"


def audit_commands(table: TableResult) -> list[str]:
    """The commands of what is computed without training."""
    return [f"{RESOUND} audit {table.id}", f"{RESOUND} report {table.id}"]


def expected(use: Use, workspace: Workspace) -> Iterator[Expected]:
    """By tier and dataset how many runs there are and how long one takes: measured here, else as the paper file says.

    On the real files in float32, whichever of them are on this machine; what is stored under other conditions is
    counted beside.
    """
    setting = use.paper.settings[use.setting]
    for tier in ("full", *(name for name in ("reduced", "smoke") if name in setting.tiers)):
        for name in use.datasets:
            runs = setting_runs(use.paper, use.setting, name, Choice(tier))
            done = sum(workspace.ledger.is_done(run) for run in runs)
            told = expected_minutes(use.paper, runs[0], workspace)
            minutes = {device: one.minutes for device, one in told.items()}
            yield Expected(tier, name, len(runs), done, _otherwise(use, tier, name), minutes)


def _otherwise(use: Use, tier: str, dataset: str) -> dict[str, int]:
    """How many runs of a tier on a dataset are not on the real files in float32: {"generated miniature": 1}."""
    runs = {one.run.id: one.run for variant in use.ran for one in use.runs(variant)}.values()
    its = [run for run in runs if (run.tier, run.dataset) == (tier, dataset)]
    found = Counter(Variant(run.tier, run.corpus, run.numerics) for run in its)
    kinds = sorted(found.keys() - {Variant(tier)}, key=lambda variant: variant.rank)
    return {variant.in_words.removeprefix(f"tier {tier}, "): found[variant] for variant in kinds}
