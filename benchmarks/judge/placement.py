"""Where scores belong in a table: the columns of one dataset and test set, and what is true of the items of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.judge.truth_here import official_classes, official_truth, truth_of_run
from benchmarks.metrics import kind_of
from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper
from datasets.contract import EVERY_FOLD

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Place:
    """Where scores belong: columns of one dataset and test set (and fold), and what is true of all items of that."""

    cells: Sequence[Cell]
    truth: "pd.DataFrame"
    #: the items of the whole test set, of which scores may be there too
    known: Sequence[str]
    #: the classes in their official order, by which ties are broken
    classes: tuple[str, ...]


def place_of_file(source: str, scores: Scores, cells: Sequence[Cell], paper: Paper, workspace: Workspace) -> Place:
    """The columns whose classes the scores have, and of several test sets the one whose items they share most.

    Of columns that are folds it is the first one of which all items are there. Raises InputError where none fits.
    """
    found: list[tuple[int, Place]] = []
    reasons = []
    for dataset, test_set in dict.fromkeys((str(cell.dataset), cell.test_set) for cell in cells):
        title = paper.datasets[dataset].title
        members = [cell for cell in cells if (cell.dataset, cell.test_set) == (dataset, test_set)]
        lists = {cell.items for cell in members} - {"all"}
        classes, truth = official_classes(paper, dataset, workspace), None
        if classes is None or lists or set(classes) == set(scores.classes):
            try:
                truth = official_truth(paper, dataset, test_set, workspace)
            except USER_ERRORS as error:
                reasons.append(str(error))
                continue
            classes = classes or _classes_of(truth, scores, cells)
            classes = _of_a_list(truth, lists, scores, classes) or classes
        odd = sorted(set(scores.classes) ^ set(classes))
        if truth is None or odd:
            reasons.append(f"{title} has " + (f"{len(classes)}, {odd[0]} differs" if len(classes) > 1 else classes[0]))
            continue
        shared = set(scores.items) & set(truth.index)
        found.append((len(shared), _of_one_fold(Place(members, truth, _items(truth), classes), shared)))
    if not found:
        why = "; ".join(dict.fromkeys(reasons))
        what = "one class fits" if len(scores.classes) == 1 else f"{len(scores.classes)} classes fit"
        raise InputError(f"{source}: its {what} no column of the table: {why}")
    return max(found, key=lambda one: one[0])[1]


def place_of_run(run: Finished, cells: Sequence[Cell], paper: Paper, workspace: Workspace) -> Place:
    """The columns of the run's dataset, and what is true of the items of its fold. Raises InputError."""
    if run.run.paper != paper.id or run.run.dataset not in {cell.dataset for cell in cells}:
        raise InputError(f"{run.run.id}: a run of {run.run.paper} on {run.run.dataset}, which is not in this table")
    of_dataset = [cell for cell in cells if cell.dataset == run.run.dataset]
    members = [cell for cell in of_dataset if cell.fold in (None, run.run.fold)]
    if not members:
        raise InputError(f"{run.run.id}: a run on fold {run.run.fold}, which has no cell here; name a table with one")
    test_sets = list(dict.fromkeys(cell.test_set for cell in members))
    if len(test_sets) > 1:
        raise InputError(
            f"{run.run.id}: has scores of {' and '.join(test_sets)}; name a cell of one of them, like {members[0].id}"
        )
    kind, folds = kind_of(members[0]), paper.datasets[run.run.dataset].folds
    if kind and kind.pooled and len(folds) > 1:
        raise InputError(
            f"{run.run.id}: one run is one of {len(folds)} folds, but {members[0].metric} is one statistic of all "
            "folds together; write one scores file of all test items"
        )
    truth = truth_of_run(run, test_sets[0], workspace)
    classes = Scores.load(run.scores_path(test_sets[0])).classes
    return Place(members, truth, _items(truth), classes)


def _classes_of(truth: "pd.DataFrame", scores: Scores, cells: Sequence[Cell]) -> tuple[str, ...]:
    """The classes that labels name; where items have any number of them, the test list may have none with some."""
    named = _named(truth)
    any_number = all((kind := kind_of(cell)) and kind.any_number for cell in cells)
    return scores.classes if any_number and named <= set(scores.classes) else tuple(sorted(named))


def _named(truth: "pd.DataFrame") -> set[str]:
    """The classes that labels name."""
    return {name for label in truth["label"] for name in str(label).split(",")} - {""}


def _of_a_list(
    truth: "pd.DataFrame", lists: set[str], scores: Scores, classes: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The classes of the scores, where they have all that are on a list of the table, and of the others any.

    It is a list of classes where of each label all rows are on it or none; one of items says nothing about classes.
    """
    known = {*classes, *_named(truth)}
    for name in lists & set(truth.columns):
        is_of_classes = truth.groupby("label")[name].nunique().max() == 1 and not truth[name].all()
        if is_of_classes and _named(truth[truth[name].astype(bool)]) <= set(scores.classes) <= known:
            order = [*classes, *sorted(known)]
            return tuple(sorted(scores.classes, key=order.index))
    return None


def _of_one_fold(place: Place, shared: set[str]) -> Place:
    """The cells of one fold, where they are about single folds, and what is true of its items.

    Where the scores are of all folds, cells about all of them come first.
    """
    folds = sorted(dict.fromkeys(cell.fold for cell in place.cells), key=lambda fold: fold is not None)
    if folds == [None]:
        return place
    items = {fold: set(place.truth.index[_is_of(place.truth, fold)]) for fold in folds}
    fold = next((fold for fold in folds if items[fold] <= shared), folds[0])
    truth = place.truth[_is_of(place.truth, fold)]
    return replace(place, cells=[cell for cell in place.cells if cell.fold == fold], truth=truth)


def _items(truth: "pd.DataFrame") -> list[str]:
    return list(dict.fromkeys(truth.index))


def _is_of(truth: "pd.DataFrame", fold: int | None) -> "pd.Series":
    """Which rows of a reference a fold is tested on; None means all."""
    return truth["fold"].notna() if fold is None else truth["fold"].isin([fold, EVERY_FOLD])
