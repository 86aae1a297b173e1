"""TUT Acoustic Scenes 2016 for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any, Literal

import pandas as pd
from torch import Tensor

from datasets.batches.clips import ClipDataModule
from datasets.batches.resident import Batch
from datasets.contract import Parts
from datasets.dcase2016_asc.dataset import DCASE2016ASC, Training
from datasets.errors import DataError

#: What chooses among the epochs of a training.
Validation = Literal["held_out", "test", "none"]
VALIDATIONS: tuple[Validation, ...] = ("held_out", "test", "none")
#: The evaluation items that Fig. 9 of the PB-CNN paper shows.
SHOWN = ("208.wav", "368.wav", "385.wav")


class DCASE2016ASCDataModule(ClipDataModule):
    """Scenes to train and validate on, and those of the fold's test list and of the evaluation set to test.

    root: the dataset's own folder; cache: the folder for what can be made again.
    training: "folds", "all" or "leaky", see DCASE2016ASC.
    validation: "held_out", a location-disjoint 15 % of the training list (assumed: the paper names none); "test", the
        fold's test list, with the whole training list trained on (what the paper may have done); "none", the whole
        training list is trained on and nothing validates.
    options: those of ClipDataModule. Raises DataError where files are missing or cannot be used, and for "test" where
    everything is trained on.
    """

    version = 1
    dataset: DCASE2016ASC

    def __init__(
        self,
        root: Path | str,
        training: Training = "folds",
        cache: Path | str = "cache",
        validation: Validation = "held_out",
        **options: Any,
    ) -> None:
        if validation not in VALIDATIONS:
            raise DataError(f"unknown validation {validation!r} of dcase2016_asc; known: {', '.join(VALIDATIONS)}")
        if validation == "test" and training == "all":
            raise DataError("validation 'test' does not go with training 'all', which has no test list; choose another")
        super().__init__(DCASE2016ASC(root, training, cache), cache=cache, **options)
        self.validation = validation

    def parts(self) -> Parts:
        """The items of the fold, with what is held out put back where something else validates, or nothing."""
        parts = super().parts()
        if self.validation == "held_out":
            return parts
        listed = self.dataset.training_list(self.fold)
        both = pd.concat([parts.train, parts.validation])
        train = both.loc[[item for item in listed if item in both.index]]
        validation = parts.test["test"] if self.validation == "test" else parts.validation[:0]
        return parts._replace(train=train, validation=validation)

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: three items of the last test set whole, x (3, S, C, F, T).

        They are those of the paper's Fig. 9 where they are here, else the first of each of three scenes.
        """
        name, items = list(self.test_sets.items())[-1]
        labels = self._references[name]["label"]
        first = list(dict(zip(reversed(labels.tolist()), reversed(items), strict=True)).values())[-len(SHOWN) :][::-1]
        shown = list(SHOWN) if set(SHOWN) <= set(items) else first
        rows, starts = self._table.grid(self._rows[name][[items.index(item) for item in shown]])
        return shown, self._test_batch(Batch(rows, starts, 0, 0, name))

    def expected(self, part: str) -> int | None:
        """How many items the official lists name in a part."""
        if self.validation == "held_out" or part not in ("train", "validation"):
            return super().expected(part)
        if part == "train":
            return len(self.dataset.training_list(self.fold))
        return len(self.dataset.test_list(self.fold)) if self.validation == "test" else 0
