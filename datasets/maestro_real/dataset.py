"""MAESTRO Real (DCASE 2023, Task 4b): long recordings of five scenes with soft labels of each second, five folds."""

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.acquire.hashes import Fingerprinted
from datasets.contract import SELECTION, Dataset, Parts, check_fold, check_root
from datasets.errors import DataError
from datasets.maestro_real.layout import ANNOTATION, CLASSES, DEVELOPMENT, FOLDS, RATE, SCENES, SCORED, Layout, scene_of
from datasets.maestro_real.lists import Lists

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class MaestroReal(Fingerprinted, Dataset):
    """Recordings of three to five minutes; `root` holds the folders of the record and the lists of the baseline.

    Every complete second of a recording has a soft label for each of the 17 classes: how sure five annotators are that
    it is heard. Above one half it counts as heard. 11 of the classes are scored. The evaluation set has no public
    labels, so nothing here uses it.

    `cache` is the folder for what can be made again: hashes of the files and the results of checks. Raises DataError
    where `root` does not exist; the methods raise it for bad lists and files.
    """

    name = "maestro_real"
    version = 1
    title = "MAESTRO Real (DCASE 2023 Task 4b)"
    homepage = "https://doi.org/10.5281/zenodo.7244360"
    licence = "Tampere University (academic, non-commercial; the loader of soundata says CC BY 4.0)"
    citation = (
        "I. Martín-Morató, A. Mesaros. Strong Labeling of Sound Events Using Crowdsourced Weak Labels and Annotator "
        "Competence Estimation. IEEE/ACM TASLP 31, 2023. doi:10.1109/TASLP.2022.3233468. "
        "Data: doi:10.5281/zenodo.7244360"
    )
    sample_rate = RATE
    folds = FOLDS
    classes = CLASSES
    scored = SCORED
    scenes = SCENES

    def __init__(self, root: Path | str, cache: Path | str | None = None) -> None:
        self.root = Path(root)
        self.cache = Path(cache) if cache is not None else None
        check_root(self)
        self._read: dict[str, NDArray[np.float64]] = {}

    @cached_property
    def layout(self) -> Layout:
        """Where the files are, and how many there should be."""
        return Layout(self.root)

    @cached_property
    def lists(self) -> Lists:
        """The lists that are here. Raises DataError for bad ones."""
        return Lists.read(self.layout)

    @property
    def clip_seconds(self) -> float:
        """The duration of the longest recording in seconds. Raises DataError where the lists are absent."""
        return max(self.seconds(item) for item in self.lists.tested_in)

    def seconds(self, item: str) -> float:
        """The duration of a recording as the official list has it. Raises DataError for one that is not listed."""
        if item not in self.lists.durations:
            raise DataError(f"{item} is not in {self.layout.durations}; put the official list there")
        return self.lists.durations[item]

    def scene(self, item: str) -> str:
        """The scene of a recording. Raises DataError for a name that is none."""
        return scene_of(item)

    def soft(self, item: str) -> "NDArray[np.float32]":
        """The soft labels in [0, 1]: float32 (complete seconds, 17). Raises DataError for bad ones."""
        import numpy as np

        return self._soft(item).astype(np.float32)

    def hard(self, item: str) -> "NDArray[np.bool_]":
        """Where the soft labels are above one half: (complete seconds, 17).

        Raises DataError for bad soft labels, and where the official list of hard labels is here and says otherwise of
        a class that is scored.
        """
        from datasets.maestro_real.annotations.labels import THRESHOLD, check_hard

        hard = self._soft(item) > THRESHOLD
        if self.layout.hard.is_file():
            official = self._official_hard.get(item, hard[:0, : len(SCORED)])
            check_hard(item, hard[:, [CLASSES.index(label) for label in SCORED]], official, self.layout.hard)
        return hard

    def listed(self, part: str, fold: int = 1) -> int:
        """How many recordings the lists name in a part of a fold. Raises DataError."""
        check_fold(self, fold)
        lists = self.lists.folds[fold]
        named = {"train": lists.train, "validation": lists.validation, "test": lists.test}
        one = {**named, SELECTION: lists.validation}.get(part)
        return len(one.lines) if one is not None else 0

    def parts(self, fold: int) -> Parts:
        """The recordings of a fold whose audio and labels are here, in the order of the lists.

        Index item (`cafe_restaurant_07`); columns label, unit (the recording) and fold, the one that tests it. Training
        and validation have a row per recording, whose label is every class with a soft label above 0. The test sets
        have a row per recording, second and class with a soft label above 0, see `truth`: "test", and "selection", the
        validation recordings once more, by which thresholds can be chosen. Raises DataError.
        """
        check_fold(self, fold)
        lists = self.lists.folds[fold]
        train, validation = (self._frame(one.lines) for one in (lists.train, lists.validation))
        test_sets = {SELECTION: lists.validation, "test": lists.test}
        return Parts(train, validation, {name: self._active(one.lines) for name, one in test_sets.items()})

    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of every recording that is here, of all folds: a row per second and class that may be active.

        Columns as in `parts`, then onset and offset of the second, activity: the soft label, above 0 and at most 1,
        seconds: how long the recording lasts, and scored: whether the class is one of the 11. The first row of each
        recording has the label "" and no second, so that all are tested. Raises DataError.
        """
        if test_set not in (SELECTION, "test"):
            raise DataError(f"maestro_real has no test set {test_set!r}, only 'selection' and 'test'")
        return self._active(self.lists.tested_in)

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of a recording: float32 (frames,) in [-1, 1], 44.1 kHz, the mean of its channels.

        Raises DataError where the recording is unknown or cannot be used.
        """
        from datasets.maestro_real.reading import read_recording

        path = self.layout.audio(item)
        if not path.is_file():
            raise DataError(f"{path}: no such file; `python -m benchmarks data check maestro_real` tells more")
        return read_recording(path, self.lists.durations.get(item))[0]

    def data_files(self) -> list[Path]:
        """The files that decide about inputs and labels: lists, and what is here of the recordings that they name."""
        here = {ANNOTATION: self.layout.labels, DEVELOPMENT: self.layout.audio}
        of_items = [place(item) for record, place in here.items() for item in self.layout.names(record) & self._listed]
        return sorted([*self.layout.lists(), *of_items])

    def files(self) -> list[Path]:
        """All that another machine needs: `data_files`, hard labels, licences and declarations."""
        return sorted({*self.data_files(), *self.layout.documents()})

    @property
    def _listed(self) -> frozenset[str]:
        return frozenset(self.lists.durations)

    @cached_property
    def _here(self) -> frozenset[str]:
        """The recordings whose audio and labels are here."""
        return self.layout.names(DEVELOPMENT) & self.layout.names(ANNOTATION)

    @cached_property
    def _official_hard(self) -> "Mapping[str, NDArray[np.bool_]]":
        from datasets.maestro_real.annotations.labels import read_hard

        return read_hard(self.layout.hard)

    def _soft(self, item: str) -> "NDArray[np.float64]":
        from datasets.maestro_real.annotations.labels import read_soft

        if item not in self._read:
            self._read[item] = read_soft(self.layout.labels(item), math.floor(self.seconds(item)))
        return self._read[item]

    def _frame(self, items: Iterable[str]) -> "pd.DataFrame":
        """A row per recording that is here."""
        found = [item for item in items if item in self._here]
        active = [self._soft(item).sum(axis=0) for item in found]
        labels = [",".join(label for label, one in zip(CLASSES, some, strict=True) if one) for some in active]
        return self._framed(found, labels)

    def _active(self, items: Iterable[str]) -> "pd.DataFrame":
        """Of the recordings that are here a row without label, and one per second and class with a soft label."""
        import numpy as np

        names: list[str] = []
        places: list[NDArray[np.float64]] = []
        for item in items:
            if item in self._here:
                soft = self._soft(item)
                seconds, columns = np.nonzero(soft)
                found = np.stack([seconds, columns, soft[seconds, columns]], axis=1)
                places += [np.array([[np.nan, -1, np.nan]]), found]
                names += [item] * (1 + len(found))
        table = np.concatenate(places) if places else np.empty((0, 3))
        frame = self._framed(names, [("", *CLASSES)[int(column) + 1] for column in table[:, 1]])
        return frame.assign(
            onset=table[:, 0],
            offset=table[:, 0] + 1,
            activity=table[:, 2],
            seconds=[self.seconds(item) for item in names],
            scored=frame["label"].isin(["", *SCORED]),
        )

    def _framed(self, items: list[str], labels: list[str]) -> "pd.DataFrame":
        import pandas as pd

        columns = {
            "label": pd.Series(labels, dtype=object),
            "unit": pd.Series(items, dtype=object),
            "fold": pd.Series([self.lists.tested_in[item] for item in items], dtype="int64"),
        }
        return pd.DataFrame(columns).set_index(pd.Index(items, name="item", dtype=object))
