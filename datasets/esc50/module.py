"""ESC-50 for Lightning: the public DataModule of datasets.esc50, apart from it because it needs torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from datasets.batches.clips import ClipDataModule
from datasets.contract import Parts
from datasets.esc50.copies import at_speed, by_class
from datasets.esc50.dataset import ESC50
from datasets.features.copies import delayed


class ESC50DataModule(ClipDataModule):
    """ESC-50 or ESC-10 for Lightning's Trainer.

    root: the dataset's own folder; cache: the folder for what can be made again.
    train_folds: the "four" folds that are not tested, or only "three": the one before the tested one is left to a
        validation that is not done here (PiczakCNN's code).
    delayed_copies, class_copies: so many more copies of each training clip, delayed, or changed by class and delayed
        (PiczakCNN's code: 4 delayed for ESC-50, 10 by class for ESC-10).
    speeds: of further copies, each played so many times as fast, at another pitch.
    options: those of ClipDataModule. Raises DataError where there are no clips.
    """

    version = 1

    def __init__(
        self,
        root: Path | str,
        subset: Literal["esc50", "esc10"] = "esc50",
        cache: Path | str = "cache",
        train_folds: Literal["four", "three"] = "four",
        delayed_copies: int = 0,
        class_copies: int = 0,
        speeds: Sequence[float] = (),
        **options: Any,
    ) -> None:
        copies = [delayed(number + 1) for number in range(delayed_copies)]
        copies += [by_class(number + 1) for number in range(class_copies)]
        copies += [at_speed(speed) for speed in speeds]
        super().__init__(ESC50(root, subset, cache), cache=cache, copies=copies, **options)
        self.train_folds = train_folds

    def parts(self) -> Parts:
        """The clips of the fold; of its training clips those of three folds, if that is asked for."""
        parts = super().parts()
        if self.train_folds == "four":
            return parts
        folds = self.dataset.folds
        return parts._replace(train=parts.train[parts.train["fold"] != folds[folds.index(self.fold) - 1]])

    def expected(self, part: str) -> int | None:
        """How many clips the complete subset has in a part."""
        listed = super().expected(part)
        if part != "train" or self.train_folds == "four" or listed is None:
            return listed
        return listed * 3 // 4
