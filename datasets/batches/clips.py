"""Clips cut into segments for training and scoring: the DataModule that all one-label-per-clip datasets share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.mixup import mixup
from datasets.batches.resident import Batch, ResidentLoader
from datasets.batches.segments import EpochMode, SegmentMode, SegmentTable, resident, statistics
from datasets.errors import DataError
from datasets.features import extractor_class, make_extractor
from datasets.features.cache import FeatureCache, Features
from datasets.seeds import derive


class ClipDataModule(pl.LightningDataModule):
    """Training batches x (B, C, F, T), y (B, classes) and test batches x (B, S, C, F, T), all made on the device.

    dataset: has clips, labels and official folds (datasets.esc50.ESC50 is one).
    cache: folder for extracted features.
    fold: the official fold that is tested.
    extractor: name of the features (datasets.features.EXTRACTORS).
    segment_frames, segment_hop: length of segments and distance between their beginnings.
    segment_mode: an epoch has "all" segments of each clip, or one at "random".
    augment: adds a time-stretched and a pitch-shifted copy of each training clip (ACRNN, section 3.4).
    delayed_copies, class_copies: add so many copies per training clip, delayed, or changed by class and delayed
        (PiczakCNN's code: 4 delayed for ESC-50, 10 by class for ESC-10).
    epoch_mode: an epoch has all copies of a clip ("concat"), or one at random ("resample").
    mixup_alpha: of the Beta distribution that mixes pairs of a batch; 0 for none.
    train_folds: the "four" folds that are not tested, or only "three": the one before the tested one is left to a
        validation that is not done here (PiczakCNN's code).
    standardize: per channel, by mean and deviation of the unaltered training segments (PiczakCNN's code has the copies
        in its statistics: assumed not to matter).
    limit: at most so many training and so many test clips, spread over classes (for quick trials).
    shuffle_labels: gives the training clips each other's labels, as a control.
    seed: of order, choices and mixup. jobs: processes that extract features (default: one per core).
    clips_per_fold: how many clips the official lists have in each fold, for `item_counts`.

    After `setup`: `classes`, `num_classes`, `train_items`, `test_items`, `item_counts`. Every draw depends on seed,
    fold, purpose and epoch alone. Raises DataError for clips that cannot be used.
    """

    version = 1
    hop = None

    def __init__(
        self,
        dataset: Any,
        cache: str | Path = "cache",
        fold: int = 1,
        extractor: str = "log_gammatone_delta",
        segment_frames: int = 128,
        segment_hop: int = 64,
        segment_mode: SegmentMode = "all",
        augment: bool = False,
        delayed_copies: int = 0,
        class_copies: int = 0,
        epoch_mode: EpochMode = "concat",
        mixup_alpha: float = 0.0,
        train_folds: Literal["four", "three"] = "four",
        batch_size: int = 64,
        standardize: bool = True,
        limit: int | None = None,
        shuffle_labels: bool = False,
        seed: int = 0,
        jobs: int | None = None,
        clips_per_fold: int | None = None,
    ) -> None:
        super().__init__()
        self.dataset, self.cache = dataset, FeatureCache(cache)
        self.fold, self.train_folds, self.limit = fold, train_folds, limit
        self.segment_frames, self.segment_hop = segment_frames, segment_hop
        self.segment_mode, self.epoch_mode = segment_mode, epoch_mode
        self.mixup_alpha, self.batch_size, self.standardize = mixup_alpha, batch_size, standardize
        self.shuffle_labels, self.seed, self.jobs = shuffle_labels, seed, jobs
        self.clips_per_fold = clips_per_fold
        # Where segments have spectrograms of their own, the extractor cuts them.
        cuts = getattr(extractor_class(extractor), "segmented", False)
        self.extractor = make_extractor(extractor, **({"frames": segment_frames, "step": segment_hop} if cuts else {}))
        self.variants = ["none", *(["stretch", "shift"] if augment else [])]
        self.variants += [f"delay-{number + 1}" for number in range(delayed_copies)]
        self.variants += [f"class-{number + 1}" for number in range(class_copies)]
        self.progress: Callable[[int, int], None] | None = None
        self.classes: tuple[str, ...] = tuple(dataset.classes)
        self.num_classes = len(self.classes)
        self._sets: list[Features] = []
        self._placed: dict[torch.device, tuple[Tensor, Tensor, Tensor]] = {}

    def setup(self, stage: str | None = None) -> None:
        """Choose the clips and make their features ready, extracting them if need be."""
        if self._sets:
            return
        truth = self.dataset.truth()
        labels = dict(truth["label"])
        split = self._split()
        self.train_items, self.test_items = (self._limited(split[name], labels) for name in ("train", "test"))
        self.test_sets = {"test": self.test_items}
        # Without a limit the features of all folds are one set, so that every fold uses it.
        items = sorted({*self.train_items, *self.test_items}) if self.limit else sorted(labels)
        self._sets = [
            self.cache.open(
                self.dataset, self.extractor, items, [labels[i] for i in items], variant, self.jobs, self.progress
            )
            for variant in self.variants
        ]
        place = {item: number for number, item in enumerate(items)}
        self._train = torch.tensor([place[item] for item in self.train_items])
        self._test = torch.tensor([place[item] for item in self.test_items])
        self._targets = torch.tensor([self.classes.index(labels[item]) for item in items])
        if self.shuffle_labels:
            shuffled = self._train[torch.randperm(len(self._train), generator=self._generator("labels"))]
            self._targets[self._train] = self._targets[shuffled]
        if self._sets[0].array.ndim > 2:
            self._cut()

    def _cut(self) -> None:
        """The table of segments, and what standardises them."""
        self._table = SegmentTable.of(self._sets, self.segment_frames, self.segment_hop)
        if self.epoch_mode == "resample" and (self._table.counts != self._table.counts[0]).any():
            raise DataError("epoch_mode 'resample' needs copies with as many segments as their clip; choose 'concat'")
        copies = torch.cat(
            [torch.arange(len(one.items)).repeat_interleave(torch.from_numpy(one.counts)) for one in self._sets]
        )
        self._row_targets = self._targets[copies]
        features = resident(self._sets, torch.device("cpu"))
        channels = features.shape[1]
        self.mean, self.std = torch.zeros(channels), torch.ones(channels)
        if self.standardize:
            positions = self._table.every(self._table.first[0, self._train], self._table.counts[0, self._train])
            rows, starts = self._table.pick(positions)
            mean, std = statistics(features, rows, starts, self.segment_frames, self.segment_hop)
            if getattr(self.extractor, "shared_scale", False):
                mean[1:], std[1:] = 0.0, std[0].clone()
            self.mean, self.std = mean.float(), std.clamp_min(1e-8).float()

    def train_dataloader(self) -> ResidentLoader:
        """Batches of segments, in an order that depends on seed, fold and epoch."""

        def order(epoch: int) -> tuple[Tensor, Tensor]:
            return self._table.epoch(self._train, self.segment_mode, self.epoch_mode, self._generator("order", epoch))

        trainer = self.trainer
        return ResidentLoader(order, self.batch_size, (lambda: trainer.current_epoch) if trainer else None)

    def predict_dataloader(self) -> ResidentLoader:
        """Batches of test clips with all their segments, in the order of `test_items`."""
        rows, starts = self._table.grid(self._test)
        return ResidentLoader(lambda epoch: (rows, starts), max(1, self.batch_size // rows.shape[1]))

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Any:
        """Gather the batch on its device: (x, y) standardised and mixed up in training, x alone for prediction."""
        features = resident(self._sets, batch.rows.device)
        mean, std, targets = self._constants(batch.rows.device)
        segments = features.unfold(3, self.segment_frames, self.segment_hop).permute(0, 3, 1, 2, 4)
        x = segments[batch.rows, batch.starts].sub_(mean).div_(std)
        if batch.rows.dim() == 2:
            return x
        y = torch.nn.functional.one_hot(targets[batch.rows], self.num_classes).float()
        if self.mixup_alpha > 0:
            return mixup(x, y, self.mixup_alpha, self._generator("mixup", batch.epoch, batch.step))
        return x, y

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """The first test clip of each class, by name, and its first segment x (B, C, F, T), for figures."""
        seen: dict[int, int] = {}
        for number, clip in enumerate(self._test.tolist()):
            seen.setdefault(int(self._targets[clip]), number)
        rows, starts = (places[list(seen.values()), :1] for places in self._table.grid(self._test))
        x = self.on_after_batch_transfer(Batch(rows, starts, 0, 0), 0)
        return [self.test_items[number] for number in seen.values()], x[:, 0]

    def _constants(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Mean, deviation (C, 1, 1) and class by row, on the device."""
        if device not in self._placed:
            scale = (self.mean[:, None, None], self.std[:, None, None])
            self._placed[device] = (scale[0].to(device), scale[1].to(device), self._row_targets.to(device))
        return self._placed[device]

    def reference(self, test_set: str) -> None:
        """Official names tell all, so that a run needs no copy."""

    def arrays(self, split: Literal["train", "test"]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Feature vectors (clips, d) and class numbers (clips,) of a split, for estimators without segments."""
        self.setup()
        if self._sets[0].array.ndim != 2:
            raise DataError(f"{self.extractor.name} gives no vectors; choose an extractor such as mfcc_zcr")
        clips = self._train if split == "train" else self._test
        return np.array(self._sets[0].array[clips.numpy()]), self._targets[clips].numpy()

    @property
    def item_counts(self) -> dict[str, dict[str, int | None]]:
        """Clips per split: used, and expected by the official lists (None if unknown or limited)."""
        folds = {"train": len(self.dataset.folds) - (2 if self.train_folds == "three" else 1), "test": 1}
        known = self.clips_per_fold is not None and not self.limit
        return {
            name: {"used": len(items), "expected": folds[name] * (self.clips_per_fold or 0) if known else None}
            for name, items in (("train", self.train_items), ("test", self.test_items))
        }

    def provenance(self) -> dict[str, Any]:
        """What a result should say about its data: clips per split, feature files, constants."""
        facts: dict[str, Any] = {
            "items": self.item_counts,
            "features": {variant: one.key for variant, one in zip(self.variants, self._sets, strict=True)},
            "extractor": {"name": self.extractor.name, "version": self.extractor.version, **self.extractor.params()},
        }
        if self._sets[0].array.ndim > 2:
            facts |= {"mean": self.mean.tolist(), "std": self.std.tolist()}
        return facts

    def _split(self) -> dict[str, list[str]]:
        train, _, test = self.dataset.parts(self.fold)
        if self.train_folds == "three":
            folds = list(self.dataset.folds)
            train = train[train["fold"] != folds[folds.index(self.fold) - 1]]
        return {"train": list(train.index), "test": list(test["test"].index)}

    def _limited(self, items: Sequence[str], labels: dict[str, str]) -> list[str]:
        """At most `limit` of the items: one of each class in turn, by name."""
        if not self.limit or len(items) <= self.limit:
            return list(items)
        seen: dict[str, int] = {}
        turns = []
        for item in sorted(items):
            label = labels[item]
            seen[label] = seen.get(label, 0) + 1
            turns.append((seen[label], self.classes.index(label), item))
        return sorted(item for _, _, item in sorted(turns)[: self.limit])

    def _generator(self, *purpose: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(derive(self.seed, self.fold, *purpose))
