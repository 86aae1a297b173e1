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

from datasets.cache import FeatureCache, Features
from datasets.errors import DataError
from datasets.features import make_extractor
from datasets.resident import Batch, ResidentLoader
from datasets.seeds import derive
from datasets.segments import resident

if TYPE_CHECKING:
    import pandas as pd

#: Recordings whose frames are summed at a time for their mean and deviation.
BLOCK = 64


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
        recordings.
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
        self.extractor: Any = make_extractor(extractor, **({"n_mels": n_mels} if n_mels else {}))
        self.chunk_frames, self.chunk_hop, self.chunks_per_clip = chunk_frames, chunk_hop, chunks_per_clip
        self.context, self.validation, self.validation_seed = context, validation, validation_seed
        self.batch_size, self.limit, self.shuffle_labels = batch_size, limit, shuffle_labels
        self.seed, self.fold, self.jobs = seed, fold, jobs
        params = self.extractor.params()
        self.hop: float = params["hop"] / params["rate"]
        self.progress: Callable[[int, int], None] | None = None
        self._features: dict[str, Features] = {}
        self._placed: dict[tuple[str, torch.device], Tensor] = {}

    @abstractmethod
    def recordings(self, name: str) -> Recordings:
        """The recordings of a set: "train", or a test set by its name."""

    def setup(self, stage: str | None = None) -> None:
        """Choose the recordings and make their features ready, extracting them if need be."""
        if self._features:
            return
        self._references: dict[str, pd.DataFrame] = {}
        self.test_sets: dict[str, list[str]] = {}
        for name in ("train", *self.names):
            items = self._prepare(name)
            if name == "train":
                self._split(items)
            else:
                self.test_sets[name] = items
        self._targets = self._event_roll("train")
        if self.shuffle_labels:
            shuffled = self._train[torch.randperm(len(self._train), generator=self._generator("labels"))]
            self._targets[self._train] = self._targets[shuffled]
        self._starts = chunk_starts(self._features["train"].array.shape[1], self.chunk_frames, self.chunk_hop)
        self.mean, self.std = band_statistics(self._features["train"].array, self._train.numpy())

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
        """Part the training recordings: those with and those without an event each give their share to validation."""
        reference = self._references["train"]
        positive = set(reference.index[reference["onset"].notna()])
        is_positive = torch.tensor([item in positive for item in items])
        generator = torch.Generator().manual_seed(derive(self.validation_seed, "validation"))
        validates = torch.zeros(len(items), dtype=torch.bool)
        for side in (is_positive, ~is_positive):
            places = side.nonzero().flatten()
            drawn = places[torch.randperm(len(places), generator=generator)]
            validates[drawn[: round(self.validation * len(places))]] = True
        if self.validation and not validates.any():
            validates[is_positive.nonzero().flatten()[:1]] = True
        self._train, self._validation = ((~validates).nonzero().flatten(), validates.nonzero().flatten())
        self.train_items = [items[place] for place in self._train.tolist()]
        self.validation_items = [items[place] for place in self._validation.tolist()]

    def _event_roll(self, name: str) -> Tensor:
        """Which frames of a set's recordings are active: (recordings, T) uint8."""
        features = self._features[name]
        roll = torch.zeros(features.array.shape[:2], dtype=torch.uint8)
        rows = {item: row for row, item in enumerate(features.items)}
        events = self._references[name]
        events = events[events["onset"].notna()]
        for item, onset, offset in zip(events.index, events["onset"], events["offset"], strict=True):
            # Rounded first: 3.0 / 0.02 is 150.00000000000003 on some way through the event lists.
            first, beyond = (round(time / self.hop, 6) for time in (onset, offset))
            roll[rows[item], math.floor(first) : math.ceil(beyond)] = 1
        return roll

    def train_dataloader(self) -> ResidentLoader:
        """Batches of chunks, in an order that depends on seed, fold and epoch."""

        def order(epoch: int) -> tuple[Tensor, Tensor]:
            generator = self._generator("order", epoch)
            places = torch.arange(len(self._starts)).expand(len(self._train), -1)
            if self.chunks_per_clip is not None and self.chunks_per_clip < len(self._starts):
                drawn = torch.rand(places.shape, generator=generator).argsort(dim=1)
                places = drawn[:, : self.chunks_per_clip]
            rows = self._train[:, None].expand_as(places).flatten()
            mixed = torch.randperm(len(rows), generator=generator)
            return rows[mixed], self._starts[places.flatten()][mixed]

        trainer = self.trainer
        return ResidentLoader(order, self.batch_size, (lambda: trainer.current_epoch) if trainer else None)

    def val_dataloader(self) -> ResidentLoader | list[ResidentLoader]:
        """Batches of all chunks of the validation recordings; none without any."""
        if not len(self._validation):
            return []
        rows = self._validation.repeat_interleave(len(self._starts))
        starts = self._starts.repeat(len(self._validation))
        return ResidentLoader(lambda epoch: (rows, starts), self.batch_size, part="validation")

    def predict_dataloader(self) -> list[ResidentLoader]:
        """Batches of whole recordings, a loader per test set in the order of `test_sets`."""
        return [self._whole(name, range(len(items))) for name, items in self.test_sets.items()]

    def _whole(self, name: str, places: Sequence[int]) -> ResidentLoader:
        rows = torch.tensor(places)
        return ResidentLoader(lambda epoch: (rows, torch.zeros_like(rows)), 4, part=name)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Any:
        """Gather a batch on its device, standardised: (x, y) in training and validation, x alone for prediction."""
        is_training = batch.part in ("train", "validation")
        name = "train" if is_training else batch.part
        device = batch.rows.device
        features = resident([self._features[name]], device)
        frames = self.chunk_frames if is_training and self.chunk_frames else features.shape[1]
        window = torch.arange(-self.context, frames + self.context, device=device)
        places = (batch.starts[:, None] + window).clamp_(0, features.shape[1] - 1)
        mean, std = self._on("mean", device), self._on("std", device)
        x = features[batch.rows[:, None], places].float().sub_(mean).div_(std)[:, None]
        if not is_training:
            return x
        own = batch.starts[:, None] + torch.arange(frames, device=device)
        return x, self._on("_targets", device)[batch.rows[:, None], own].float()

    def _on(self, name: str, device: torch.device) -> Tensor:
        if (name, device) not in self._placed:
            self._placed[name, device] = getattr(self, name).to(device)
        return self._placed[name, device]

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: one recording with an event, by name, and its x (1, 1, T + 2 context, D)."""
        name = self.names[-1]
        item = self.probe_item(name)
        batch = next(iter(self._whole(name, [self.test_sets[name].index(item)])))
        return [item], self.on_after_batch_transfer(batch, 0)

    def probe_item(self, name: str) -> str:
        """The recording of a test set that figures show: the first one with an event."""
        reference = self._references[name]
        return str(reference.index[reference["onset"].notna()][0])

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


def chunk_starts(total: int, frames: int | None, hop: int) -> Tensor:
    """Where the chunks of a recording of `total` frames begin: every `hop` frames, and a last one that ends with it.

    Raises DataError if the recording is shorter than a chunk.
    """
    if frames is None:
        return torch.zeros(1, dtype=torch.long)
    if total < frames:
        raise DataError(f"{total} frames are fewer than a chunk's {frames}; shorten chunk_frames")
    starts = list(range(0, total - frames + 1, hop))
    return torch.tensor(starts if starts[-1] == total - frames else [*starts, total - frames])


def band_statistics(array: NDArray[np.floating], rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Mean and deviation (D,) float32 of each band over all frames of some rows of `array` (rows, T, D).

    Summed in float64, a block of recordings at a time, about the first frame's values, so that nothing cancels.
    """
    centre = array[rows[0], 0].astype(np.float64)
    total, squares = np.zeros_like(centre), np.zeros_like(centre)
    for start in range(0, len(rows), BLOCK):
        part = array[rows[start : start + BLOCK]].astype(np.float64) - centre
        total += part.sum(axis=(0, 1))
        squares += np.square(part).sum(axis=(0, 1))
    count = len(rows) * array.shape[1]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
    return torch.from_numpy(centre + mean).float(), torch.from_numpy(deviation).float().clamp_min(1e-8)
