"""Scores made elsewhere, put into a table under its protocol: the same test items, folds, metric and averaging."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.build import import_class
from benchmarks.claims import holm, mcnemar
from benchmarks.errors import InputError
from benchmarks.evaluate import reference
from benchmarks.ledger import Finished
from benchmarks.metrics import METRICS, Metric, MetricValue
from benchmarks.metrics.scores import Scores, check_items
from benchmarks.reporting import wording
from benchmarks.reporting.cells import CellResult, TableResult, Variant
from benchmarks.reporting.comparison import Comparison, Rival
from benchmarks.reporting.results import Results
from benchmarks.spec import Cell, Paper, load_paper, nearest, select
from benchmarks.workspace import Workspace


def compare(source: str, target: str, workspace: Workspace, name: str | None) -> Comparison:
    """Score `source` (a scores file, or the id of a stored run) as a row of the table `target`.

    A target that is a cell names the column. Raises InputError for scores that do not cover the table's test items.
    """
    cells = [cell for cell in select(target) if cell.kind == "train" and cell.dataset]
    table_ids = sorted({".".join(cell.id.split(".")[:2]) for cell in cells})
    if len(table_ids) != 1:
        raise InputError(f"compare {target}: needs one trained table; see `python -m benchmarks list`")
    paper = load_paper(table_ids[0].split(".")[0])
    run = None if _is_file(source) else _stored_run(source, workspace)
    scores = Scores.read(Path(source)) if run is None else Scores.load(run.scores_path())
    cell, items = _place(source, scores, cells, run, paper, workspace)
    assert cell.dataset is not None
    everything = [item for of in items.values() for item in of]
    scores = check_items(scores, everything, scores.classes, source)
    truth = reference(paper, cell.dataset, everything)
    metric = _metric(scores, [other for other in cells if other.column == cell.column])
    folds = {fold: metric.compute(_part(scores, of), truth) for fold, of in items.items()}
    table = Results(workspace).table(table_ids[0])
    label = name or (run.run.setting if run else Path(source).stem)
    note = _fold_note(run, table) if run else None
    return Comparison(label, table, cell.column, metric, folds, _rivals(table, cell.column, folds, run), note)


def _is_file(source: str) -> bool:
    return Path(source).suffix.lower() in (".npz", ".csv") or Path(source).exists()


def _stored_run(run_id: str, workspace: Workspace) -> Finished:
    runs = {finished.run.id: finished for finished in workspace.ledger.finished()}
    if run_id not in runs:
        raise InputError(f"{run_id}: neither a scores file (.npz, .csv) nor a stored run{nearest(run_id, runs)}")
    return runs[run_id]


def _place(
    source: str, scores: Scores, cells: Sequence[Cell], run: Finished | None, paper: Paper, workspace: Workspace
) -> tuple[Cell, dict[int, list[str]]]:
    """A cell of the column whose classes the scores have, and its test items by fold; of a run, those of its fold."""
    columns = {cell.dataset: cell for cell in cells if cell.dataset is not None}
    if run is not None:
        if run.run.paper != paper.id or run.run.dataset not in columns:
            raise InputError(f"{source}: a run of {run.run.paper} on {run.run.dataset}, which is not in this table")
        return columns[run.run.dataset], {run.run.fold: list(scores.items)}
    reasons = []
    for dataset, cell in columns.items():
        try:
            items = official_items(paper, dataset, workspace)
        except InputError as error:
            reasons.append(str(error))
            continue
        classes = set(reference(paper, dataset, [item for of in items.values() for item in of])["label"])
        if set(scores.classes) == classes:
            return cell, items
        odd = sorted(set(scores.classes) ^ classes)
        reasons.append(f"{paper.datasets[dataset].title} has {len(classes)}, {odd[0]} differs")
    raise InputError(f"{source}: its {len(scores.classes)} classes fit no column of the table: {'; '.join(reasons)}")


def official_items(paper: Paper, dataset: str, workspace: Workspace) -> dict[int, list[str]]:
    """All test items of a dataset by fold: from its files where they are here, else from stored runs on real files.

    Raises InputError where neither covers every fold.
    """
    use = paper.datasets[dataset]
    if workspace.dataset_root(import_class(use.class_path).name, "real").is_dir():
        index = workspace.dataset(use, "real").index()
        return {fold: sorted(index.loc[index["fold"] == fold, "item"]) for fold in use.folds}
    items: dict[int, list[str]] = {}
    for finished in workspace.ledger.finished():
        run = finished.run
        is_whole = (run.paper, run.dataset, run.corpus) == (paper.id, dataset, "real") and run.tier != "smoke"
        if is_whole and run.fold not in items:
            items[run.fold] = sorted(Scores.load(finished.scores_path()).items)
    if set(items) != set(use.folds):
        known = f"stored runs cover {len(items)} of {len(use.folds)} folds"
        raise InputError(f"{use.title}: its files are not here and {known}; fetch it: `python -m benchmarks data list`")
    return {fold: items[fold] for fold in use.folds}


def _metric(scores: Scores, cells: Sequence[Cell]) -> Metric:
    """The metric of most rows of the column; for scores that are only decisions, one that takes them."""
    names = Counter(cell.metric for cell in cells if cell.metric is not None)
    fitting = {name: count for name, count in names.items() if scores.kind != "decision" or name.endswith("_decision")}
    if not fitting:
        raise InputError(f"scores: decisions alone do not fit {', '.join(names)}; give probabilities or logits")
    return METRICS[max(fitting, key=lambda name: fitting[name])]


def _part(scores: Scores, items: Sequence[str]) -> Scores:
    """The scores of some items, which stand together and in this order."""
    start = scores.items.index(items[0])
    return replace(scores, items=tuple(items), values=scores.values[start : start + len(items)])


def _rivals(table: TableResult, column: str, folds: Mapping[int, MetricValue], source: Finished | None) -> list[Rival]:
    """The rows of the column, each with its nearest stored variant on real files, tested against the new scores."""
    new = {
        item: right for value in folds.values() for item, right in zip(value.items, value.per_item, strict=True)
    }  # fmt: skip
    rivals = [_rival(_best_known(table, one), new, source) for one in table.main if one.cell.column == column]
    tested = [rival for rival in rivals if rival.p is not None]
    corrected = holm([rival.p for rival in tested if rival.p is not None])
    by_id = {rival.result.cell.id: float(p) for rival, p in zip(tested, corrected, strict=True)}
    return [
        Rival(one.result, one.only_new_right, one.only_row_right, one.p, by_id.get(one.result.cell.id))
        for one in rivals
    ]


def _best_known(table: TableResult, main: CellResult) -> CellResult:
    """The cell as it ran under the paper's conditions; else as it ran on the real files otherwise."""
    if main.mean is not None:
        return main
    real = [
        results for variant, results in table.others.items() if variant.corpus == "real" and variant.tier != "smoke"
    ]
    for results in real:
        for one in results:
            if one.cell.id == main.cell.id and one.mean is not None:
                return one
    return main


def _rival(result: CellResult, new: Mapping[str, float], source: Finished | None) -> Rival:
    """A row, tested unless nothing of it is stored or the new scores are its own."""
    if result.evidence is None or result.mean is None:
        return Rival(result)
    if source is not None and source.run.id in [one.finished.run.id for one in result.evidence.scored]:
        return Rival(result)
    seed = result.evidence.complete_seeds[0]
    row = {
        item: right
        for one in result.evidence.scored if one.seed == seed
        for item, right in zip(one.value.items, one.value.per_item, strict=True)
    }  # fmt: skip
    if not set(new) <= set(row):
        return Rival(result)
    ours, theirs = (np.array([rights[item] for item in new]) for rights in (new, row))
    return Rival(result, int(np.sum(ours > theirs)), int(np.sum(theirs > ours)), mcnemar(ours, theirs))


def _fold_note(source: Finished, table: TableResult) -> str:
    """What a single run leaves open."""
    run = source.run
    folds = table.paper.datasets[run.dataset].folds
    return (
        f"{run.id} is one run: fold {run.fold} of {len(folds)}, "
        f"{wording.conditions(Variant(run.tier, run.corpus, run.numerics))}; the other rows are means over all folds."
    )
