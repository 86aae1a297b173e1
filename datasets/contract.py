"""What a dataset is: the contract that every wing's class fulfils, and that everything else relies on."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


#: The `fold` of items that the networks of every fold are tested on, such as an evaluation set.
EVERY_FOLD = 0
#: The test set by which thresholds are chosen, where a dataset has one: the validation items once more.
SELECTION = "selection"


class Parts(NamedTuple):
    """The items of a fold, in the order of the official lists.

    Each frame has the index item (official name) and the columns label, unit (what a bootstrap draws whole) and fold
    (the one whose networks are tested on the item, or EVERY_FOLD); events in time have onset and offset (s, NaN without
    an event), and a column of yes and no names each list that a test item may be on. A label is a class, or any number
    of them joined by ",", "" for none. Where labels are soft, a test item has a row per class and second (activity).

    train, validation: what is trained on, and what alone chooses among trainings (empty where no list names any).
    test: by the name of the test set.
    """

    train: "pd.DataFrame"
    validation: "pd.DataFrame"
    test: "dict[str, pd.DataFrame]"

    @property
    def named(self) -> "dict[str, pd.DataFrame]":
        """All parts by name: "train", "validation", and the test sets."""
        return {"train": self.train, "validation": self.validation, **self.test}


class Dataset(Protocol):
    """The files of one dataset below `root`, with their official lists and labels.

    A class is made of a root and, by keyword, a `cache`: the folder for what can be made again. It raises DataError
    where the root is missing; its methods raise it for bad lists and files. `version` is raised when its numbers
    change. Acquisition, census, miniature and stand-in stand beside it and are found by file name (datasets.registry).
    """

    name: ClassVar[str]
    version: ClassVar[int]
    title: ClassVar[str]
    homepage: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    #: named groups of classes, in order
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    sample_rate: int  # Hz
    folds: tuple[int, ...]
    root: Path
    cache: Path | None
    classes: tuple[str, ...]

    @property
    @abstractmethod
    def clip_seconds(self) -> float:
        """The nominal length of every item."""

    @abstractmethod
    def parts(self, fold: int) -> Parts:
        """The items of an official fold whose files are here. Raises DataError for a fold that does not exist."""

    @abstractmethod
    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of every item of a test set, of all folds: a frame as in `Parts`."""

    def truth_of_lists(self, test_set: str = "test") -> "pd.DataFrame":
        """The same of every item that official lists name, here or not, where lists tell it; else of those here."""
        return self.truth(test_set)

    def listed(self, part: str, fold: int = 1) -> int | None:
        """How many items the official lists name in a part of a fold, here or not; None if that is not known."""
        return None

    @classmethod
    def tested(cls, test_set: str, fold: int, **arguments: Any) -> int | None:
        """How many items a test set of the complete official release has, with no file at hand; None if unknown.

        arguments: those that an object is made with, beside root and cache.
        """
        return None

    @classmethod
    def label_order(cls, **arguments: Any) -> "tuple[str, ...] | None":
        """The classes in the order in which the release numbers them, where that is not that of `classes`.

        By it ties are broken: who learns from class numbers decides for the smallest of equals. arguments: as `tested`.
        """
        return None

    @classmethod
    def truth_of_names(cls, items: Iterable[str]) -> "pd.DataFrame | None":
        """What official names alone tell of items, as `truth` does; None where they do not tell."""
        return None

    @abstractmethod
    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples (n,) of an item in [-1, 1], at `sample_rate`, mono."""

    @abstractmethod
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any name or content among the files that decide."""

    @abstractmethod
    def files(self) -> list[Path]:
        """All that another machine needs."""


def check_root(dataset: Dataset) -> None:
    """Raises DataError where there is no folder at the root of a dataset."""
    if not dataset.root.is_dir():
        raise DataError(
            f"{dataset.root}: no such folder; run `python -m benchmarks data fetch {dataset.name}`, or name the folder "
            f"of its files (to commands the one that holds {dataset.name}/, by RESOUND_DATA or --data-root)"
        )


def check_fold(dataset: Dataset, fold: int) -> None:
    """Raises DataError for a fold that a dataset does not have."""
    if fold not in dataset.folds:
        raise DataError(f"fold {fold} of {dataset.name} does not exist; choose one of {tuple(dataset.folds)}")
