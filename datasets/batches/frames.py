"""Recordings with events in time, cut into chunks of frames: the DataModule that frame-wise detection shares."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.chunks import band_statistics, chunk_starts, draw_chunks, event_roll, gather
from datasets.batches.hearing.frames import FrameEar
from datasets.batches.limits import limited_by_event
from datasets.batches.module import ResidentDataModule
from datasets.batches.resident import Batch, ResidentLoader, resident
from datasets.contract import Dataset
from datasets.errors import DataError
from datasets.features import make_extractor
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


class FrameDataModule(ResidentDataModule):
    """Chunks x (B, 1, T + 2 context, D) and frame targets y (B, T) for training, whole recordings x for prediction.

    dataset: its one class is detected. names: of the test sets.
    extractor, n_mels: name of the features (datasets.features.extractors) or their import path, and their bands D, by
        default its own.
    chunk_frames, chunk_hop: length and distance of chunks in frames; a last chunk ends with the recording. None: whole
        recordings. Validation has the same chunks, or whole recordings where training has these or single frames.
    chunks_per_clip: an epoch has so many chunks of each recording, drawn anew in every epoch; None: all of them.
    context: frames on either side that a chunk has beside its own, the border frame repeated beyond the ends.
    validation: share of the training recordings that only validate, of those with and without an event alike.
    validation_seed: of that choice.
    options: those of ResidentDataModule, which also says what there is after `setup`.

    A frame is active from floor(onset / hop) to ceil(offset / hop), as in the official event roll. Bands are
    standardised by mean and deviation over all frames of the training recordings.
    """

    version = 1
    task = "frames"
    hop: float

    def __init__(
        self,
        dataset: Dataset,
        names: Sequence[str],
        extractor: str = "log_mel_mtfa",
        n_mels: int | None = None,
        chunk_frames: int | None = 256,
        chunk_hop: int = 128,
        chunks_per_clip: int | None = None,
        context: int = 0,
        validation: float = 0.1,
        validation_seed: int = 123,
        **options: Any,
    ) -> None:
        super().__init__(dataset, make_extractor(extractor, **({"n_mels": n_mels} if n_mels else {})), **options)
        self.names = tuple(names)
        self.chunk_frames, self.chunk_hop, self.chunks_per_clip = chunk_frames, chunk_hop, chunks_per_clip
        self.context, self.validation, self.validation_seed = context, validation, validation_seed
        self.hop = self.extractor.hop / self.extractor.rate

    @abstractmethod
    def recordings(self, name: str) -> Recordings:
        """The recordings of a set: "train", or a test set by its name."""

    def _make_ready(self, stage: str | None) -> None:
        training = self._prepare("train")
        self._split(training)
        self.test_sets = {name: self._prepare(name) for name in self.names}
        self._rows |= {name: torch.arange(len(items)) for name, items in self.test_sets.items()}
        train = self._features["train"]
        if train.array.ndim != 3:
            raise DataError(f"{self.extractor.name} gives no frames x bands; choose an extractor such as log_mel_mtfa")
        self._frames = train.array.shape[1]
        self._starts = chunk_starts(self._frames, self.chunk_frames, self.chunk_hop)
        self._targets = self._shuffled(event_roll(self._references["train"], training, self._frames, self.hop))
        self.mean, self.std = band_statistics(torch.from_numpy(train.array), self._rows["train"])

    def _prepare(self, name: str) -> list[str]:
        """Make a set's features and reference ready; returns its items."""
        recordings = self.recordings(name)
        reference = recordings.reference()
        items = limited_by_event(recordings.items, reference, self.limit)
        self._references[name] = reference.loc[reference.index.isin(set(items))]
        self._features[name] = self._extracted(recordings, items)
        return items

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
        self._rows = {"train": (~validates).nonzero().flatten(), "validation": validates.nonzero().flatten()}
        self.train_items, self.validation_items = (
            [items[place] for place in rows.tolist()] for rows in self._rows.values()
        )

    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        return draw_chunks(self._rows["train"], self._starts, self.chunks_per_clip, self._generator("order", epoch))

    def _in_order(self, part: str) -> ResidentLoader:
        """All chunks of validation recordings; else whole recordings, about as many frames per batch as in training."""
        if part == "validation" and not self._validates_whole:
            rows = self._rows[part].repeat_interleave(len(self._starts))
            starts = self._starts.repeat(len(self._rows[part]))
            return ResidentLoader(lambda epoch: (rows, starts), self.batch_size, part=part, made=self._handed_out)
        return self._whole(part, self._rows[part])

    @property
    def _validates_whole(self) -> bool:
        return self.chunk_frames in (None, 1)

    def _whole(self, part: str, rows: Tensor) -> ResidentLoader:
        per_batch = max(WHOLE, self.batch_size * (self.chunk_frames or self._frames) // self._frames)
        return ResidentLoader(lambda epoch: (rows, torch.zeros_like(rows)), per_batch, part=part, made=self._handed_out)

    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self._chunks(batch, self.chunk_frames or self._frames)

    def _validation_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self._chunks(batch, self._frames if self._validates_whole else self.chunk_frames or self._frames)

    def _chunks(self, batch: Batch, frames: int) -> tuple[Tensor, Tensor]:
        rows, starts, device = batch.rows, batch.starts, batch.rows.device
        x = gather(resident([self._features["train"]], device), rows, starts, frames, self.context)
        targets = self._constant("targets", self._targets, device)
        return self._standardised(x), gather(targets, rows, starts, frames).float()

    def _test_batch(self, batch: Batch) -> Tensor:
        # A test set is read once, so it need not lie on the device.
        values = torch.from_numpy(self._features[batch.part].array)
        x = gather(values, batch.rows.cpu(), batch.starts.cpu(), values.shape[1], self.context)
        return self._standardised(x.to(batch.rows.device))

    def _standardised(self, values: Tensor) -> Tensor:
        """(B, T, D) as stored -> (B, 1, T, D) float32."""
        mean, std = (self._constant(name, one, values.device) for name, one in (("mean", self.mean), ("std", self.std)))
        return values.float().sub_(mean).div_(std)[:, None]

    def ear(self) -> FrameEar:
        """What hears files as this module hears its test items."""
        return FrameEar(self.extractor, self.classes, self.mean, self.std, self.context, self._frames)

    def arrays(self, part: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Frames (recordings, T, D), as extracted, of a part, and whether each is active (recordings, T).

        They are for estimators, which learn from training recordings alone: of a test set the second is all 0.
        """
        self.setup()
        if part in self.test_sets:
            values = np.array(self._features[part].array, dtype=np.float32)
            return values, np.zeros(values.shape[:2], dtype=np.int64)
        rows = self._rows[part].numpy()
        return np.array(self._features["train"].array[rows], dtype=np.float32), self._targets[rows].long().numpy()

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: a recording of the last test set, by name, and its x (1, 1, T + 2 context, D)."""
        name = self.names[-1]
        item = self.probe_item(name)
        batch = next(self._whole(name, torch.tensor([self.test_sets[name].index(item)])).batches())
        return [item], self._test_batch(batch)

    def probe_item(self, name: str) -> str:
        """The recording of a test set that figures show: the first one with an event, if there is one."""
        reference = self._references[name]
        return str([*reference.index[reference["onset"].notna()], *reference.index][0])

    def expected(self, part: str) -> int | None:
        """As many recordings as there are: those to train on are made or chosen here."""
        return len(self.items[part])

    def provenance(self) -> dict[str, Any]:
        """As every data module has it, with what standardises the bands."""
        return {**super().provenance(), "mean": self.mean.tolist(), "std": self.std.tolist()}
