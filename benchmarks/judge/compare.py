"""Scores made elsewhere, put into a table under its protocol: the same test items, folds, metric and averaging."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.judge.comparison import Comparison, find_rivals
from benchmarks.judge.official_items import classes_here, item_seconds, official_truth, truth_of_run
from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.metrics import Metric, MetricValue, kind_of, metric_named
from benchmarks.metrics.kinds import in_words
from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores, check_items
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, load_paper, nearest, select

if TYPE_CHECKING:
    import pandas as pd

#: Seconds by which scores may last longer or shorter than their items: windows and padding add or take some frames.
LENGTH_OFF = 0.1


@dataclass(frozen=True)
class Place:
    """Where scores belong: columns of one dataset and test set, and what is true of all items of that."""

    cells: Sequence[Cell]
    truth: "pd.DataFrame"


def compare(source: str, target: str, workspace: Workspace, name: str | None) -> Comparison:
    """Score `source` (a scores file, or the id of a stored run) as a row of the table `target`.

    A target that is a cell names the column, and the decision rule and test list of its row. Else the classes and items
    of the scores choose the columns, of which the first one is compared; the rule and the list are those of most rows.
    Raises InputError for scores that do not cover the table's test items.
    """
    cells = [cell for cell in select(target) if cell.kind == "train" and cell.dataset]
    table_ids = sorted({".".join(cell.id.split(".")[:2]) for cell in cells})
    if len(table_ids) != 1:
        raise InputError(
            f"compare {target}: needs one trained table{_no_mean(target)}; see `python -m benchmarks list`"
        )
    paper = load_paper(table_ids[0].split(".")[0])
    run = None if _is_file(source) else _stored_run(source, workspace)
    if run is None:
        scores = Scores.read(Path(source))
        _check_form(source, scores, cells)
        place = _place(source, scores, cells, paper, workspace)
    else:
        place = _place_of_run(run, cells, paper, workspace)
        scores = Scores.load(run.scores_path(place.cells[0].test_set))
    column = [cell for cell in place.cells if cell.column == place.cells[0].column]
    metric = _metric(scores, column)
    cell = next(one for one in column if one.metric == metric.id)
    truth = _listed(place.truth, cell)
    scores = _on_items(source, scores, list(dict.fromkeys(place.truth.index)), list(dict.fromkeys(truth.index)))
    _check_length(source, scores, paper, cell, workspace)
    folds = _by_fold(metric, scores, truth)
    beside = {
        other.column: float(np.mean([one.value for one in _by_fold(also, scores, truth).values()]))
        for other, also in _beside(paper, cell)
    }
    table = Results(workspace).table(table_ids[0])
    label = name or (run.run.setting if run else Path(source).stem)
    rivals = find_rivals(table, cell.column, folds, truth["unit"], metric.scale, run)
    return Comparison(label, table, cell.column, metric, folds, rivals, _fold_note(run, table) if run else None, beside)


def _no_mean(target: str) -> str:
    """Why a cell that is a mean of columns is no place for the scores of one class."""
    parts = [part.id for cell in select(target) for part in cell.parts]
    return f", and {target} is the mean of {', '.join(parts)}" if target.count(".") > 2 and parts else ""


def _is_file(source: str) -> bool:
    return Path(source).suffix.lower() in (".npz", ".csv") or Path(source).exists()


def _stored_run(run_id: str, workspace: Workspace) -> Finished:
    runs = {finished.run.id: finished for finished in workspace.ledger.finished()}
    if run_id not in runs:
        raise InputError(f"{run_id}: neither a scores file (.npz, .csv) nor a stored run{nearest(run_id, runs)}")
    return runs[run_id]


def _check_form(source: str, scores: Scores, cells: Sequence[Cell]) -> None:
    """The classes and frames that a table of one kind of task needs."""
    kinds = {kind_of(cell) for cell in cells}
    kind = kinds.pop()
    if kind is not None and not kinds:
        kind.check(scores, source)


def _place(source: str, scores: Scores, cells: Sequence[Cell], paper: Paper, workspace: Workspace) -> Place:
    """The columns whose classes the scores have, and of several test sets the one whose items they share most."""
    found: list[tuple[int, Place]] = []
    reasons = []
    for dataset, test_set in dict.fromkeys((str(cell.dataset), cell.test_set) for cell in cells):
        title = paper.datasets[dataset].title
        classes, truth = classes_here(paper, dataset, workspace), None
        if classes is None or set(classes) == set(scores.classes):
            try:
                truth = official_truth(paper, dataset, test_set, workspace)
            except USER_ERRORS as error:
                reasons.append(str(error))
                continue
            named = {name for label in truth["label"] for name in str(label).split(",")} - {""}
            # Of clips with any number of labels, the test list may have none with some class.
            is_tagged = all((kind := kind_of(cell)) and kind.any_number for cell in cells)
            whole = scores.classes if is_tagged and named <= set(scores.classes) else tuple(sorted(named))
            classes = classes or whole
        odd = sorted(set(scores.classes) ^ set(classes))
        if truth is None or odd:
            reasons.append(f"{title} has " + (f"{len(classes)}, {odd[0]} differs" if len(classes) > 1 else classes[0]))
            continue
        members = [cell for cell in cells if (cell.dataset, cell.test_set) == (dataset, test_set)]
        found.append((len(set(scores.items) & set(truth.index)), Place(members, truth)))
    if not found:
        why = "; ".join(dict.fromkeys(reasons))
        what = "one class fits" if len(scores.classes) == 1 else f"{len(scores.classes)} classes fit"
        raise InputError(f"{source}: its {what} no column of the table: {why}")
    return max(found, key=lambda one: one[0])[1]


def _place_of_run(run: Finished, cells: Sequence[Cell], paper: Paper, workspace: Workspace) -> Place:
    """The columns of the run's dataset, and what is true of the items of its fold."""
    members = [cell for cell in cells if cell.dataset == run.run.dataset]
    if run.run.paper != paper.id or not members:
        raise InputError(f"{run.run.id}: a run of {run.run.paper} on {run.run.dataset}, which is not in this table")
    test_sets = list(dict.fromkeys(cell.test_set for cell in members))
    if len(test_sets) > 1:
        first = next(cell.id for cell in members)
        raise InputError(
            f"{run.run.id}: has scores of {' and '.join(test_sets)}; name a cell of one of them, like {first}"
        )
    return Place(members, truth_of_run(run, test_sets[0], workspace))


def _metric(scores: Scores, cells: Sequence[Cell]) -> Metric:
    """The metric of most rows of the column that takes scores of this kind."""
    names = Counter(cell.metric for cell in cells if cell.metric is not None)
    fitting = {name: count for name, count in names.items() if scores.kind in metric_named(name).takes}
    if not fitting:
        wanted = dict.fromkeys(one for name in names for one in metric_named(name).takes)
        given = "decisions alone" if scores.kind == "decision" else in_words([scores.kind])
        raise InputError(f"scores: {given} do not fit {', '.join(names)}; give {in_words(list(wanted))}")
    return metric_named(max(fitting, key=lambda name: fitting[name]))


def _listed(truth: "pd.DataFrame", cell: Cell) -> "pd.DataFrame":
    """What is true of the items on the cell's test list."""
    if cell.items == "all":
        return truth
    if cell.items not in truth:
        raise InputError(f"{cell.id}: nothing here says which items are {cell.items!r}; run one of its rows again")
    return truth[truth[cell.items].astype(bool)]


def _on_items(source: str, scores: Scores, known: Sequence[str], listed: Sequence[str]) -> Scores:
    """The scores of the listed items, which must all be there; of the others that are known, what is there is left."""
    given, wanted = set(scores.items), set(listed)
    left = [item for item in known if item in given and item not in wanted]
    return check_items(scores, [*listed, *left], scores.classes, source).select(listed)


def _check_length(source: str, scores: Scores, paper: Paper, cell: Cell, workspace: Workspace) -> None:
    """Scores per frame must last as long as their items, or times are wrong all along."""
    kind = kind_of(cell)
    if scores.hop is None or kind is None or not kind.per_frame:
        return
    seconds = item_seconds(paper, str(cell.dataset), cell.test_set, workspace)
    n_frames = scores.values.shape[1]
    if seconds is not None and abs(n_frames * scores.hop - seconds) > LENGTH_OFF:
        raise InputError(
            f"{source}: {n_frames} frames of {scores.hop:g} s are {n_frames * scores.hop:g} s, but the items of "
            f"{cell.test_set} last {seconds:g} s; give every frame, and as `hop` the seconds from frame to frame"
        )


def _by_fold(metric: Metric, scores: Scores, truth: "pd.DataFrame") -> dict[int, MetricValue]:
    parts = {fold: truth[truth["fold"] == fold] for fold in sorted(set(map(int, truth["fold"])))}
    return {
        fold: metric.compute(scores.select(list(dict.fromkeys(of_fold.index))), of_fold)
        for fold, of_fold in parts.items()
    }  # fmt: skip


def _beside(paper: Paper, cell: Cell) -> list[tuple[Cell, Metric]]:
    """What else the table says of the same test items in the same row, such as an F1 beside an error rate."""
    where = (cell.row, cell.dataset, cell.test_set, cell.items)
    cells = [*paper.table_cells(cell.table), *paper.control_cells(cell.table)]
    found = [one for one in cells if (one.row, one.dataset, one.test_set, one.items) == where and one.metric]
    return [(one, metric_named(str(one.metric))) for one in found if one.metric != cell.metric]


def _fold_note(source: Finished, table: TableResult) -> str:
    """What a single run leaves open."""
    run = source.run
    folds = table.paper.datasets[run.dataset].folds
    conditions = Variant(run.tier, run.corpus, run.numerics).in_words
    if len(folds) == 1:
        return f"{run.id} is one run, {conditions}; the other rows are means over all seeds."
    return (
        f"{run.id} is one run: fold {run.fold} of {len(folds)}, {conditions}; the other rows are means over all folds."
    )
