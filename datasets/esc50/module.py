"""ESC-50 for Lightning: the public DataModule of datasets.esc50, apart from it because it needs torch."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from datasets.batches.clips import ClipDataModule
from datasets.contract import Parts
from datasets.errors import DataError
from datasets.esc50.copies import at_speed, by_class
from datasets.esc50.dataset import ESC50
from datasets.features.copies import delayed
from datasets.seeds import derive

if TYPE_CHECKING:
    import pandas as pd


class ESC50DataModule(ClipDataModule):
    """ESC-50 or ESC-10 for Lightning's Trainer.

    root: the dataset's own folder; cache: the folder for what can be made again.
    train_folds: the "four" folds that are not tested, or only "three": the one before the tested one is left to a
        validation that is not done here (PiczakCNN's code).
    delayed_copies, class_copies: so many more copies of each training clip, delayed, or changed by class and delayed
        (PiczakCNN's code: 4 delayed for ESC-50, 10 by class for ESC-10).
    speeds: of further copies, each played so many times as fast, at another pitch.
    validation: what of the training clips validates instead: nothing, as in the papers; a fold by its number; or a
        share between 0 and 1 of each class, drawn by `validation_seed`, in which no recording is of which a clip is
        trained on (the official lists call it `src_file`).
    options: those of ClipDataModule. Raises DataError where there are no clips, or none would be left to train on.
    """

    version = 1
    drawn_once = ("augment", "delayed_copies", "class_copies")

    def __init__(
        self,
        root: Path | str,
        subset: Literal["esc50", "esc10"] = "esc50",
        cache: Path | str = "cache",
        train_folds: Literal["four", "three"] = "four",
        delayed_copies: int = 0,
        class_copies: int = 0,
        speeds: Sequence[float] = (),
        validation: int | float | None = None,
        validation_seed: int = 123,
        **options: Any,
    ) -> None:
        copies = [delayed(number + 1) for number in range(delayed_copies)]
        copies += [by_class(number + 1) for number in range(class_copies)]
        copies += [at_speed(speed) for speed in speeds]
        super().__init__(ESC50(root, subset, cache), cache=cache, copies=copies, **options)
        self.train_folds = train_folds
        self.validation, self.validation_seed = validation, validation_seed
        self._check_validation()

    def _check_validation(self) -> None:
        given, folds = self.validation, [fold for fold in self.dataset.folds if fold != self.fold]
        if given is None:
            return
        if self.train_folds == "three":
            raise DataError("train_folds 'three' leaves out a fold already; give 'four', or no validation")
        is_fold = isinstance(given, int) and not isinstance(given, bool)
        if not (given in folds if is_fold else isinstance(given, float) and 0 < given < 1):
            known = ", ".join(map(str, folds))
            raise DataError(f"validation {given!r}: give a fold ({known}; {self.fold} is tested) or a share like 0.1")

    def parts(self) -> Parts:
        """The clips of the fold; of its training clips all, those of three folds, or those that do not validate."""
        parts = super().parts()
        train, folds = parts.train, self.dataset.folds
        if self.train_folds == "three":
            return parts._replace(train=train[train["fold"] != folds[folds.index(self.fold) - 1]])
        if self.validation is None:
            return parts
        if isinstance(self.validation, int):
            drawn = list(train.index[train["fold"] == self.validation])
        else:
            drawn = self._drawn(train, self.validation)
        validates = train.index.isin(drawn)
        return parts._replace(train=train[~validates], validation=train[validates])

    def _drawn(self, train: "pd.DataFrame", share: float) -> list[str]:
        """Training clips of recordings that are drawn until each class has its share, rounded up."""
        sources = train["unit"]
        generator = torch.Generator().manual_seed(derive(self.validation_seed, self.fold, "validation"))
        taken: set[str] = set()
        for label in sorted(set(train["label"])):
            of_class = sources[train["label"] == label]
            names = sorted(set(of_class))
            wanted = math.ceil(share * len(of_class))
            for place in torch.randperm(len(names), generator=generator).tolist():
                if int(of_class.isin(taken).sum()) >= wanted:
                    break
                taken.add(names[place])
        left = set(train["label"][~sources.isin(taken)])
        if bare := sorted(set(train["label"]) - left):
            raise DataError(
                f"validation {share}: leaves no recording of {bare[0]} to train on; give a smaller share, or a fold"
            )
        return list(sources.index[sources.isin(taken)])

    def expected(self, part: str) -> int | None:
        """How many clips the complete subset has in a part."""
        listed = super().expected(part)
        if self.validation is not None and part in ("train", "validation"):
            whole = super().expected("train")
            if whole is None or isinstance(self.validation, float):
                return None
            return whole * 3 // 4 if part == "train" else whole // 4
        if part != "train" or self.train_folds == "four" or listed is None:
            return listed
        return listed * 3 // 4
