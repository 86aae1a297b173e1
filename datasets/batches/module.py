"""What the data modules of all kinds of task share: features in memory, of which batches are gathered on the device."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.trainer.states import TrainerStatus
from torch import Tensor

from datasets.batches.hearing.ear import Ear
from datasets.batches.resident import Batch, ResidentLoader
from datasets.contract import Dataset, Parts, check_fold
from datasets.errors import DataError
from datasets.features import Extractor
from datasets.features.cache import ClipDataset, FeatureCache, Features
from datasets.features.copies import NONE, Copy
from datasets.seeds import derive

if TYPE_CHECKING:
    import pandas as pd


class ResidentDataModule(pl.LightningDataModule):
    """Batches (x, y) for training and validation and batches x for prediction, all made on the device.

    Without Lightning its loaders give the same batches as plain tensors on the CPU: `for x, y in train_dataloader()`,
    after `setup`, which `train_dataloader` calls if need be; every iteration is the next epoch.

    dataset: has official folds and parts (datasets.contract). extractor: makes its features.
    cache: folder for what can be made again, features above all.
    fold: the official fold. batch_size: of training.
    limit: at most so many items per part, spread over what they hold (for quick trials).
    shuffle_labels: gives the training items each other's labels, as a control.
    seed: of order and draws. jobs: processes that extract features (default: one per core).

    After `setup`: `train_items`, `validation_items`, `test_sets` (items by the name of the set), `item_counts`; always:
    `classes`, `num_classes`, `hop` (seconds from frame to frame of what is predicted; None for whole items), `n_frames`
    (of a segment, where networks are given segments of one length). Every draw depends on seed, fold, purpose, epoch
    and step alone. Whoever waits may set `progress`: it is told (items done, items in all). Whoever knows which other
    features of these items will be wanted may set `beside`: it is asked, if the files have to be read, for extractors
    that get theirs in the same pass. Both move no number, so neither is an argument, on which a run's id would depend.
    Raises DataError for items that cannot be used.
    """

    version = 1
    #: what networks learn from its batches: "clips", "tags", "frames" or "activity"
    task: ClassVar[str]
    #: arguments that, unless they are off, make draws which all folds of a seed have in common, as copies made once
    drawn_once: tuple[str, ...] = ()
    hop: float | None = None
    n_frames: int | None = None

    def __init__(
        self,
        dataset: Dataset,
        extractor: Extractor,
        cache: str | Path = "cache",
        fold: int = 1,
        batch_size: int = 64,
        limit: int | None = None,
        shuffle_labels: bool = False,
        seed: int = 0,
        jobs: int | None = None,
    ) -> None:
        super().__init__()
        check_fold(dataset, fold)
        if batch_size < 1:
            raise DataError(f"batch_size {batch_size}: a batch has one item at least; give 1 or more")
        self.dataset, self.extractor, self.cache = dataset, extractor, Path(cache)
        self.fold, self.batch_size, self.limit = fold, batch_size, limit
        self.shuffle_labels, self.seed, self.jobs = shuffle_labels, seed, jobs
        self.classes: tuple[str, ...] = tuple(dataset.classes)
        self.num_classes = len(self.classes)
        self.progress: Callable[[int, int], None] | None = None
        self.beside: Callable[[], Sequence[Extractor]] = tuple
        self._is_ready = False
        self._features: dict[str, Features] = {}
        self._rows: dict[str, Tensor] = {}  # by part, in the features that it is gathered of
        self._references: dict[str, pd.DataFrame] = {}
        self._placed: dict[tuple[str, torch.device], Tensor] = {}

    def setup(self, stage: str | None = None) -> None:
        """Choose the items and make their features ready, extracting them if need be."""
        if not self._is_ready:
            self._make_ready(stage)
            self._is_ready = True

    @abstractmethod
    def _make_ready(self, stage: str | None) -> None:
        """Fill items, features, rows and references, and whatever batches are made of."""

    def parts(self) -> Parts:
        """The items of the fold, before any limit."""
        return self.dataset.parts(self.fold)

    def _use(self, parts: Parts) -> None:
        """Take these items, with what is true of those that are tested."""
        self.train_items, self.validation_items = list(parts.train.index), list(parts.validation.index)
        self.test_sets = {name: list(frame.index) for name, frame in parts.test.items()}
        self._references = dict(parts.test)

    @property
    def items(self) -> dict[str, list[str]]:
        """The items by part: "train", "validation", and the test sets."""
        return {"train": self.train_items, "validation": self.validation_items, **self.test_sets}

    def _find(self, items: Sequence[str]) -> None:
        """Note the rows of every part in features of these items, one row each."""
        place = {item: row for row, item in enumerate(items)}
        self._rows = {
            name: torch.tensor([place[item] for item in some], dtype=torch.long) for name, some in self.items.items()
        }

    def _extracted(
        self, dataset: ClipDataset, items: Sequence[str], labels: Sequence[str] | None = None, variant: Copy = NONE
    ) -> Features:
        """The features of some items, or of copies of them, for which their labels are needed."""
        given = [""] * len(items) if labels is None else labels
        return FeatureCache(self.cache).open(
            dataset, self.extractor, items, given, variant, jobs=self.jobs, progress=self.progress,
            beside=self.beside if variant == NONE else tuple,
        )  # fmt: skip

    def _shuffled(self, targets: Tensor) -> Tensor:
        """Targets by row, in which the training items have each other's if that is asked for."""
        if self.shuffle_labels:
            train = self._rows["train"]
            targets[train] = targets[train[torch.randperm(len(train), generator=self._generator("labels"))]]
        return targets

    def train_dataloader(self) -> ResidentLoader:
        """Batches of training, in an order that depends on seed, fold and epoch."""
        self.setup("fit")
        trainer = self._trainer_at_work
        epoch = (lambda: trainer.current_epoch) if trainer else None
        return ResidentLoader(self._order, self.batch_size, epoch, made=self._handed_out)

    @property
    def _trainer_at_work(self) -> pl.Trainer | None:
        """The trainer that asks for batches, if one does."""
        trainer = self.trainer
        return trainer if trainer is not None and trainer.state.status == TrainerStatus.RUNNING else None

    def _handed_out(self, batch: Batch) -> Any:
        """A batch as its loader gives it: its tensors, but to a Trainer at work the indices, from which they are made
        on its device (`on_after_batch_transfer`)."""
        return batch if self._trainer_at_work else self.on_after_batch_transfer(batch, 0)

    @abstractmethod
    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Rows and starts (N,) of an epoch of training."""

    def val_dataloader(self) -> ResidentLoader | list[ResidentLoader]:
        """Batches of all validation items, always in the same order; none without any."""
        self.setup("fit")
        return self._in_order("validation") if self.validation_items else []

    def predict_dataloader(self) -> list[ResidentLoader]:
        """Batches of whole test items in their order, a loader per test set in the order of `test_sets`."""
        return [self._in_order(name) for name in self.test_sets]

    @abstractmethod
    def _in_order(self, part: str) -> ResidentLoader:
        """Batches of a part as it validates or is predicted."""

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Make a batch on its device, standardised: (x, y) in training and validation, x alone for prediction.

        What was made already stays.
        """
        if not isinstance(batch, Batch):
            return batch
        if batch.part == "train":
            return self._training_batch(batch)
        return self._validation_batch(batch) if batch.part == "validation" else self._test_batch(batch)

    @abstractmethod
    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """x and targets y."""

    @abstractmethod
    def _validation_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """x and targets y, nothing of them drawn."""

    @abstractmethod
    def _test_batch(self, batch: Batch) -> Tensor:
        """x."""

    def _constant(self, name: str, value: Tensor, device: torch.device) -> Tensor:
        """A tensor that does not change once the features are there, on the device; brought there once per name."""
        if (name, device) not in self._placed:
            self._placed[name, device] = value.to(device)
        return self._placed[name, device]

    def ear(self) -> Ear | None:
        """What hears any sound file as this module hears its test items; there after `setup`. None: nothing does.

        It has all that was measured on the training items, so that it needs no data any more.
        """
        return None

    @abstractmethod
    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: some test items, and their x."""

    def arrays(self, part: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Feature vectors (items, d) and class numbers (items,) of a part, for estimators. Raises DataError."""
        raise DataError(f"{self.dataset.name}: {type(self).__name__} gives no vectors; train a network on it")

    def reference(self, test_set: str) -> "pd.DataFrame | None":
        """What is true of the items of a test set (datasets.contract.Parts); None where official names tell all."""
        items = self.test_sets[test_set]
        return self._references[test_set] if self.dataset.truth_of_names(items) is None else None

    def expected(self, part: str) -> int | None:
        """How many items the official lists name in a part; None if unknown."""
        return self.dataset.listed(part, self.fold)

    @property
    def item_counts(self) -> dict[str, dict[str, int | None]]:
        """Items per part: used, and expected by the official lists (None if unknown or limited)."""
        counts: dict[str, dict[str, int | None]] = {
            name: {"used": len(items), "expected": None if self.limit else self.expected(name)}
            for name, items in self.items.items()
        }
        # No list names any for validation, and none is chosen.
        if not any(counts["validation"].values()):
            del counts["validation"]
        return counts

    def provenance(self) -> dict[str, Any]:
        """What a result should say about its data: items per part, feature files and what made them, the extractor."""
        return {
            "items": self.item_counts,
            "features": {name: one.key for name, one in self._features.items()},
            "signatures": {name: one.signature for name, one in self._features.items()},
            "extractor": {"name": self.extractor.name, "version": self.extractor.version, **self.extractor.params()},
        }

    def _generator(self, *purpose: str | int) -> torch.Generator:
        """A generator of its own for every purpose, on the CPU, so that all devices draw the same."""
        return torch.Generator().manual_seed(derive(self.seed, self.fold, *purpose))
