"""Which figures a table has: decided by its kind of task and by what is stored, never by its name."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.drawing.figure import Figure
from benchmarks.reporting.figures.clips import chart, confusion_figure, headline, step_figures
from benchmarks.reporting.figures.events import (
    error_rate_chart,
    excerpt_figures,
    is_of_events,
    map_figures,
    threshold_figures,
)
from benchmarks.reporting.figures.tags import tag_figures
from benchmarks.reporting.sections.classes import is_of_tags


def table_figures(result: TableResult, variant: Variant, results: Sequence[CellResult], cache: Path) -> list[Figure]:
    """The figures of a table under one variant; none of generated sounds, in tier smoke, or without a whole seed."""
    done = [one for one in results if one.cell.recipe == "train" and one.mean is not None]
    if variant.corpus == "miniature" or variant.tier == "smoke" or not done:
        return []
    events = [one for one in done if is_of_events(one.cell)]
    tags = [one for one in done if is_of_tags(one.cell)]
    if events:
        figures = [
            error_rate_chart(result, variant, events),
            *threshold_figures(result, variant, events, cache),
            *excerpt_figures(result, variant, events),
        ]
    else:
        figures = [chart(result, variant, done), *tag_figures(result, variant, tags, cache)]
    figures += _curves_by_column(result, variant, tags)
    for dataset in result.paper.datasets:
        of_dataset = [one for one in done if one.cell.dataset == dataset and not is_of_tags(one.cell)]
        figures += _curves(result, variant, of_dataset)
        figures += map_figures(result, variant, [one for one in of_dataset if is_of_events(one.cell)])
        figures += step_figures(result, variant, [one for one in of_dataset if not is_of_events(one.cell)])
        if best := headline(of_dataset):
            figures.append(confusion_figure(result, variant, best, cache))
    return figures


def _curves_by_column(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Iterator[Figure]:
    """Curves for each column by itself, as its rows may have other settings than in the next; not twice of the same."""
    seen: set[tuple[str | None, str | None]] = set()
    for column, of_column in result.columns(tuple(done)).items():
        trained = {(one.cell.setting, one.cell.dataset) for one in of_column}
        if trained - seen:
            yield from _curves(result, variant, of_column, column)
        seen |= trained


def _curves(
    result: TableResult, variant: Variant, done: Sequence[CellResult], only: str | None = None
) -> Iterator[Figure]:
    """Curves of the settings that were trained by epochs and keep a history; validation where there was one.

    only: the column that all are of, where that is to be told.
    """
    training: dict[str, np.ndarray] = {}
    validation: dict[str, np.ndarray] = {}
    for label, one in {one.cell.label: one for one in done}.items():
        for curves, column in ((training, "loss"), (validation, "val_loss")):
            if (losses := _losses(one, column)) is not None:
                curves[label] = losses
    if not training:
        return
    dataset = done[0].cell.dataset
    assert dataset is not None
    place = f"{result.table.columns[only].label}, " if only else ""
    title = f"{result.paper.datasets[dataset].title}, {place}{wording.conditions(variant)}"
    shown = {"losses": training, "validation": validation} if validation else {"losses": training}
    plain = {kind: {name: one.round(6).tolist() for name, one in curves.items()} for kind, curves in shown.items()}
    what = "Training loss, mean and range over folds and seeds"
    yield Figure(
        f"curves_{result.table_id}_{only or dataset}_{variant.name}",
        f"{what}{'; dashed: validation loss, mean' if validation else ''}; {title}",
        {"title": title, **plain},
        lambda: drawing.draw_curves(training, title, validation),
    )


def _losses(one: CellResult, column: str) -> np.ndarray | None:
    """A loss by epoch (runs, epochs) of the runs that kept it; None without."""
    assert one.evidence is not None
    histories = []
    for scored in one.evidence.scored:
        path = scored.finished.folder / "history.csv"
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            if rows and column in rows[0]:
                histories.append([float(row[column]) for row in rows])
    if not histories:
        return None
    epochs = min(map(len, histories))
    return np.array([history[:epochs] for history in histories])
