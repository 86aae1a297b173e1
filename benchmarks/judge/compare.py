"""Scores made elsewhere, put into a table under its protocol: the same test items, folds, metric and averaging."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.errors import InputError
from benchmarks.judge.comparison import Comparison, find_rivals, is_empty
from benchmarks.judge.elsewhere.folds import partial, partial_note, some_folds
from benchmarks.judge.elsewhere.tables import SUFFIXES, read_scores
from benchmarks.judge.evidence import ALL_FOLDS, Part
from benchmarks.judge.placement import Place, place_of_file, place_of_run
from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.judge.truth_here import item_seconds
from benchmarks.metrics import Metric, MetricValue, kind_of, metric_named, metric_of
from benchmarks.metrics.kinds import in_words
from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores, check_items, scores_of
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, load_paper, nearest, select
from datasets.acquire.telling import enumerated

if TYPE_CHECKING:
    import pandas as pd

#: Seconds by which scores may last longer or shorter than their items, or else a frame: windows and padding add some.
LENGTH_OFF = 0.1


def compare(source: str | Sequence[str], target: str, workspace: Workspace, name: str | None) -> Comparison:
    """Score `source` (scores files, or the id of a stored run) as a row of the table `target`.

    A target that is a cell names the column, and the decision rule and test list of its row. Else the classes and items
    of the scores choose the columns, of which the first one is compared; the rule and the list are those of most rows.
    Scores of some folds alone give a row that says so. Raises InputError for scores that do not cover the table's test
    items.
    """
    sources = [source] if isinstance(source, str) else list(source)
    if _is_named_as_file(target):
        raise InputError(f"{target}: is a scores file, not a table; the table comes last: `compare FILE... TARGET`")
    said, cells = ", ".join(sources[:3]) + (", ..." if len(sources) > 3 else ""), _cells(target)
    table_id = ".".join(cells[0].id.split(".")[:2])
    paper = load_paper(table_id.split(".")[0])
    run = _run_of(sources, workspace)
    if run is None:
        scores = read_scores(sources)
        _check_form(said, scores, cells)
        place, scores = place_of_file(said, scores, cells, paper, workspace)
    else:
        place = place_of_run(run, cells, paper, workspace)
        scores = scores_of(run, place.cells[0].test_set)
    column = [cell for cell in place.cells if cell.column == place.cells[0].column]
    metric, rule = _metric(scores, column)
    cell = next(one for one in column if metric_of(one) is metric)
    truth = _listed(place.truth, cell)
    some = [] if metric.kind.pooled else some_folds(scores.items, truth)
    truth = truth[truth["fold"].isin(some)] if some else truth
    across = _across(said, scores, place, metric, cell, bool(rule))
    scores = _on_items(said, scores, place, list(dict.fromkeys(truth.index)))
    _check_length(said, scores, paper, cell, workspace)
    if rule:
        scores = _certain(scores)
    values = _by_part(metric, scores, truth)
    beside = {
        other.column: float(np.mean([one.value for one in _by_part(also, scores, truth).values()]))
        for other, also in _beside(paper, cell)
    }
    table = Results(workspace).table(table_id)
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    label = name or (run.run.setting if run else f"{Path(sources[0]).stem}{more}")
    rivals = find_rivals(table, cell, values, truth["unit"], metric.scale, run)
    part = partial(values, paper.datasets[str(cell.dataset)].folds) if cell.fold is None else None
    notes = [rule, _fold_note(run, table) if run else partial_note(label, part) if part else None]
    note = " ".join(filter(None, [*notes, _other_folds(cell, place, paper)])) or None
    return Comparison(label, table, cell, metric, values, rivals, note, beside, part, across)


def _cells(target: str) -> list[Cell]:
    """The cells of the one trained table that a target is about. Raises InputError for any other."""
    cells = [cell for cell in select(target) if cell.kind == "train" and cell.dataset and not is_empty(cell)]
    if len({tuple(cell.id.split(".")[:2]) for cell in cells}) != 1:
        raise InputError(
            f"compare {target}: needs one trained table{_no_mean(target)}; see `python -m benchmarks list`"
        )
    return cells


def _no_mean(target: str) -> str:
    """Why a cell that is a mean of columns is no place for the scores of one class."""
    parts = [part.id for cell in select(target) for part in cell.parts]
    return f", and {target} is the mean of {enumerated(parts)}" if target.count(".") > 2 and parts else ""


def _is_file(source: str) -> bool:
    return _is_named_as_file(source) or Path(source).exists()


def _is_named_as_file(word: str) -> bool:
    return Path(word).suffix.lower() in (".npz", *SUFFIXES)


def _run_of(sources: Sequence[str], workspace: Workspace) -> Finished | None:
    """The stored run that the one source names; None where they are files. Raises InputError for runs among several."""
    runs = [source for source in sources if not _is_file(source)]
    if not runs:
        return None
    found = _stored_run(runs[0], workspace)
    if len(sources) > 1:
        raise InputError(
            f"{runs[0]}: is one of {len(sources)} sources; of several give files, {found.folder}/scores_*.npz"
        )
    return found


def _stored_run(run_id: str, workspace: Workspace) -> Finished:
    runs = {finished.run.id: finished for finished in workspace.ledger.finished()}
    if run_id not in runs:
        raise InputError(f"{run_id}: neither a scores file (.npz, .csv) nor a stored run{nearest(run_id, runs)}")
    return runs[run_id]


def _check_form(source: str, scores: Scores, cells: Sequence[Cell]) -> None:
    """The classes and frames that a table of one kind of task needs."""
    kinds = {kind_of(cell) for cell in cells}
    kind = kinds.pop()
    if kind is None or kinds:
        return
    if scores.kind == "decision" and "decision" not in kind.takes:
        names = [*dict.fromkeys(str(cell.metric) for cell in cells)]
        raise InputError(
            f"{source}: decisions alone do not fit {enumerated(names[:2])}, which asks how sure one is; give "
            f"{in_words(kind.takes)} of each class"
        )
    kind.check(scores, source)


def _metric(scores: Scores, cells: Sequence[Cell]) -> tuple[Metric, str | None]:
    """The metric of most rows of the column that takes scores of this kind, and what is to be said of it.

    Where none takes decisions, one decision per item is what the rule of most rows is taken to have given.
    """
    names = Counter(cell.metric for cell in cells if cell.metric is not None)
    fitting = {name: count for name, count in names.items() if scores.kind in metric_named(name).takes}
    if fitting:
        return metric_named(max(fitting, key=lambda name: fitting[name])), None
    deciding = {name: count for name, count in names.items() if metric_named(name).decide is not None}
    if scores.kind == "decision" and deciding and scores.values.ndim == 2:
        metric = metric_named(max(deciding, key=lambda name: deciding[name]))
        return metric, (
            f"The table's rule, `{metric.id}`, decides by what the segments of an item say together; of labels alone, "
            "each is taken for the decision of that rule."
        )
    wanted = dict.fromkeys(one for name in names for one in metric_named(name).takes)
    given = "decisions alone" if scores.kind == "decision" else in_words([scores.kind])
    raise InputError(f"scores: {given} do not fit {enumerated(names)}; give {in_words(list(wanted))}")


def _certain(scores: Scores) -> Scores:
    """Decisions as probabilities of 1."""
    values = np.eye(len(scores.classes))[scores.values.argmax(axis=-1)]
    return Scores(scores.items, scores.classes, values, "probability")


def _listed(truth: "pd.DataFrame", cell: Cell) -> "pd.DataFrame":
    """What is true of the items on the cell's test list."""
    if cell.items == "all":
        return truth
    if cell.items not in truth:
        raise InputError(f"{cell.id}: nothing here says which items are {cell.items!r}; run one of its rows again")
    return truth[truth[cell.items].astype(bool)]


def _on_items(source: str, scores: Scores, place: Place, listed: Sequence[str]) -> Scores:
    """The scores of the listed items, classes in their official order. All listed items must be there.

    Of the others that are known, what is there is left out.
    """
    given, wanted = set(scores.items), set(listed)
    left = [item for item in place.known if item in given and item not in wanted]
    try:
        return check_items(scores, [*listed, *left], place.classes, source).select(listed)
    except InputError as error:
        raise InputError(f"{error}; give each item of a fold under its official name, or nothing of the fold") from None


def _check_length(source: str, scores: Scores, paper: Paper, cell: Cell, workspace: Workspace) -> None:
    """Scores per frame must last as long as their items, or times are wrong all along."""
    kind = kind_of(cell)
    if scores.hop is None or kind is None or not kind.per_frame:
        return
    seconds = item_seconds(paper, str(cell.dataset), cell.test_set, workspace)
    n_frames = scores.values.shape[1]
    if seconds is not None and abs(n_frames * scores.hop - seconds) > max(LENGTH_OFF, scores.hop):
        raise InputError(
            f"{source}: {n_frames} frames of {scores.hop:g} s are {n_frames * scores.hop:g} s, but the items of "
            f"{cell.test_set} last {seconds:g} s; give every frame, and as `hop` the seconds from frame to frame"
        )


def _by_part(metric: Metric, scores: Scores, truth: "pd.DataFrame") -> dict[Part, MetricValue]:
    """The value on each fold of the items, or one on all of them where the metric pools the folds."""
    parts: dict[Part, pd.DataFrame]
    if metric.kind.pooled:
        parts = {ALL_FOLDS: truth}
    else:
        parts = {fold: truth[truth["fold"] == fold] for fold in sorted(set(map(int, truth["fold"])))}
    return {
        part: metric.compute(scores.select(list(dict.fromkeys(of_part.index))), of_part)
        for part, of_part in parts.items()
    }  # fmt: skip


def _across(
    source: str, scores: Scores, place: Place, metric: Metric, cell: Cell, is_certain: bool
) -> dict[int, float]:
    """Where a cell is about one fold and scores of others are here, too, the value on each; else nothing.

    is_certain: whether decisions are taken for probabilities of 1.
    """
    if cell.fold is None or not place.also or place.of_all is None:
        return {}
    found = {}
    for fold in sorted({cell.fold, *place.also}):
        truth = _listed(place.of_all[place.of_all["fold"] == fold], cell)
        items = list(dict.fromkeys(truth.index))
        of_fold = _on_items(source, scores, place, items)
        found[fold] = metric.compute(_certain(of_fold) if is_certain else of_fold, truth).value
    return found


def _beside(paper: Paper, cell: Cell) -> list[tuple[Cell, Metric]]:
    """What else the table says of the same test items in the same row, such as an F1 beside an error rate."""

    def where(one: Cell) -> tuple[object, ...]:
        return one.row, one.dataset, one.test_set, one.items, one.fold

    cells = [*paper.table_cells(cell.table), *paper.control_cells(cell.table)]
    found = [one for one in cells if where(one) == where(cell) and one.metric]
    return [(one, metric_named(str(one.metric))) for one in found if one.metric != cell.metric]


def _other_folds(cell: Cell, place: Place, paper: Paper) -> str | None:
    """Which folds are there besides the one that a column is about, and how to see them."""
    beside = [one for one in paper.table_cells(cell.table) if one.fold in place.also and one.dataset == cell.dataset]
    if cell.fold is None or not beside:
        return None
    folds = ", ".join(map(str, place.also))
    return (
        f"This is about fold {cell.fold} alone; scores of fold {folds} are here, too: name a cell like {beside[0].id}."
    )


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
