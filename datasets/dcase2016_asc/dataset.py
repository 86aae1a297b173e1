"""TUT Acoustic Scenes 2016 (DCASE 2016, Task 1): fifteen scenes, four folds by location, and the evaluation set."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from datasets.acquire.hashes import Fingerprinted
from datasets.contract import EVERY_FOLD, Dataset, Parts, check_fold, check_root
from datasets.dcase2016_asc.layout import CLASSES, DEVELOPMENT, EVALUATION, FOLDS, RECORDS, Layout
from datasets.dcase2016_asc.listing import location_of, read_flaws
from datasets.dcase2016_asc.lists import Development, Evaluation
from datasets.dcase2016_asc.splits import choose_leaky_tests, choose_validation, official_validation
from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: What is trained on: the lists of the folds, the whole development set, or a split that ignores locations.
Training = Literal["folds", "all", "leaky"]
TRAININGS: tuple[Training, ...] = ("folds", "all", "leaky")


class DCASE2016ASC(Fingerprinted, Dataset):
    """Scenes of 30 s; `root` holds the official development and evaluation folders, or the first alone.

    training: "folds" has the four official folds. "all" trains on the whole development set and tests the evaluation
        set alone, in one fold. "leaky" has four random splits by file, 880 to train on and 290 to test (in proportion
        where a corpus has fewer), in which locations stand on both sides.

    About 15 % of what is trained on validates, by whole locations (datasets.dcase2016_asc.splits). Flaws that the
    data's authors list are left in, as in the official baseline (assumed: the paper says nothing); `errors` tells them.

    `cache` is the folder for what can be made again: hashes of the files and the results of checks. Raises DataError
    where `root` does not exist; the methods raise it for bad lists and files.
    """

    name = "dcase2016_asc"
    version = 1
    title = "TUT Acoustic Scenes 2016 (DCASE 2016 Task 1)"
    homepage = "https://doi.org/10.5281/zenodo.45739"
    licence = "TUT EULA (academic, non-commercial)"
    citation = (
        "A. Mesaros, T. Heittola, T. Virtanen. TUT Database for Acoustic Scene Classification and Sound Event "
        "Detection. EUSIPCO 2016. doi:10.1109/EUSIPCO.2016.7760424. "
        "Data: doi:10.5281/zenodo.45739 (development), doi:10.5281/zenodo.165995 (evaluation)"
    )
    #: as the challenge describes the scenes
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "indoor": ("cafe/restaurant", "grocery_store", "home", "library", "metro_station", "office"),
        "outdoor": ("beach", "city_center", "forest_path", "park", "residential_area"),
        "vehicle": ("bus", "car", "train", "tram"),
    }
    sample_rate = 44100
    folds: tuple[int, ...] = FOLDS
    classes = CLASSES

    def __init__(self, root: Path | str, training: Training = "folds", cache: Path | str | None = None) -> None:
        self.root = Path(root)
        self.training = training
        self.cache = Path(cache) if cache is not None else None
        if training not in TRAININGS:
            raise DataError(f"unknown training {training!r} of dcase2016_asc; known: {', '.join(TRAININGS)}")
        check_root(self)
        self.folds = (1,) if training == "all" else FOLDS

    @cached_property
    def layout(self) -> Layout:
        """Where the files are, and how many there should be."""
        return Layout(self.root)

    @cached_property
    def development(self) -> Development:
        """The lists of the development set. Raises DataError for bad ones."""
        return Development.read(self.layout)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The lists of the evaluation set, as far as they are here. Raises DataError for bad ones."""
        return Evaluation.read(self.layout, self.development if self.layout.folder(DEVELOPMENT).is_dir() else None)

    def items_of(self, record: str) -> tuple[str, ...]:
        """The items that the lists of DEVELOPMENT or EVALUATION name; none where there are no lists."""
        return tuple(self.scenes_of(record)) if record == DEVELOPMENT else self.evaluation.items

    def scenes_of(self, record: str) -> Mapping[str, str]:
        """The scene of each item of DEVELOPMENT or EVALUATION, as far as lists tell it. Raises DataError."""
        if record == EVALUATION:
            return self.evaluation.scenes
        return self.development.scenes if self.layout.folder(DEVELOPMENT).is_dir() else {}

    @property
    def clip_seconds(self) -> float:
        """The length of every item in seconds: 30, unless a miniature declares less."""
        return self.layout.clip_seconds

    def training_list(self, fold: int = 1) -> tuple[str, ...]:
        """The items that a fold trains on or validates with, here or not, in the order of their list."""
        check_fold(self, fold)
        if self.training == "folds":
            return tuple(self.development.folds[fold].train.by_item)
        tested = frozenset(self.test_list(fold))
        return tuple(item for item in self.development.scenes if item not in tested)

    def validation_list(self, fold: int = 1) -> tuple[str, ...]:
        """The items of `training_list` that validate, here or not.

        Of the official lists they are those that the repository's validation.txt says; of others what its rule gives.
        """
        items = self.training_list(fold)
        name = {"folds": str(fold), "all": "all", "leaky": f"leaky {fold}"}[self.training]
        if self.layout.corpus == "real":
            places = official_validation()[name]
        else:
            places = choose_validation({item: self.development.scenes[item] for item in items}, name)
        return tuple(item for item in items if location_of(item) in places)

    def test_list(self, fold: int = 1) -> tuple[str, ...]:
        """The development items that a fold tests, here or not; none where all are trained on."""
        check_fold(self, fold)
        if self.training == "folds":
            return tuple(self.development.folds[fold].test.by_item)
        return self._leaky_tests[fold - 1] if self.training == "leaky" else ()

    def listed(self, part: str, fold: int = 1) -> int:
        """How many items the lists name in a part of a fold. Raises DataError."""
        validation = len(self.validation_list(fold))
        counts = {
            "train": len(self.training_list(fold)) - validation,
            "validation": validation,
            "test": len(self.test_list(fold)),
            "evaluation": len(self.evaluation.items),
        }
        return counts.get(part, 0)

    def parts(self, fold: int) -> Parts:
        """The items of a fold that are here, in the order of the lists.

        Index item (the official name without its folder); columns label (scene), unit (location; of an evaluation item
        without original name the item), fold: the one that tests it, 1 where none does, and EVERY_FOLD for evaluation
        items. The test set "test" is the fold's test list, absent where all is trained on;
        "evaluation" is absent where no audio or no truth of it is here. Raises DataError.
        """
        validating = set(self.validation_list(fold))
        train = [item for item in self.training_list(fold) if item not in validating]
        test = {"test": self._here(self.test_list(fold))} if self.training != "all" else {}
        if self.tests_evaluation:
            test["evaluation"] = self.truth("evaluation")
        return Parts(self._here(train), self._here(self.validation_list(fold)), test)

    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of the items of a test set that are here, of all folds; see parts. Raises DataError."""
        listed = self.truth_of_lists(test_set)
        return listed[listed.index.isin(self.layout.names(EVALUATION if test_set == "evaluation" else DEVELOPMENT))]

    def truth_of_lists(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of all items that a test set's lists name, of all folds; see parts. Raises DataError."""
        if test_set == "test" and self.training != "all":
            return self._frame([item for fold in self.folds for item in self.test_list(fold)])
        if test_set == "evaluation":
            if not self.evaluation.scenes:
                raise DataError(self.evaluation.missing_truth(self.layout))
            scenes, units = self.evaluation.scenes, self.evaluation.units
            return _frame(list(scenes), scenes, units, [EVERY_FOLD] * len(scenes))
        raise DataError(f"dcase2016_asc has no test set {test_set!r} where training is {self.training!r}")

    @property
    def tests_evaluation(self) -> bool:
        """Whether audio and truth of the evaluation set are here."""
        return not self.layout.names(EVALUATION).isdisjoint(self.evaluation.scenes)

    def _here(self, items: Iterable[str]) -> "pd.DataFrame":
        """Development items that are here."""
        here = self.layout.names(DEVELOPMENT)
        return self._frame([item for item in items if item in here])

    def _frame(self, items: list[str]) -> "pd.DataFrame":
        """Development items, here or not."""
        folds = [self._tested_in.get(item, 1) for item in items]
        return _frame(items, self.development.scenes, {item: location_of(item) for item in items}, folds)

    @cached_property
    def _leaky_tests(self) -> tuple[tuple[str, ...], ...]:
        return choose_leaky_tests(self.development.scenes, len(FOLDS))

    @cached_property
    def _tested_in(self) -> Mapping[str, int]:
        """The fold that tests an item, of those that are tested."""
        if self.training == "folds":
            return self.development.tested_in
        return {item: fold for fold in self.folds for item in self.test_list(fold)}

    def errors(self) -> "pd.DataFrame":
        """The flaws of development recordings: item, onset, offset (s), label; none where their list is absent.

        Raises DataError for a bad list, and where it names another item.
        """
        import pandas as pd

        flaws = read_flaws(self.layout.errors) if self.layout.errors.is_file() else []
        unknown = next((flaw.item for flaw in flaws if flaw.item not in self.development.scenes), None)
        if unknown is not None:
            raise DataError(f"{self.layout.errors}: {unknown} is not in meta.txt; put the official list there")
        return pd.DataFrame(flaws, columns=["item", "onset", "offset", "label"])

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of an item: float32 (44100 * clip_seconds,) in [-1, 1], 44.1 kHz, the mean of its channels.

        Raises DataError where the item is unknown or cannot be used.
        """
        from datasets.dcase2016_asc.reading import read_scene

        path = self.layout.audio(item)
        if not path.is_file():
            raise DataError(f"{path}: no such file; `python -m benchmarks data check dcase2016_asc` tells more")
        return read_scene(path, self.clip_seconds)[0]

    def data_files(self) -> list[Path]:
        """The files that decide about inputs and labels: lists, and the audio of items whose scenes they tell."""
        here = {record: self.layout.names(record) for record in RECORDS}
        audio = [
            self.layout.audio(item) for record in RECORDS for item in self.scenes_of(record) if item in here[record]
        ]
        return sorted([*self.layout.lists(), *audio])

    def files(self) -> list[Path]:
        """All that another machine needs: `data_files`, the list of flaws, licences and declarations."""
        return sorted({*self.data_files(), *self.layout.documents()})


def _frame(items: list[str], scenes: Mapping[str, str], units: Mapping[str, str], folds: list[int]) -> "pd.DataFrame":
    import pandas as pd

    columns = {
        "label": pd.Series([scenes[item] for item in items], dtype=object),
        "unit": pd.Series([units[item] for item in items], dtype=object),
        "fold": pd.Series(folds, dtype="int64"),
    }
    return pd.DataFrame(columns).set_index(pd.Index(items, name="item", dtype=object))
