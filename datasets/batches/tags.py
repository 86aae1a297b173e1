"""Whole clips with any number of labels each: the DataModule that clip-level tagging shares."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from datasets.batches.chunks import band_statistics
from datasets.batches.resident import Batch, ResidentLoader
from datasets.batches.segments import resident
from datasets.batches.spec_augment import SpecAugment
from datasets.batches.tag_lists import multi_hot, spread
from datasets.errors import DataError
from datasets.features import Extractor, make_extractor
from datasets.features.cache import FeatureCache, Features
from datasets.features.conditioned import ConditionedCache, Conditioner, not_finite
from datasets.seeds import derive

if TYPE_CHECKING:
    import pandas as pd

Mode = Literal["om", "am"]

#: Seconds from frame to frame.
HOP_SECONDS = 0.02
#: Clips whose ranges are measured, and clips beside the shown one in `probe_batch`.
MEASURED, PROBED = 100, 150
#: The streams of the training clips.
PLAIN, TREATED = 0, 1


class TagDataModule(pl.LightningDataModule):
    """Training and validation batches x (B, 1, T, D), y (B, classes), and test batches x, all made on the device.

    dataset: has clips with labels and the parts "train", "validation" and "test" (datasets.chime_home.CHiMEHome is
        one). cache: folder for features.
    extractor, pad: name of the features (datasets.features.EXTRACTORS), and what fills a short clip.
    mode: an epoch has one stream of the training clips ("om", the EDC paper's original-size mode), or two ("am", its
        augmented mode): the plain one and the treated one, shuffled together. Treated is what the arguments below say;
        without any, "am" has the plain stream twice.
    conditioner: a deterministic transform {"class_path", "init_args"} (datasets.features.conditioned.Transform), also
        applied to validation and test clips.
    time_masks ... time_warp_share: of SpecAugment (datasets.batches.spec_augment), on treated training clips.
    mixup_alpha: of the Beta distribution that mixes treated training clips with others of the training set, before
        SpecAugment; 0 for none.
    limit: at most so many clips per part, spread over classes (for quick trials).
    shuffle_labels: gives the training clips each other's labels, as a control.
    seed, fold: of order and draws. jobs: processes that extract features (default: one per core).

    After `setup`: `classes`, `num_classes`, `train_items`, `validation_items`, `test_sets`, `item_counts`. The test set
    "test" is conditioned where there is a conditioner; in mode "am" there is also "test_plain" then. Each stream is
    standardised by its own mean and deviation per band over all training frames, padding included (assumed: the paper
    does not mention it). Every draw depends on seed, fold, purpose, epoch and step alone. Raises DataError for clips
    that cannot be used.
    """

    version = 1
    hop = None

    def __init__(
        self,
        dataset: Any,
        cache: str | Path = "cache",
        extractor: str = "log_mel_edc",
        pad: Literal["zeros", "min"] = "zeros",
        mode: Mode = "om",
        conditioner: dict[str, Any] | None = None,
        time_masks: int = 0,
        time_mask_share: float = 0.064,
        frequency_masks: int = 0,
        frequency_mask_bands: int = 8,
        time_warp_share: float = 0.0,
        mixup_alpha: float = 0.0,
        batch_size: int = 64,
        limit: int | None = None,
        shuffle_labels: bool = False,
        seed: int = 0,
        fold: int = 1,
        jobs: int | None = None,
    ) -> None:
        super().__init__()
        if mode not in ("om", "am"):
            raise DataError(f"mode {mode!r} does not exist; choose 'om' or 'am'")
        if fold not in dataset.folds:
            raise DataError(f"fold {fold} of {dataset.name} does not exist; choose one of {tuple(dataset.folds)}")
        self.dataset, self.cache, self.mode = dataset, Path(cache), mode
        frames = round(dataset.clip_seconds / HOP_SECONDS)
        self.extractor = _whole_clip_extractor(extractor, rate=dataset.sample_rate, frames=frames, pad=pad)
        self.conditioner = Conditioner.made_from(conditioner) if conditioner else None
        self.spec_augment = SpecAugment(
            time_masks, time_mask_share, frequency_masks, frequency_mask_bands, time_warp_share
        )
        self.spec_augment.check(frames, self.extractor.params()["n_mels"])
        self.mixup_alpha, self.batch_size, self.limit = mixup_alpha, batch_size, limit
        self.shuffle_labels, self.seed, self.fold, self.jobs = shuffle_labels, seed, fold, jobs
        self.progress: Callable[[int, int], None] | None = None
        self.classes: tuple[str, ...] = tuple(dataset.classes)
        self.num_classes = len(self.classes)
        self._features: dict[str, Features] = {}
        self._placed: dict[torch.device, tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]] = {}

    def setup(self, stage: str | None = None) -> None:
        """Choose the clips and make their features ready, extracting and conditioning them if need be."""
        if self._features:
            return
        parts = {name: spread(part, self.limit) for name, part in self.dataset.parts(self.fold).named.items()}
        for name in ("train",) if stage == "fit" else ("train", "test"):
            if parts[name].empty:
                raise DataError(
                    f"{self.dataset.name}: not a single {name} clip is here; `python -m benchmarks data check "
                    f"{self.dataset.name}` tells more"
                )
        self._reference = parts["test"]
        self.train_items, self.validation_items, test_items = (list(part.index) for part in parts.values())
        self.test_sets = {"test": test_items}
        if self.mode == "am" and self.conditioner:
            self.test_sets["test_plain"] = test_items
        items = sorted({*self.train_items, *self.validation_items, *test_items})
        self._row = {item: row for row, item in enumerate(items)}
        labels = {name: multi_hot(part, self.classes) for name, part in parts.items()}
        self._train, self._validation = self._rows(self.train_items), self._rows(self.validation_items)
        self._targets = torch.zeros(len(items), self.num_classes)
        self._targets[self._validation] = labels["validation"]
        self._targets[self._train] = labels["train"]
        if self.shuffle_labels:
            shuffled = torch.randperm(len(self._train), generator=self._generator("labels"))
            self._targets[self._train] = labels["train"][shuffled]
        self._prepare(items)

    def _prepare(self, items: Sequence[str]) -> None:
        """The features of all clips, and what standardises those that are used."""
        cache, labels = FeatureCache(self.cache), [""] * len(items)
        plain = cache.open(self.dataset, self.extractor, items, labels, jobs=self.jobs, progress=self.progress)
        for start in range(0, len(items), self.batch_size):
            part = slice(start, start + self.batch_size)
            if bad := not_finite(torch.from_numpy(plain.array[part]), items[part]):
                raise DataError(f"{bad}: its features have values that are no numbers; replace the file")
        self._features = {"plain": plain}
        if self.conditioner:
            self._features["conditioned"] = ConditionedCache(self.cache).condition(
                plain, self.conditioner, self.progress
            )
        self.mean, self.std = {}, {}
        for name in {self._treated, "plain"} if self.mode == "am" else {self._treated}:
            values = torch.from_numpy(self._features[name].array)
            self.mean[name], self.std[name] = band_statistics(values, self._train)

    def _rows(self, items: Sequence[str]) -> Tensor:
        return torch.tensor([self._row[item] for item in items], dtype=torch.long)

    @property
    def _treated(self) -> str:
        """The features that the treated stream is made of, and the test set "test"."""
        return "conditioned" if self.conditioner else "plain"

    @property
    def _is_treating(self) -> bool:
        return bool(self.conditioner) or self.spec_augment.is_on or self.mixup_alpha > 0

    def train_dataloader(self) -> ResidentLoader:
        """Batches of clips, in an order that depends on seed, fold and epoch; `starts` says the stream of each row."""
        streams = torch.tensor([PLAIN, TREATED] if self.mode == "am" else [TREATED if self._is_treating else PLAIN])
        rows = self._train.repeat(len(streams))
        stream = streams.repeat_interleave(len(self._train))

        def order(epoch: int) -> tuple[Tensor, Tensor]:
            mixed = torch.randperm(len(rows), generator=self._generator("order", epoch))
            return rows[mixed], stream[mixed]

        trainer = self.trainer
        return ResidentLoader(order, self.batch_size, (lambda: trainer.current_epoch) if trainer else None)

    def val_dataloader(self) -> ResidentLoader | list[ResidentLoader]:
        """Batches of the validation clips, as test set "test" has its clips; none without any."""
        return self._plainly("validation", self._validation) if len(self._validation) else []

    def predict_dataloader(self) -> list[ResidentLoader]:
        """Batches of the test clips, a loader per test set in the order of `test_sets`."""
        return [self._plainly(name, self._rows(items)) for name, items in self.test_sets.items()]

    def _plainly(self, part: str, rows: Tensor) -> ResidentLoader:
        return ResidentLoader(lambda epoch: (rows, torch.zeros_like(rows)), self.batch_size, part=part)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Any:
        """Gather a batch on its device, standardised: (x, y) in training and validation, x alone for prediction."""
        if batch.part == "train":
            return self._training_batch(batch)
        x = self._gather("plain" if batch.part == "test_plain" else self._treated, batch.rows)[:, None]
        return (x, self._constants(x.device)[0][batch.rows]) if batch.part == "validation" else x

    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        rows, treated = batch.rows, batch.starts == TREATED
        targets, *_ = self._constants(rows.device)
        x, y = self._gather(self._treated, rows), targets[rows]
        if self.conditioner and self.mode == "am":
            x = torch.where(treated[:, None, None], x, self._gather("plain", rows))
        if self.mixup_alpha > 0:
            own, partners = self._draw_mixup(batch)
            own = torch.where(treated, own, 1.0)  # the others stay exactly what they are
            x = torch.lerp(self._gather(self._treated, partners), x, own[:, None, None])
            y = torch.lerp(targets[partners], y, own[:, None])
        if self.spec_augment.is_on:
            x = self.spec_augment(x, self._generator("specaugment", batch.epoch, batch.step), treated)
        return x[:, None], y

    def _draw_mixup(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """For each row of a batch its own share, from Beta(alpha, alpha), and its partner, any training clip: (B,)."""
        generator, device = self._generator("mixup", batch.epoch, batch.step), batch.rows.device
        partners = self._train[torch.randint(len(self._train), (len(batch.rows),), generator=generator)]
        draw = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        own = draw.beta(self.mixup_alpha, self.mixup_alpha, len(batch.rows)).astype(np.float32)
        return torch.from_numpy(own).to(device), partners.to(device)

    def _gather(self, name: str, rows: Tensor) -> Tensor:
        """The standardised features (B, T, D) of some rows, on their device."""
        _, mean, std = self._constants(rows.device)
        values = resident([self._features[name]], rows.device).index_select(0, rows).float()
        return values.sub_(mean[name]).div_(std[name])

    def _constants(self, device: torch.device) -> tuple[Tensor, dict[str, Tensor], dict[str, Tensor]]:
        """Targets by row, and what standardises each kind of features, on the device."""
        if device not in self._placed:
            mean, std = ({name: one.to(device) for name, one in of.items()} for of in (self.mean, self.std))
            self._placed[device] = (self._targets.to(device), mean, std)
        return self._placed[device]

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: the shown test clip, then up to 150 others by name, and x (N, 1, T, D) as of test set "test".

        Shown is the first clip whose only label is the dataset's `shown_class`, by default its first class; where
        there is none, the first clip.
        """
        items = self.test_sets["test"]
        wanted = getattr(self.dataset, "shown_class", self.classes[0])
        shown = next((item for item in items if self._reference["label"][item] == wanted), items[0])
        chosen = [shown, *sorted(set(items) - {shown})[:PROBED]]
        return chosen, self._gather(self._treated, self._rows(chosen))[:, None]

    def reference(self, test_set: str) -> "pd.DataFrame":
        """What is true of the items of a test set: index item; columns label (joined by ","), unit, fold and more."""
        return self._reference

    @property
    def item_counts(self) -> dict[str, dict[str, int | None]]:
        """Clips per part: used, and expected by the official lists (None if limited)."""
        used = {"train": self.train_items, "validation": self.validation_items, **self.test_sets}
        return {
            name: {
                "used": len(items),
                "expected": None if self.limit else self.dataset.listed("test" if name in self.test_sets else name),
            }
            for name, items in used.items()
        }

    def provenance(self) -> dict[str, Any]:
        """What a result should say about its data: clips per part, feature files, constants, the conditioner."""
        facts: dict[str, Any] = {
            "items": self.item_counts,
            "features": {name: one.key for name, one in self._features.items()},
            "extractor": {"name": self.extractor.name, "version": self.extractor.version, **self.extractor.params()},
            "mean": {name: one.tolist() for name, one in self.mean.items()},
            "std": {name: one.tolist() for name, one in self.std.items()},
        }
        if self.conditioner:
            facts["conditioner"] = {**self.conditioner.facts(), **self._measured()}
        return facts

    def _measured(self) -> dict[str, Any]:
        """How far the conditioner looks in training clips, the first 100 by name, where it tells."""
        assert self.conditioner is not None
        rows = self._rows(sorted(self.train_items)[:MEASURED])
        ranges = self.conditioner.ranges(torch.from_numpy(self._features["plain"].array)[rows])
        return {} if ranges is None else {"ranges": ranges, "ranges_of": len(rows)}

    def _generator(self, *purpose: str | int) -> torch.Generator:
        return torch.Generator().manual_seed(derive(self.seed, self.fold, *purpose))


def _whole_clip_extractor(name: str, **params: Any) -> Extractor:
    """The extractor called `name` for clips of one length. Raises DataError where there is none."""
    try:
        return make_extractor(name, **params)
    except TypeError as error:
        raise DataError(f"extractor {name} does not make clips one length ({error}); choose log_mel_edc") from error
    except ValueError as error:
        raise DataError(str(error)) from error
