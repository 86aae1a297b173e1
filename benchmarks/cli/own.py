"""What is done for rows that are not the paper's: asked for, tried on a batch, printed beside the table's."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import fitted
from benchmarks.runs.own.changes import Change, read_changes, sweep
from benchmarks.runs.own.names import changed_setting, label_of, own_setting
from benchmarks.runs.own.network import found_class, network_setting
from benchmarks.runs.own.place import Asked, changed_rows, places, use_of
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run


def asked_changes(target: str, texts: Sequence[str]) -> Asked:
    """What `run --set` asks for. Raises InputError."""
    asked = changed_rows(target, _with_classes(read_changes(texts)))
    return replace(asked, words=("run", target, *_options(texts)))


def asked_network(word: str, target: str, name: str | None, texts: Sequence[str]) -> Asked:
    """What `try` asks for: a row in every column of the target, or one for each setting of a sweep.

    word: the class of the network. Raises InputError.
    """
    network = found_class(word)
    paper, cells = places(target)
    base, use = paper.settings[str(cells[0].sources[0].setting)], use_of(paper, cells[0])
    named = ("--name", name) if name else ()
    asked = Asked(paper, words=("try", network, target, *named, *_options(texts)))
    changes = _with_classes(read_changes(texts))
    seen = network_setting(base, use, network, [])
    inner = network if seen.model.class_path != network else None
    for chosen, swept in sweep(changes, seen, use, inner):
        called = name or network.rpartition(".")[2]
        setting = changed_setting(own_setting(called), [(change.name, change.value) for change in swept])
        made = network_setting(base, use, network, chosen)
        asked = asked.with_row(setting, made, cells, label_of(setting)).sweeping(swept)
    return asked


def _options(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in ("--set", text)]


def _with_classes(changes: Sequence[Change]) -> list[Change]:
    """The changes with the import path of an extractor that is named by its file."""
    return [
        change._replace(value=found_class(change.value))
        if change.place == "data.extractor" and isinstance(change.value, str) and {".", ":"} & {*change.value}
        else change
        for change in changes
    ]


def try_networks(runs: Sequence["Run"], asked: Asked, workspace: Workspace) -> None:
    """Try the network of each setting on a batch, of its data in tier smoke. Raises InputError for one that fails."""
    from benchmarks.runs.execute import Surroundings, prepare_process, try_network

    if asked.swept:
        settings = {run.setting for run in runs}
        print(f"resound: a sweep over {', '.join(asked.swept)}: {len(settings)} settings to run", file=sys.stderr)
    prepare_process(1)
    for run in {(one.setting, one.dataset): one for one in runs}.values():
        setting, choice = asked.paper.settings[run.setting], Choice(run.tier, run.corpus, run.numerics)
        if "smoke" in setting.tiers:
            folds = (run.fold,)
            small = setting_runs(asked.paper, run.setting, run.dataset, replace(choice, tier="smoke", folds=folds))[0]
            run = replace(run, resolved={**run.resolved, "data": small.resolved["data"]})
        with tempfile.TemporaryDirectory(prefix="resound-trial-") as folder:
            try_network(run, Surroundings(workspace), Path(folder))


def print_own(workspace: Workspace, cells: Sequence[Cell], choice: Choice) -> None:
    """Print the rows of these cells beside those of their table, under one choice."""
    from benchmarks.judge.results import Results
    from benchmarks.judge.table import Variant
    from benchmarks.reporting.own.board import board_markdown

    results, variant = Results(workspace), Variant(choice.tier, choice.corpus, choice.numerics)
    for table_id in dict.fromkeys(".".join(cell.id.split(".")[:2]) for cell in cells):
        columns = {cell.column for cell in cells if cell.id.startswith(f"{table_id}.")}
        print(fitted(board_markdown(results.table(table_id), variant, columns)))
