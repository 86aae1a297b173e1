"""What is true of the items that a run was tested on: class or events, bootstrap unit, and which lists they are on.

Where it follows from official names alone, the dataset says it. Where it takes annotations, a run keeps its own copy,
`reference_<testset>.csv`; so stored scores can be scored again where the dataset is not. A copy of annotations of real
files stays in the store of the machine: it is not ours to publish, and landed runs are without it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.build import import_class
from benchmarks.errors import InputError
from benchmarks.ledger import Finished
from benchmarks.metrics.scores import Scores
from benchmarks.spec import Paper, load_paper

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a reference that are text even where all of them look like numbers, or none is filled.
_TEXT = ("item", "label", "unit")


def reference(paper: Paper, dataset: str, items: Iterable[str]) -> "pd.DataFrame":
    """What is true of items by their names: a frame indexed by item, columns label, unit (of the bootstrap), fold.

    Raises InputError for a dataset whose names do not tell.
    """
    cls = import_class(paper.datasets[dataset].class_path)
    if not hasattr(cls, "reference"):
        raise InputError(f"{paper.datasets[dataset].title}: its names alone do not tell what is true of them")
    return cls.reference(list(items))


def write_reference(path: Path, frame: "pd.DataFrame") -> None:
    """Keep the reference of a test set beside its scores: one line per item, numbers in full."""
    frame.to_csv(path, index_label="item", lineterminator="\n")


def read_reference(path: Path) -> "pd.DataFrame":
    """What `write_reference` wrote. Raises InputError for a file that is damaged."""
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False, na_values={
            name: [""] for name in ("onset", "offset")
        }).set_index("item")  # fmt: skip
    except (OSError, ValueError, KeyError):
        raise InputError(f"{path}: cut short, or no reference; run it again") from None
    if missing := sorted({"label", "unit"} - set(frame.columns)):
        raise InputError(f"{path}: has no column {missing[0]!r}; run it again")
    return frame


class Truths:
    """The references of stored runs; each is read, or worked out, once."""

    def __init__(self) -> None:
        self._known: dict[object, pd.DataFrame] = {}

    def of(self, finished: Finished, test_set: str, only: str = "all", scores: Scores | None = None) -> "pd.DataFrame":
        """The reference of a run's test set; `only` names the column that says which of its items are listed.

        Raises InputError where the run has no copy and the names of its items do not tell.
        """
        name = f"reference_{test_set}.csv"
        copy = finished.folder / name
        if copy.exists():
            frame = self._once((finished.result["files"].get(name), name), lambda: read_reference(copy))
        else:
            items = (scores or Scores.load(finished.scores_path(test_set))).items
            paper, dataset = load_paper(finished.run.paper), finished.run.dataset
            frame = self._once((finished.run.paper, dataset, items), lambda: reference(paper, dataset, items))
        if only == "all":
            return frame
        if only not in frame:
            raise InputError(f"{finished.folder}: its reference does not say which items are {only!r}; run it again")
        return frame[frame[only].astype(bool)]

    def _once(self, key: object, make: "Callable[[], pd.DataFrame]") -> "pd.DataFrame":
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]
