"""What is true of the items that a run was tested on: class or events, bootstrap unit, and which lists they are on.

Where it follows from official names alone, the dataset says it. Where it takes annotations, a run keeps its own copy,
`reference_<testset>.csv`; so stored scores can be scored again where the dataset is not. What many landed runs have
lies once beside them, in `references/`, by its checksum. A copy of annotations of real files stays in the store of the
machine: it is not ours to publish, and landed runs are without it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.files import file_sha256, writing
from benchmarks.runs.ledger import ANNOTATIONS, Finished
from benchmarks.runs.scores import Scores
from benchmarks.spec import Paper

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a reference that are text even where all of them look like numbers, or none is filled.
_TEXT = ("item", "label", "unit")


class NoTruth(InputError):
    """What is true of the items of a run is not known here, so that its scores cannot be scored."""


def reference(paper: Paper, dataset: str, items: Iterable[str]) -> "pd.DataFrame":
    """What is true of items by their names: a frame indexed by item, columns label, unit (of the bootstrap), fold.

    Raises NoTruth for a dataset whose names do not tell.
    """
    use = paper.datasets[dataset]
    return _truth_of_names(import_class(use.class_path), use.title, items)


def _truth_of_names(dataset: Any, title: str, items: Iterable[str]) -> "pd.DataFrame":
    found = dataset.truth_of_names(list(items))
    if found is None:
        raise NoTruth(f"{title}: its names alone do not tell what is true of them")
    return found


def names_tell(paper: Paper, dataset: str) -> bool:
    """Whether official names alone tell what is true of the items of a dataset."""
    return import_class(paper.datasets[dataset].class_path).truth_of_names([]) is not None


def write_reference(path: Path, frame: "pd.DataFrame") -> None:
    """Keep the reference of a test set beside its scores: one line per item, numbers in full. Raises InputError."""
    with writing(path):
        frame.to_csv(path, index_label="item", lineterminator="\n")


def read_reference(path: Path) -> "pd.DataFrame":
    """What `write_reference` wrote. Raises InputError for a file that is damaged."""
    import pandas as pd

    try:
        frame = pd.read_csv(
            path, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False, float_precision="round_trip",
            na_values={name: [""] for name in ("onset", "offset", "activity")},
        ).set_index("item")  # fmt: skip
        is_whole = path.read_bytes().endswith(b"\n")
    except (OSError, ValueError, KeyError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path}: cut short, or no reference; run it again")
    if missing := sorted({"label", "unit"} - set(frame.columns)):
        raise InputError(f"{path}: has no column {missing[0]!r}; run it again")
    return frame


class Truths:
    """The references of stored runs; each file is read, and each reference worked out, once."""

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}

    def of(self, finished: Finished, test_set: str, only: str = "all", scores: Scores | None = None) -> "pd.DataFrame":
        """The reference of a run's test set; `only` names the column that says which of its items are listed.

        Raises NoTruth where the run has no copy and nothing else tells, or was not tested on the set at all; InputError
        for a damaged copy.
        """
        files, run = finished.result["files"], finished.run
        if f"scores_{test_set}.npz" not in files:
            raise NoTruth(f"it was not tested on {test_set}, of which nothing was here: fetch that and run it again")
        name = f"{ANNOTATIONS}{test_set}.csv"
        if copy := finished.annotations(test_set):
            frame = self._once((name, files[name]), lambda: _read_copy(copy, files[name], finished.folder))
        else:
            key = (run.paper, run.dataset, run.corpus, test_set, self.same_items(finished, test_set))
            frame = self._once(
                key,
                lambda: self.without_copy(
                    finished, test_set, (scores or Scores.load(finished.scores_path(test_set))).items
                ),
            )
        if only == "all":
            return frame
        return self._once((id(frame), only), lambda: listed(frame, only, finished))

    def same_items(self, finished: Finished, test_set: str) -> object:
        """What is equal for runs that were tested on the same items: here, for those that have the same scores."""
        return finished.result["files"][f"scores_{test_set}.npz"]

    def without_copy(self, finished: Finished, test_set: str, items: tuple[str, ...]) -> "pd.DataFrame":
        """The reference of a run that has no copy: what the names of its items tell. Raises NoTruth."""
        dataset = import_class(finished.run.resolved["dataset"]["class_path"])
        return _truth_of_names(dataset, dataset.title, items)

    def _once(self, key: object, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]


def listed(frame: "pd.DataFrame", only: str, finished: Finished) -> "pd.DataFrame":
    """The items of a run's reference that the column `only` names, or "all". Raises InputError without the column."""
    if only == "all":
        return frame
    if only not in frame:
        raise InputError(f"{finished.folder}: its reference does not say which items are {only!r}; run it again")
    return frame[frame[only].astype(bool)]


def _read_copy(copy: Path, digest: str, folder: Path) -> "pd.DataFrame":
    if file_sha256(copy) != digest:
        back = "" if copy.parent == folder else "put it back, or "
        raise InputError(f"{copy}: damaged (its checksum differs); {back}remove the folder {folder} to redo it")
    return read_reference(copy)
