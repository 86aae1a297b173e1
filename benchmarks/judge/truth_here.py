"""The official test items of a dataset and what is true of them: from its files, or from stored runs on them."""

from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.errors import USER_ERRORS
from benchmarks.runs.build import import_class
from benchmarks.runs.ledger import ANNOTATIONS, Finished
from benchmarks.runs.scores import Scores, official_order, scores_of
from benchmarks.runs.stored.shelf import Stored
from benchmarks.runs.truth import NoTruth, Truths, names_tell
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Paper, load_paper
from datasets.contract import EVERY_FOLD

if TYPE_CHECKING:
    import pandas as pd


def official_truth(paper: Paper, dataset: str, test_set: str, workspace: Workspace) -> "pd.DataFrame":
    """What is true of every item of a test set, by fold and name: a reference (benchmarks.runs.truth) with all folds.

    Where official names tell all, the items are those of the files, or of stored runs that had more; where it takes
    annotations, a stored run with its copy of them comes first, because files may have to be drawn or read anew.
    Raises NoTruth where neither covers every fold, DataError for files that cannot be used.
    """
    use, by_names = paper.datasets[dataset], names_tell(paper, dataset)
    by_fold = _of_runs(paper, dataset, test_set, workspace)
    truth = _of_files(paper, dataset, test_set, workspace) if by_names else None
    if truth is not None and (set(by_fold) != set(use.folds) or len(truth) >= sum(map(len, by_fold.values()))):
        return truth
    if EVERY_FOLD in by_fold:
        return by_fold[EVERY_FOLD].sort_index(kind="stable")
    if set(by_fold) == set(use.folds):
        import pandas as pd

        return pd.concat([by_fold[fold].sort_index(kind="stable") for fold in use.folds])
    truth = None if by_names else _of_files(paper, dataset, test_set, workspace)
    if truth is not None:
        return truth
    known = f"stored runs cover {len(by_fold)} of {len(use.folds)} folds"
    fetch = f"`python -m benchmarks data fetch {import_class(use.class_path).name}`"
    raise NoTruth(f"{use.title}: its files are not here and {known}; fetch it: {fetch}")


class TruthsHere(Truths):
    """The references of stored runs; of landed ones, which have no copy, what files or other runs here say."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._official: dict[tuple[str, str, str], pd.DataFrame | str] = {}

    def same_items(self, finished: Finished, test_set: str) -> object:
        """The same for all whose items have the same names, as the ledger remembers."""
        known = self._stored.get(finished.folder.name)
        tested = known.tested if known is not None and known.finished is finished else {}
        return tested.get(test_set) or super().same_items(finished, test_set)

    @cached_property
    def _stored(self) -> dict[str, Stored]:
        return {one.finished.run.id: one for one in self.workspace.ledger.stored()}

    def without_copy(self, finished: Finished, test_set: str, items: tuple[str, ...]) -> "pd.DataFrame":
        """What names tell, else what is true of the official items of these names. Raises NoTruth."""
        run, paper = finished.run, load_paper(finished.run.paper)
        if names_tell(paper, run.dataset):
            return super().without_copy(finished, test_set, items)
        if run.corpus != "real":
            raise NoTruth(f"{finished.folder}: {ANNOTATIONS}{test_set}.csv is missing; remove the folder to redo it")
        truth = self._official_truth(paper, run.dataset, test_set)
        if odd := [item for item in items if item not in truth.index]:
            title = paper.datasets[run.dataset].title
            raise NoTruth(f"{title}: what is here does not know {odd[0]}; `python -m benchmarks data check`")
        return truth[truth.index.isin(items)]

    def _official_truth(self, paper: Paper, dataset: str, test_set: str) -> "pd.DataFrame":
        key = (paper.id, dataset, test_set)
        if key not in self._official:
            try:
                self._official[key] = official_truth(paper, dataset, test_set, self.workspace)
            except USER_ERRORS as error:
                self._official[key] = str(error)
        found = self._official[key]
        if isinstance(found, str):
            raise NoTruth(found)
        return found


def truth_of_run(finished: Finished, test_set: str, workspace: Workspace) -> "pd.DataFrame":
    """What is true of the items that a run was tested on. Raises NoTruth where nobody knows."""
    return TruthsHere(workspace).of(finished, test_set)


def classes_here(paper: Paper, dataset: str, workspace: Workspace) -> tuple[str, ...] | None:
    """The classes, in official order, of a dataset whose files are here, which costs nothing; None if they are not."""
    use = paper.datasets[dataset]
    if not workspace.dataset_root(import_class(use.class_path).name, "real").is_dir():
        return None
    return official_order(use.class_path, use.args) or tuple(workspace.dataset(use, "real").classes)


def official_classes(paper: Paper, dataset: str, workspace: Workspace) -> tuple[str, ...] | None:
    """The classes of a dataset in their official order: of its files, else of a stored run on them; None if unknown."""
    found = classes_here(paper, dataset, workspace)
    if found is not None:
        return found
    for finished in _runs_on_real_files(paper, dataset, workspace):
        for test_set in finished.test_sets:
            return scores_of(finished, test_set).classes
    return None


def item_seconds(paper: Paper, dataset: str, test_set: str, workspace: Workspace) -> float | None:
    """How long the longest item of a test set lasts; None if unknown.

    What stored runs have scores for says it, once there are runs on every fold; else the files do.
    """
    by_fold: dict[int, float] = {}
    for finished in _runs_on_real_files(paper, dataset, workspace):
        path, fold = finished.scores_path(test_set), finished.run.fold
        scores = Scores.load(path) if fold not in by_fold and path.exists() else None
        if scores is not None and scores.hop is not None:
            by_fold[fold] = scores.values.shape[1] * scores.hop
        if set(by_fold) == set(paper.datasets[dataset].folds):
            return max(by_fold.values())
    if classes_here(paper, dataset, workspace) is None:
        return None
    return float(workspace.dataset(paper.datasets[dataset], "real").clip_seconds)


def _of_files(paper: Paper, dataset: str, test_set: str, workspace: Workspace) -> "pd.DataFrame | None":
    """From the dataset's folder, of all items that its lists name; None if it is not here."""
    use = paper.datasets[dataset]
    if classes_here(paper, dataset, workspace) is None:
        return None
    truth = workspace.dataset(use, "real").truth_of_lists(test_set)
    is_tested = truth["fold"].isin([*use.folds, EVERY_FOLD])
    return truth[is_tested].sort_index(kind="stable").sort_values("fold", kind="stable")


def _of_runs(paper: Paper, dataset: str, test_set: str, workspace: Workspace) -> "dict[int, pd.DataFrame]":
    """From stored runs on real files, fold by fold, or of any where all folds are tested on the same items.

    A landed run has no copy of annotations and says nothing.
    """
    by_names, truths = names_tell(paper, dataset), Truths()
    found: dict[int, pd.DataFrame] = {}
    for finished in _runs_on_real_files(paper, dataset, workspace):
        fold = finished.run.fold
        if fold not in found and (by_names or _has_copy(finished, test_set)):
            truth = truths.of(finished, test_set)
            if set(truth["fold"]) == {EVERY_FOLD}:
                return {EVERY_FOLD: truth}
            found[fold] = truth.assign(fold=fold)
    return found


def _has_copy(finished: Finished, test_set: str) -> bool:
    """Whether a run keeps a copy of what is true of a test set."""
    return finished.annotations(test_set) is not None


def _runs_on_real_files(paper: Paper, dataset: str, workspace: Workspace) -> list[Finished]:
    """Stored runs on real files, first those that lacked the fewest items; tier smoke tests on some of them only."""
    found = []
    for finished in workspace.ledger.finished():
        run = finished.run
        if (run.paper, run.dataset, run.corpus) == (paper.id, dataset, "real") and run.tier != "smoke":
            found.append(finished)
    return sorted(found, key=_lacking)


def _lacking(finished: Finished) -> int:
    """How many of the listed items a run had no files of."""
    counts = finished.result["data"]["items"].values()
    return sum(one["expected"] - one["used"] for one in counts if isinstance(one, dict) and one["expected"])
