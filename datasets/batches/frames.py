"""Recordings with events in time, cut into chunks of frames: the DataModule that frame-wise detection shares."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.chunks import band_statistics, chunk_starts, draw_chunks, event_roll, gather
from datasets.batches.resident import Batch, ResidentLoader
from datasets.batches.segments import resident
from datasets.errors import DataError
from datasets.features import make_extractor
from datasets.features.cache import FeatureCache, Features
from datasets.seeds import derive

if TYPE_CHECKING:
    import pandas as pd

#: At least so many whole recordings per batch.
WHOLE = 4


class Recordings(Protocol):
    """Recordings of one length with events, as `FrameDataModule` needs them."""

    name: str
    sample_rate: int
    items: tuple[str, ...]

    def load(self, item: str) -> NDArray[np.float32]:
        """The samples of one recording."""

    def fingerprint(self) -> str:
        """A hash of all that `load` gives."""

    def reference(self) -> "pd.DataFrame":
        """Index item, one line per event or one without; columns label, onset and offset (s, NaN without), unit."""


class FrameDataModule(pl.LightningDataModule):
    """Chunks x (B, 1, T + 2 context, D) and frame targets y (B, T) for training, whole recordings x for prediction.

    classes: the one class that is detected. names: of the test sets. cache: folder for extracted features.
    extractor, n_mels: name of the features (datasets.features.EXTRACTORS) and their bands D, by default its own.
    chunk_frames, chunk_hop: length and distance of chunks in frames; a last chunk ends with the recording. None: whole
        recordings. Validation has the same chunks, or whole recordings where training has these or single frames.
    chunks_per_clip: an epoch has so many chunks of each recording, drawn anew in every epoch; None: all of them.
    context: frames on either side that a chunk has beside its own, the border frame repeated beyond the ends.
    validation: share of the training recordings that only validate, of those with and without an event alike.
    validation_seed: of that choice. batch_size: chunks per batch.
    limit: at most so many recordings per set, with and without an event in turn (for quick trials).
    shuffle_labels: gives the training recordings each other's events, as a control.
    seed, fold: of order and chunks. jobs: processes that extract features (default: one per core).

    After `setup`: `train_items`, `validation_items`, `test_sets`, `item_counts`, `hop` (s). A frame is active from
    floor(onset / hop) to ceil(offset / hop), as in the official event roll. Bands are standardised by mean and
    deviation over all frames of the training recordings. Raises DataError for recordings that cannot be used.
    """

    version = 1

    def __init__(
        self,
        classes: Sequence[str],
        names: Sequence[str],
        cache: str | Path = "cache",
        extractor: str = "log_mel_mtfa",
        n_mels: int | None = None,
        chunk_frames: int | None = 256,
        chunk_hop: int = 128,
        chunks_per_clip: int | None = None,
        context: int = 0,
        validation: float = 0.1,
        validation_seed: int = 123,
        batch_size: int = 64,
        limit: int | None = None,
        shuffle_labels: bool = False,
        seed: int = 0,
        fold: int = 1,
        jobs: int | None = None,
    ) -> None:
        super().__init__()
        self.classes, self.num_classes, self.names = tuple(classes), len(classes), tuple(names)
        self.cache = FeatureCache(cache)
        self.extractor = make_extractor(extractor, **({"n_mels": n_mels} if n_mels else {}))
        self.chunk_frames, self.chunk_hop, self.chunks_per_clip = chunk_frames, chunk_hop, chunks_per_clip
        self.context, self.validation, self.validation_seed = context, validation, validation_seed
        self.batch_size, self.limit, self.shuffle_labels = batch_size, limit, shuffle_labels
        self.seed, self.fold, self.jobs = seed, fold, jobs
        params = self.extractor.params()
        self.hop: float = params["hop"] / params["rate"]
        self.progress: Callable[[int, int], None] | None = None
        self._features: dict[str, Features] = {}
        self._is_ready = False
        self._placed: dict[tuple[str, torch.device], Tensor] = {}

    @abstractmethod
    def recordings(self, name: str) -> Recordings:
        """The recordings of a set: "train", or a test set by its name."""

    def setup(self, stage: str | None = None) -> None:
        """Choose the recordings and make their features ready, extracting them if need be."""
        if self._is_ready:
            return
        self._references: dict[str, pd.DataFrame] = {}
        self.test_sets: dict[str, list[str]] = {}
        for name in ("train", *self.names):
            items = self._prepare(name)
            if name == "train":
                self._split(items)
            else:
                self.test_sets[name] = items
        train = self._features["train"]
        if train.array.ndim != 3:
            raise DataError(f"{self.extractor.name} gives no frames x bands; choose an extractor such as log_mel_mtfa")
        self._frames = train.array.shape[1]
        self._starts = chunk_starts(self._frames, self.chunk_frames, self.chunk_hop)
        self._targets = event_roll(self._references["train"], train.items, self._frames, self.hop)
        if self.shuffle_labels:
            shuffled = self._train[torch.randperm(len(self._train), generator=self._generator("labels"))]
            self._targets[self._train] = self._targets[shuffled]
        self.mean, self.std = band_statistics(torch.from_numpy(train.array), self._train)
        self._is_ready = True

    def _prepare(self, name: str) -> list[str]:
        """Make a set's features and reference ready; returns its items."""
        recordings = self.recordings(name)
        reference = recordings.reference()
        items = self._limited(recordings.items, reference)
        self._references[name] = reference.loc[reference.index.isin(set(items))]
        labels = [""] * len(items)
        self._features[name] = self.cache.open(
            recordings, self.extractor, items, labels, jobs=self.jobs, progress=self.progress
        )
        return items

    def _limited(self, items: Sequence[str], reference: "pd.DataFrame") -> list[str]:
        if not self.limit or len(items) <= self.limit:
            return list(items)
        positive = set(reference.index[reference["onset"].notna()])
        having = [[item for item in items if (item in positive) is wanted] for wanted in (True, False)]
        turns = sorted((turn, side, item) for side, of_side in enumerate(having) for turn, item in enumerate(of_side))
        chosen = {item for _, _, item in turns[: self.limit]}
        return [item for item in items if item in chosen]

    def _split(self, items: Sequence[str]) -> None:
        """Part the training recordings: those with and those without an event each give their share to validation.

        The share is rounded up, as the official baseline does. Raises DataError if nothing is left to train on.
        """
        reference = self._references["train"]
        positive = set(reference.index[reference["onset"].notna()])
        is_positive = torch.tensor([item in positive for item in items])
        generator = torch.Generator().manual_seed(derive(self.validation_seed, self.fold, "validation"))
        validates = torch.zeros(len(items), dtype=torch.bool)
        for side in (is_positive, ~is_positive):
            places = side.nonzero().flatten()
            drawn = places[torch.randperm(len(places), generator=generator)]
            validates[drawn[: math.ceil(self.validation * len(places))]] = True
        if validates.all():
            raise DataError(
                f"{len(items)} training recordings leave none to train on beside validation; raise limit or mixtures"
            )
        self._train, self._validation = ((~validates).nonzero().flatten(), validates.nonzero().flatten())
        self.train_items = [items[place] for place in self._train.tolist()]
        self.validation_items = [items[place] for place in self._validation.tolist()]

    def train_dataloader(self) -> ResidentLoader:
        """Batches of chunks, in an order that depends on seed, fold and epoch."""

        def order(epoch: int) -> tuple[Tensor, Tensor]:
            return draw_chunks(self._train, self._starts, self.chunks_per_clip, self._generator("order", epoch))

        trainer = self.trainer
        return ResidentLoader(order, self.batch_size, (lambda: trainer.current_epoch) if trainer else None)

    def val_dataloader(self) -> ResidentLoader | list[ResidentLoader]:
        """Batches of all chunks of the validation recordings, or of them as a whole; none without any."""
        if not len(self._validation):
            return []
        if self._validates_whole:
            return self._whole("validation", self._validation)
        rows = self._validation.repeat_interleave(len(self._starts))
        starts = self._starts.repeat(len(self._validation))
        return ResidentLoader(lambda epoch: (rows, starts), self.batch_size, part="validation")

    def predict_dataloader(self) -> list[ResidentLoader]:
        """Batches of whole recordings, a loader per test set in the order of `test_sets`."""
        return [self._whole(name, torch.arange(len(items))) for name, items in self.test_sets.items()]

    @property
    def _validates_whole(self) -> bool:
        return self.chunk_frames in (None, 1)

    def _whole(self, part: str, rows: Tensor) -> ResidentLoader:
        """Whole recordings, about as many frames per batch as in training."""
        per_batch = max(WHOLE, self.batch_size * (self.chunk_frames or self._frames) // self._frames)
        return ResidentLoader(lambda epoch: (rows, torch.zeros_like(rows)), per_batch, part=part)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Any:
        """Gather a batch on its device, standardised: (x, y) in training and validation, x alone for prediction."""
        rows, starts, device = batch.rows, batch.starts, batch.rows.device
        if batch.part not in ("train", "validation"):
            # A test set is read once, so it need not lie on the device.
            values = torch.from_numpy(self._features[batch.part].array)
            return self._standardised(
                gather(values, rows.cpu(), starts.cpu(), values.shape[1], self.context).to(device)
            )
        is_whole = self.chunk_frames is None or (batch.part == "validation" and self._validates_whole)
        frames = self._frames if is_whole else self.chunk_frames
        assert frames is not None
        x = self._standardised(gather(resident([self._features["train"]], device), rows, starts, frames, self.context))
        return x, gather(self._on("_targets", device), rows, starts, frames).float()

    def _standardised(self, values: Tensor) -> Tensor:
        """(B, T, D) as stored -> (B, 1, T, D) float32."""
        return values.float().sub_(self._on("mean", values.device)).div_(self._on("std", values.device))[:, None]

    def _on(self, name: str, device: torch.device) -> Tensor:
        if (name, device) not in self._placed:
            self._placed[name, device] = getattr(self, name).to(device)
        return self._placed[name, device]

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: a recording of the last test set, by name, and its x (1, 1, T + 2 context, D)."""
        name = self.names[-1]
        item = self.probe_item(name)
        batch = next(iter(self._whole(name, torch.tensor([self.test_sets[name].index(item)]))))
        return [item], self.on_after_batch_transfer(batch, 0)

    def probe_item(self, name: str) -> str:
        """The recording of a test set that figures show: the first one with an event, if there is one."""
        reference = self._references[name]
        return str([*reference.index[reference["onset"].notna()], *reference.index][0])

    def reference(self, test_set: str) -> "pd.DataFrame":
        """What is true of the items of a test set (`Recordings.reference`)."""
        return self._references[test_set]

    @property
    def item_counts(self) -> dict[str, dict[str, int | None]]:
        """Recordings per set: used, and in all (None if limited)."""
        used = {"train": len(self.train_items), "validation": len(self.validation_items)}
        used |= {name: len(items) for name, items in self.test_sets.items()}
        return {name: {"used": count, "expected": None if self.limit else count} for name, count in used.items()}

    def provenance(self) -> dict[str, Any]:
        """What a result should say about its data: recordings per set, feature files, constants."""
        return {
            "items": self.item_counts,
            "features": {name: one.key for name, one in self._features.items()},
            "extractor": {"name": self.extractor.name, "version": self.extractor.version, **self.extractor.params()},
            "mean": self.mean.tolist(),
            "std": self.std.tolist(),
        }

    def _generator(self, *purpose: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(derive(self.seed, self.fold, *purpose))
