"""Losses by epoch of the settings that were trained by epochs and keep a history."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from pydantic import model_validator

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.lines.losses import draw_losses, draw_losses_by_fold
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.told import SideBySide
from benchmarks.runs.ledger import Finished

#: Where a run keeps its losses, a line for each epoch.
HISTORY = "history.csv"


class Curves(FigureKind):
    """Training loss, and validation loss where there was one: a figure per dataset.

    Where a row has other settings in the next column of the same dataset, a figure per column; not twice of the same.
    Told of cells, it has one figure, of these alone; by fold, with a panel for each fold of each cell's first seed.
    """

    by_dataset = True
    cells: SideBySide | None = None
    by_fold: bool = False

    @model_validator(mode="after")
    def _of_cells(self) -> "Curves":
        if self.by_fold and self.cells is None:
            raise ValueError("curves by fold are of some cells; name them")
        return self

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset, or one for each group of its columns that no training joins."""
        if self.cells is not None:
            drawn = _by_fold if self.by_fold else _figure
            yield from drawn(asked, self.cells.of(asked.result, asked.all).items())
            return
        groups = _groups(asked.result, asked.dataset)
        for columns in groups:
            of_group = [one for one in asked.cells if one.cell.column in columns]
            yield from _figure(asked, _labelled(asked, of_group), columns[0] if len(groups) > 1 else None)


def _groups(result: TableResult, dataset: str) -> list[list[str]]:
    """The columns of a table on a dataset: together where some setting feeds both, which a row may have another for."""
    found: list[tuple[set[str | None], list[str]]] = []
    for name, column in result.table.columns.items():
        rows = [row for row in result.table.rows.values() if row.dataset_in(column) == dataset]
        settings = {row.setting_for(name, dataset) for row in rows} - {None}
        joined = [group for group in found if group[0] & settings]
        found = [group for group in found if group not in joined]
        known, columns = set().union(*(group[0] for group in joined)), [one for group in joined for one in group[1]]
        found += [(known | settings, [*columns, name])] if settings else []
    return [columns for _, columns in found]


def _labelled(asked: Asked, cells: Iterable[CellResult]) -> list[tuple[str, CellResult]]:
    """Cells with their rows' labels; another setting of a row has its own title."""
    settings, first = asked.result.paper.settings, dict[str, str | None]()
    found = []
    for one in cells:
        usual = first.setdefault(one.cell.label, one.cell.setting)
        is_usual = one.cell.setting in (usual, None)
        found.append((one.cell.label if is_usual else settings[str(one.cell.setting)].title, one))
    return found


def _figure(asked: Asked, cells: Iterable[tuple[str, CellResult]], only: str | None = None) -> Iterator[Figure]:
    """The curves of cells with their labels. only: the column that all are of, where that is to be told."""
    runs: dict[str, dict[str, Finished]] = {}
    used: list[CellResult] = []
    for label, one in cells:
        used.append(one)
        of_cell = {scored.finished.run.id: scored.finished for scored in one.evidence.scored} if one.evidence else {}
        runs.setdefault(label, {}).update(of_cell)
    trained = {label: list(of_label.values()) for label, of_label in runs.items() if _has(of_label.values(), "loss")}
    validated = {label: of_label for label, of_label in trained.items() if _has(of_label, "val_loss")}
    if not trained:
        return
    result, variant = asked.result, asked.variant
    place = f"{result.table.columns[only].label}, " if only else ""
    title = f"{result.paper.datasets[asked.dataset].title}, {place}{wording.conditions(variant, used)}"
    shown = {"losses": trained, "validation": validated} if validated else {"losses": trained}
    what = "Training loss, mean and range over folds and seeds"
    yield Figure(
        f"curves_{result.table_id}_{only or asked.dataset}_{variant.name}",
        f"{what}{'; dashed: validation loss, mean' if validated else ''}; {title}",
        # Histories, of which there may be thousands, are read only to be drawn.
        {"title": title, **{kind: _checksums(of_kind) for kind, of_kind in shown.items()}},
        lambda: draw_losses(_all_losses(trained, "loss"), title, _all_losses(validated, "val_loss")),
    )


def _checksums(runs: Mapping[str, Iterable[Finished]]) -> dict[str, list[str]]:
    return {label: [run.result["files"].get(HISTORY, "") for run in of_label] for label, of_label in runs.items()}


def _all_losses(runs: Mapping[str, Iterable[Finished]], column: str) -> dict[str, np.ndarray]:
    found = {label: _losses(of_label, column) for label, of_label in runs.items()}
    return {label: losses for label, losses in found.items() if losses is not None}


def _by_fold(asked: Asked, cells: Iterable[tuple[str, CellResult]]) -> Iterator[Figure]:
    """The losses of each fold of cells with their labels, of their first complete seed."""
    rows: dict[str, dict[str, dict[str, list[float]]]] = {}
    seeds: dict[int, None] = {}
    for label, one in cells:
        assert one.evidence is not None
        seed = one.evidence.complete_seeds[0]
        for scored in sorted(one.evidence.scored, key=lambda scored: scored.finished.run.fold):
            found = {column: _losses([scored.finished], column) for column in ("loss", "val_loss")}
            curves = {name: losses[0].round(6).tolist() for name, losses in found.items() if losses is not None}
            if scored.seed == seed and "loss" in curves:
                rows.setdefault(label, {})[f"fold {scored.finished.run.fold}"] = curves
                seeds[seed] = None
    if not rows:
        return
    result, variant = asked.result, asked.variant
    yield Figure(
        f"curves_{result.table_id}_{asked.dataset}_folds_{variant.name}",
        f"Training loss (blue) and validation loss (orange, dashed) of each fold, seed {', '.join(map(str, seeds))}; "
        f"{result.paper.datasets[asked.dataset].title}, {wording.conditions(variant)}",
        rows,
        lambda: draw_losses_by_fold(rows),
    )


def _kept(runs: Iterable[Finished]) -> Iterator[Path]:
    """The histories of the runs that have one, as networks have."""
    return (run.folder / HISTORY for run in runs if HISTORY in run.result["files"])


def _has(runs: Iterable[Finished], column: str) -> bool:
    """Whether the histories of runs, all of one setting, have a column."""
    for path in _kept(runs):
        with path.open(newline="", encoding="utf-8") as file:
            return column in next(csv.reader(file), ())
    return False


def _losses(runs: Iterable[Finished], column: str) -> np.ndarray | None:
    """A loss by epoch (runs, epochs) of the runs that kept it; None without."""
    histories = []
    for path in _kept(runs):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows and column in rows[0]:
            histories.append([float(row[column]) for row in rows])
    if not histories:
        return None
    epochs = min(map(len, histories))
    return np.array([history[:epochs] for history in histories])
