"""Recordings of any length with soft labels of every second: the DataModule of soft activity of many classes."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.chunks import band_statistics
from datasets.batches.hearing.activity import ActivityEar, Recording
from datasets.batches.limits import limited_by_kind
from datasets.batches.masks import MASKS
from datasets.batches.module import ResidentDataModule
from datasets.batches.resident import Batch, ResidentLoader, resident
from datasets.batches.seconds import SecondTable, balanced_weights, draw_balanced
from datasets.contract import Dataset
from datasets.errors import DataError
from datasets.features import Extractor, make_extractor
from datasets.features.cache import FeatureCache
from datasets.features.copies import NONE, Copy
from datasets.features.maestro import RecordingExtractor

SpecAugmentRule = Literal["none", "code", "paper"]
Labelled = Literal["frame", "second", "central"]
#: Seconds of each class that figures show, of a fold: five folds of five frames are then the 700 of the paper's code.
SHOWN = 28


class SoftDataset(Protocol):
    """What the data module asks of a dataset beside its contract."""

    classes: tuple[str, ...]
    scenes: tuple[str, ...]

    def soft(self, item: str) -> NDArray[np.float32]:
        """Soft labels (complete seconds, classes) of a recording, in [0, 1]."""

    def scene(self, item: str) -> str:
        """The scene of a recording."""


class Targets(NamedTuple):
    """What is learnt: soft activity (B, T or seconds or 1, classes), and the number of the scene (B,)."""

    activity: Tensor
    scene: Tensor


class ActivityDataModule(ResidentDataModule):
    """Chunks of frames around target seconds, or sequences, for training; whole recordings for prediction.

    Training and validation batches are x (B, 1, T, D), or (x, query (B, d)), and `Targets`; prediction has one
    `Recording` per batch.

    dataset: has soft labels (SoftDataset) of every complete second. classes: those that are learnt.
    extractor, hop, top, apart: name of the features or their import path, and what it is given where not None.
    chunk_seconds: an odd number of seconds: an item is a second, the one in the middle, and its neighbours; a neighbour
        that the recording does not have is the central second again, audio and label (maestro, authors' code).
    sequence_frames: instead, an item is so many frames of all recordings of the part one after the other, those behind
        the last complete second included, whose activity is 0; the rest is dropped (official baseline).
    labels: targets per "frame" or per "second" of a chunk, or of its "central" second alone.
    standardize: per band, by mean and deviation of the training recordings (official baseline).
    sampler_alpha: seconds are drawn with replacement, balanced by the class with the largest label (see
        balanced_weights), in whole batches; None: every item once, in random order.
    spec_augment: SpecAugment on training chunks by the authors' "code", by the "paper", or "none".
    copies: altered copies of whole recordings; where there are any, each training item is cut from one of them, drawn
        anew in every epoch, at the same place.
    query: makes what is known of each second beside its frames: an extractor of one row per complete second.
    options: those of ResidentDataModule. `limit` counts recordings, spread over the scenes.
    """

    version = 1
    task = "activity"
    drawn_once = ("copies",)
    hop: float

    def __init__(
        self,
        dataset: Dataset,
        classes: Sequence[str],
        extractor: str = "log_mel_maestro",
        hop: int | None = None,
        top: float | None = None,
        apart: bool | None = None,
        chunk_seconds: int | None = 41,
        sequence_frames: int | None = None,
        labels: Labelled = "frame",
        standardize: bool = False,
        sampler_alpha: float | None = None,
        spec_augment: SpecAugmentRule = "none",
        copies: Sequence[Copy] = (),
        query: Extractor | None = None,
        **options: Any,
    ) -> None:
        given = {name: value for name, value in (("hop", hop), ("top", top), ("apart", apart)) if value is not None}
        super().__init__(dataset, _extractor(extractor, given), **options)
        _check(chunk_seconds, sequence_frames, labels, sampler_alpha, spec_augment)
        self.classes, self.num_classes = tuple(classes), len(classes)
        self.per_second: int = self.extractor.per_second  # type: ignore[attr-defined]
        self.chunk_seconds, self.sequence_frames, self.labels = chunk_seconds, sequence_frames, labels
        self.n_frames = chunk_seconds * self.per_second if chunk_seconds else sequence_frames
        self.hop = 1 / self.per_second if labels == "frame" else 1.0
        self.standardize, self.sampler_alpha, self.spec_augment = standardize, sampler_alpha, spec_augment
        self.variants = [copy.seeded(self.seed) for copy in copies]
        self.query = query
        self._tables: dict[torch.device, SecondTable] = {}

    def _make_ready(self, stage: str | None) -> None:
        parts, soft = self.parts(), self._soft_dataset
        kept = {name: list(dict.fromkeys(frame.index)) for name, frame in parts.named.items()}
        kept = {
            name: limited_by_kind(some, [soft.scene(item) for item in some], self.limit) for name, some in kept.items()
        }
        if not kept["train"]:
            raise DataError(f"{self.dataset.name}: no recording to train on is here; get the dataset, or another fold")
        self.train_items, self.validation_items = kept["train"], kept["validation"]
        self.test_sets = {name: kept[name] for name in parts.test}
        self._references = {name: parts.test[name].loc[kept[name]] for name in parts.test}
        self._recordings = sorted({item for some in kept.values() for item in some})
        self._find(self._recordings)
        self._features = {
            one.name: self._extracted(self.dataset, self._recordings, variant=one) for one in (NONE, *self.variants)
        }
        if any(one.array.shape != self._features[NONE.name].array.shape for one in self._features.values()):
            raise DataError("copies of recordings must be as long as these; choose others")
        self._label()
        self._seconds = {name: self._table.seconds_of(rows) for name, rows in self._rows.items()}
        self._sequences = {name: self._cut(name) for name in ("train", "validation") if self.sequence_frames}
        self._query = self._queried() if self.query else None
        if self.standardize:
            train = torch.from_numpy(self._features[NONE.name].array)[self._frames_of("train")]
            self.mean, self.std = band_statistics(train[None], torch.zeros(1, dtype=torch.long))

    @property
    def _soft_dataset(self) -> SoftDataset:
        dataset: Any = self.dataset
        return dataset  # type: ignore[no-any-return]

    def _label(self) -> None:
        """The table of seconds, their soft labels, and the scenes of the recordings. Raises DataError."""
        dataset, counts = self._soft_dataset, self._features[NONE.name].counts.tolist()
        columns = [dataset.classes.index(name) for name in self.classes]
        soft = [dataset.soft(item)[:, columns] for item in self._recordings]
        for item, one, frames in zip(self._recordings, soft, counts, strict=True):
            if len(one) > frames // self.per_second:
                raise DataError(
                    f"{item}: labels of {len(one)} s, but {frames // self.per_second} complete seconds of sound; "
                    f"`python -m benchmarks data check {self.dataset.name}` tells more"
                )
        self._table = SecondTable.of(counts, [len(one) for one in soft], self.per_second)
        scenes = torch.tensor([dataset.scenes.index(dataset.scene(item)) for item in self._recordings])
        self._scenes = scenes[torch.cat([self._table.recordings, self._table.recordings[:1]])]
        activity = torch.from_numpy(np.concatenate(soft)).float()
        train = self._table.seconds_of(self._rows["train"])
        self._train_classes = activity[train].argmax(1)
        if self.shuffle_labels:
            activity[train] = activity[train[torch.randperm(len(train), generator=self._generator("labels"))]]
        # The last rows of both are for frames that are in no complete second.
        self._activity = torch.cat([activity, torch.zeros(1, self.num_classes)])
        self._second_of = self._table.second_of_frame()

    def _queried(self) -> Tensor:
        """What is known of every second beside its frames (seconds, d)."""
        assert self.query is not None
        labels, cache = [""] * len(self._recordings), FeatureCache(self.cache)
        found = cache.open(self.dataset, self.query, self._recordings, labels, jobs=self.jobs, progress=self.progress)
        self._features["query"] = found
        first = torch.from_numpy(found.counts.cumsum() - found.counts)[self._table.recordings]
        rows = first + torch.arange(len(first)) - self._table.lows
        return torch.from_numpy(np.asarray(found.array, dtype=np.float32))[rows]

    def _frames_of(self, part: str) -> Tensor:
        return self._table.frames_of(self._rows[part].tolist())

    def _cut(self, part: str) -> Tensor:
        """Sequences (n, sequence_frames) of a part's frames, the rest dropped. Raises DataError if there is none."""
        length, places = self.sequence_frames or 1, self._frames_of(part)
        if len(places) < length:
            raise DataError(
                f"{self.dataset.name}: {len(places)} frames of {part} are fewer than a sequence's {length}; "
                "shorten sequence_frames"
            )
        return places[: len(places) // length * length].view(-1, length)

    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Seconds or sequences in random order, and of each which copy it is cut from (0 is the recording itself)."""
        generator, size = self._generator("order", epoch), self._size("train")
        if self.sampler_alpha is None:
            drawn = torch.randperm(size, generator=generator)
        else:
            weights = balanced_weights(self._train_classes, self.sampler_alpha)
            drawn = draw_balanced(weights, self.batch_size, generator)
        rows = drawn if self.sequence_frames else self._seconds["train"][drawn]
        if not self.variants:
            return rows, torch.zeros_like(rows)
        variants = torch.randint(len(self.variants), (len(rows),), generator=self._generator("variant", epoch))
        return rows, 1 + variants

    def _size(self, part: str) -> int:
        return len(self._sequences[part] if self.sequence_frames else self._seconds[part])

    def _in_order(self, part: str) -> ResidentLoader:
        """All items of validation; else whole recordings, one per batch."""
        if part == "validation":
            rows = torch.arange(self._size(part)) if self.sequence_frames else self._seconds[part]
        else:
            rows = self._rows[part]
        per_batch = self.batch_size if part == "validation" else 1
        return ResidentLoader(lambda epoch: (rows, torch.zeros_like(rows)), per_batch, part=part, made=self._handed_out)

    def _training_batch(self, batch: Batch) -> tuple[Any, Any]:
        x, y = self._items(batch)
        if self.spec_augment == "none":
            return x, y
        draw = self._generator("masks", batch.epoch, batch.step)
        frames, *query = x if isinstance(x, tuple) else (x,)
        masked = MASKS[self.spec_augment](frames[:, 0], draw, self.extractor.silence)[:, None]  # type: ignore[attr-defined]
        return ((masked, *query) if query else masked), y

    def _validation_batch(self, batch: Batch) -> tuple[Any, Any]:
        return self._items(batch)

    def _items(self, batch: Batch) -> tuple[Any, Any]:
        """x and targets of seconds or sequences."""
        rows, device = batch.rows, batch.rows.device
        places = self._places(batch.part, rows)
        x = self._gathered(places, batch.starts)
        if self.labels != "frame":
            places = places[:, :: self.per_second]
        if self.labels == "central":
            places = places[:, [places.shape[1] // 2]]
        seconds = self._constant("second_of", self._second_of, device)[places]
        activity = self._constant("activity", self._activity, device)[seconds]
        # A sequence may straddle recordings of several scenes; its first frame decides.
        scenes = self._constant("scenes", self._scenes, device)
        targets = Targets(activity, scenes[rows] if self.chunk_seconds else scenes[seconds[:, 0]])
        if self._query is None:
            return x, targets
        return (x, self._constant("query", self._query, device)[rows]), targets

    def _places(self, part: str, rows: Tensor) -> Tensor:
        """Frames (B, T) of seconds or sequences."""
        if self.chunk_seconds is None:
            return self._constant(f"sequences_{part}", self._sequences[part], rows.device)[rows]
        table = self._table_on(rows.device)
        return table.frames(table.around(rows, self.chunk_seconds // 2))

    def _table_on(self, device: torch.device) -> SecondTable:
        if device not in self._tables:
            self._tables[device] = self._table.to(device)
        return self._tables[device]

    def _gathered(self, places: Tensor, variants: Tensor) -> Tensor:
        """x (B, 1, T, D) float32, standardised, of frames (B, T) of the copies that `variants` (B,) tell."""
        sets = [self._features[one.name] for one in (NONE, *self.variants)]
        values = resident(sets, places.device)
        rows = places + variants[:, None] * (len(values) // len(sets))
        x = values.index_select(0, rows.flatten()).unflatten(0, rows.shape).float()
        if self.standardize:
            mean, std = (self._constant(name, getattr(self, name), x.device) for name in ("mean", "std"))
            x = x.sub_(mean).div_(std)
        return x[:, None]

    def _test_batch(self, batch: Batch) -> Any:
        """A recording: all its frames, or those of its complete seconds with the chunk of each."""
        device = batch.rows.device
        if self.chunk_seconds is None:
            frames = self._table.frames_of(batch.rows.tolist())[None].to(device)
            return Recording(self._gathered(frames, batch.starts)[0], None, None)
        seconds = self._table.seconds_of(batch.rows.cpu())
        first = int(self._table.firsts[seconds[0]])
        places = self._table.frames(self._table.around(seconds, self.chunk_seconds // 2)) - first
        whole = (first + torch.arange(len(seconds) * self.per_second))[None].to(device)
        query = None if self._query is None else self._query[seconds].to(device)
        return Recording(self._gathered(whole, batch.starts)[0], places.to(device), query)

    def ear(self) -> ActivityEar:
        """What hears files as this module hears its test items."""
        mean, std = (self.mean, self.std) if self.standardize else (torch.empty(0), torch.empty(0))
        query = self.query.name if self.query else None
        return ActivityEar(
            self.extractor, self.classes, mean, std, self.per_second, self.chunk_seconds, self.hop, query
        )

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: at most 28 seconds of each class, by the largest label, of the last test set, spread evenly.

        Their names are recording, second and class, joined by a colon: where a run is landed there need be no labels,
        and a figure of classes needs those of its seconds. x (B, 1, T, D) are their chunks. Sequences show the first
        frames of each recording instead. Raises DataError where networks are given a query.
        """
        name = list(self.test_sets)[-1]
        if self.query is not None:
            raise DataError(f"{self.dataset.name}: figures show no networks that are given a query; ask for no probes")
        if self.chunk_seconds is None:
            places = torch.stack([self._table.frames_of([row])[: self.n_frames] for row in self._rows[name].tolist()])
            return list(self.test_sets[name]), self._gathered(places, torch.zeros(len(places), dtype=torch.long))
        seconds = self._seconds[name]
        classes = self._activity[seconds].argmax(1)
        chosen = []
        for number in range(self.num_classes):
            of_class = seconds[classes == number]
            step = torch.linspace(0, len(of_class) - 1, min(SHOWN, len(of_class))).long()
            chosen.append(of_class[step])
        shown = torch.cat(chosen).sort().values
        places = self._places(name, shown)
        names = [
            f"{self._recordings[self._table.recordings[one]]}:{one - self._table.lows[one]}:"
            f"{self.classes[int(self._activity[one].argmax())]}"
            for one in shown
        ]
        return names, self._gathered(places, torch.zeros(len(places), dtype=torch.long))

    def provenance(self) -> dict[str, Any]:
        """As every data module has it, with seconds per part, and what standardises the bands."""
        scale = {"mean": self.mean.tolist(), "std": self.std.tolist()} if self.standardize else {}
        return {**super().provenance(), "seconds": {name: len(one) for name, one in self._seconds.items()}, **scale}


def _extractor(name: str, given: dict[str, Any]) -> Extractor:
    """The extractor of frames of recordings called `name`. Raises DataError for another, or where it refuses."""
    try:
        made = make_extractor(name, **given)
    except (TypeError, ValueError) as error:
        raise DataError(f"extractor {name} does not take {given} ({error}); choose others") from error
    if not isinstance(made, RecordingExtractor):
        raise DataError(f"{name} gives no frames of recordings; choose an extractor such as log_mel_maestro")
    return made


def _check(chunk: int | None, sequence: int | None, labels: str, alpha: float | None, spec_augment: str) -> None:
    """Raise DataError for arguments that do not go together."""
    problem = None
    if (chunk is None) == (sequence is None):
        problem = "give chunk_seconds or sequence_frames, one of them"
    elif chunk is not None and (chunk < 1 or chunk % 2 == 0):
        problem = f"chunk_seconds {chunk} is no odd number of seconds, which has one in the middle"
    elif sequence is not None and (labels != "frame" or alpha is not None):
        problem = "sequences straddle recordings: they have labels per frame and no sampler; leave those out"
    elif alpha is not None and not 0 <= alpha <= 1:
        problem = f"sampler_alpha {alpha} is not within 0 and 1"
    elif labels not in get_args(Labelled) or spec_augment not in get_args(SpecAugmentRule):
        problem = f"unknown labels {labels!r} or spec_augment {spec_augment!r}"
    if problem:
        raise DataError(f"soft activity: {problem}")
