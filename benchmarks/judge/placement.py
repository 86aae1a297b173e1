"""Where scores belong in a table: the columns of one dataset and test set, and what is true of the items of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.judge.elsewhere.names import official_names
from benchmarks.judge.elsewhere.tables import renamed, with_classes
from benchmarks.judge.truth_here import official_classes, official_truth, truth_of_run
from benchmarks.metrics import kind_of
from benchmarks.runs.ledger import Finished
from benchmarks.runs.scores import Scores, scores_of
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, nearest
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
    #: where columns are about single folds: those with other items, of which all are there as well
    also: Sequence[int] = ()
    #: there, what is true of the items of all folds
    of_all: "pd.DataFrame | None" = None


def place_of_file(
    source: str, scores: Scores, cells: Sequence[Cell], paper: Paper, workspace: Workspace
) -> tuple[Place, Scores]:
    """The columns whose classes the scores have, and of several test sets the one whose items they share most.

    Of columns that are folds it is the first one of which all items are there. Returns also the scores, whose classes
    are called by their official names. Raises InputError where none fits.
    """
    found: list[tuple[float, Place, Scores]] = []
    reasons = []
    for dataset, test_set in dict.fromkeys((str(cell.dataset), cell.test_set) for cell in cells):
        title = paper.datasets[dataset].title
        members = [cell for cell in cells if (cell.dataset, cell.test_set) == (dataset, test_set)]
        lists = {cell.items for cell in members} - {"all"}
        classes, truth = official_classes(paper, dataset, workspace), None
        if classes is None or lists or _fits(scores, classes):
            try:
                truth = official_truth(paper, dataset, test_set, workspace)
            except USER_ERRORS as error:
                reasons.append(str(error))
                continue
        named, odd = _named_officially(scores, classes, truth)
        if truth is not None and odd is None:
            classes = classes or _classes_of(truth, named, cells)
            classes = _of_a_list(truth, lists, named, classes) or classes
        if classes is not None and odd is None:
            odd = _odd_classes(named, classes, title)
        if truth is None or odd is not None or classes is None:
            reasons.append(odd if odd is not None else f"{title} has other classes")
            continue
        if named.kind == "decision":
            named = with_classes(named, tuple(dict.fromkeys([*classes, *named.classes])))
        shared = set(named.items) & set(truth.index)
        share = len(shared) + len(shared) / (len(set(truth.index)) + 1)  # of two with as many, the smaller one
        found.append((share, _of_one_fold(Place(members, truth, _items(truth), classes), shared), named))
    if not found:
        why = "; ".join(dict.fromkeys(reasons))
        what = "one class fits" if len(scores.classes) == 1 else f"{len(scores.classes)} classes fit"
        raise InputError(f"{source}: its {what} no column of the table: {why}")
    _, place, named = max(found, key=lambda one: one[0])
    return place, named


def _fits(scores: Scores, classes: Sequence[str]) -> bool:
    """Whether the classes of scores are, however they are spelled, these; of decisions, some of these."""
    names, odd = official_names(scores.classes, classes, scores.kind != "decision")
    is_known = odd is None and len(names) == len(scores.classes)
    return is_known and (scores.kind == "decision" or len(names) == len(classes))


def _named_officially(
    scores: Scores, classes: Sequence[str] | None, truth: "pd.DataFrame | None"
) -> tuple[Scores, str | None]:
    """The scores with the official names of their classes, as far as these are known, and what is odd about them."""
    known = [*(classes or ()), *(sorted(_named(truth)) if truth is not None else ())]
    names, odd = official_names(scores.classes, known, scores.kind != "decision")
    return (scores, odd) if odd else (renamed(scores, names), None)


def _odd_classes(scores: Scores, classes: Sequence[str], title: str) -> str | None:
    """How the classes of scores differ from these, and what to change; None where they do not."""
    unknown = sorted(set(scores.classes) - set(classes))
    missing = sorted(set(classes) - set(scores.classes)) if scores.kind != "decision" else []
    if not unknown and not missing:
        return None
    first = min([*unknown, *missing])
    has = f"{title} has {len(classes)}, {first} differs" if len(classes) > 1 else f"{title} has {classes[0]}"
    if unknown:
        return f"{has} (rename or leave out {unknown[0]!r}{nearest(unknown[0], classes)})"
    return f"{has} (give one for {missing[0]!r}, too)"


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
    classes = scores_of(run, test_sets[0]).classes
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
    whole = [fold for fold in folds if items[fold] <= shared]
    fold = next(iter(whole), folds[0])
    truth = place.truth[_is_of(place.truth, fold)]
    members = [cell for cell in place.cells if cell.fold == fold]
    other = [one for one in whole if one is not None and items[one] != items[fold]]
    return replace(place, cells=members, truth=truth, also=other, of_all=place.truth)


def _items(truth: "pd.DataFrame") -> list[str]:
    return list(dict.fromkeys(truth.index))


def _is_of(truth: "pd.DataFrame", fold: int | None) -> "pd.Series":
    """Which rows of a reference a fold is tested on; None means all."""
    return truth["fold"].notna() if fold is None else truth["fold"].isin([fold, EVERY_FOLD])
