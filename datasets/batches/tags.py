"""Whole clips with any number of labels each: the DataModule that clip-level tagging shares."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from datasets.batches.chunks import band_statistics
from datasets.batches.hearing.tags import TagEar
from datasets.batches.limits import limited_by_tags
from datasets.batches.module import ResidentDataModule
from datasets.batches.resident import Batch, ResidentLoader, resident
from datasets.batches.spec_augment import SpecAugment
from datasets.batches.targets import multi_hot
from datasets.contract import Dataset, Parts
from datasets.errors import DataError
from datasets.features import Extractor, make_extractor
from datasets.features.cache import Features
from datasets.features.conditioned import not_finite

#: Clips beside the shown one in `probe_batch`.
PROBED = 150


class TagDataModule(ResidentDataModule):
    """Training and validation batches x (B, 1, T, D), y (B, classes), and test batches x (B, 1, T, D).

    dataset: has clips of one nominal length with any number of labels (datasets.chime_home.CHiMEHome is one).
    extractor, pad: name of the features (datasets.features.extractors) or their import path, and what fills a short
        clip.
    time_masks ... time_warp_share: of SpecAugment (datasets.batches.spec_augment), on training clips.
    mixup_alpha: of the Beta distribution that mixes training clips with others of the training set, before SpecAugment;
        0 for none.
    options: those of ResidentDataModule, which also says what there is after `setup`.

    Features are standardised by mean and deviation per band over all training frames, padding included (assumed: the
    EDC paper does not mention it).
    """

    version = 1
    task = "tags"

    def __init__(
        self,
        dataset: Dataset,
        extractor: str = "log_mel_edc",
        pad: Literal["zeros", "min"] = "zeros",
        time_masks: int = 0,
        time_mask_share: float = 0.064,
        frequency_masks: int = 0,
        frequency_mask_bands: int = 8,
        time_warp_share: float = 0.0,
        mixup_alpha: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(dataset, _whole_clip_extractor(extractor, dataset, pad), **options)
        self.spec_augment = SpecAugment(
            time_masks, time_mask_share, frequency_masks, frequency_mask_bands, time_warp_share
        )
        params = self.extractor.params()
        self.spec_augment.check(params["frames"], params["n_mels"])
        self.mixup_alpha = mixup_alpha
        self.mean: dict[str, Tensor] = {}
        self.std: dict[str, Tensor] = {}

    def _make_ready(self, stage: str | None) -> None:
        whole = self.parts()
        train, validation, *tests = (limited_by_tags(part, self.limit) for part in whole.named.values())
        parts = Parts(train, validation, dict(zip(whole.test, tests, strict=True)))
        for name, part in parts.named.items():
            if part.empty and name != "validation" and (name == "train" or stage != "fit"):
                raise DataError(
                    f"{self.dataset.name}: not a single {name} clip is here; `python -m benchmarks data check "
                    f"{self.dataset.name}` tells more"
                )
        self._use(parts)
        items = sorted({item for some in self.items.values() for item in some})
        self._find(items)
        labels = {name: multi_hot(part, self.classes) for name, part in parts.named.items()}
        targets = torch.zeros(len(items), self.num_classes)
        for name in ("validation", "train"):  # where a clip is in two parts, training decides
            targets[self._rows[name]] = labels[name]
        self._targets = self._shuffled(targets)
        self._features = self._prepared(items)
        for name in self._scaled:
            values = torch.from_numpy(self._features[name].array)
            self.mean[name], self.std[name] = band_statistics(values, self._rows["train"])

    def _prepared(self, items: Sequence[str]) -> dict[str, Features]:
        """The features of all clips, by their kind. Raises DataError for a clip whose features are no numbers."""
        plain = self._extracted(self.dataset, items)
        for start in range(0, len(items), self.batch_size):
            part = slice(start, start + self.batch_size)
            if bad := not_finite(torch.from_numpy(plain.array[part]), items[part]):
                raise DataError(f"{bad}: its features have values that are no numbers; replace the file")
        return {"plain": plain}

    @property
    def _kind(self) -> str:
        """The features that training, validation and prediction are made of."""
        return "plain"

    @property
    def _scaled(self) -> Sequence[str]:
        """The kinds of features that are used, each standardised on its own."""
        return (self._kind,)

    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        rows = self._rows["train"]
        mixed = rows[torch.randperm(len(rows), generator=self._generator("order", epoch))]
        return mixed, torch.zeros_like(mixed)

    def _in_order(self, part: str) -> ResidentLoader:
        rows = self._rows[part]
        return ResidentLoader(
            lambda epoch: (rows, torch.zeros_like(rows)), self.batch_size, part=part, made=self._handed_out
        )

    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        x, y = self._augmented(batch, self._gather(self._kind, batch.rows), self._labels(batch.rows))
        return x[:, None], y

    def _validation_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self._test_batch(batch), self._labels(batch.rows)

    def _test_batch(self, batch: Batch) -> Tensor:
        return self._gather(self._kind, batch.rows)[:, None]

    def _augmented(self, batch: Batch, x: Tensor, y: Tensor, treated: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (B, T, D), y (B, classes) after mixup and SpecAugment of the rows in `treated` (B,) bool, or of all."""
        if self.mixup_alpha > 0:
            own, partners = self._draw_mixup(batch)
            if treated is not None:
                own = torch.where(treated, own, 1.0)  # the others stay exactly what they are
            x = torch.lerp(self._gather(self._kind, partners), x, own[:, None, None])
            y = torch.lerp(self._labels(partners), y, own[:, None])
        if self.spec_augment.is_on:
            x = self.spec_augment(x, self._generator("specaugment", batch.epoch, batch.step), treated)
        return x, y

    def _draw_mixup(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """For each row of a batch its own share, from Beta(alpha, alpha), and its partner, any training clip: (B,)."""
        generator, device = self._generator("mixup", batch.epoch, batch.step), batch.rows.device
        train = self._rows["train"]
        partners = train[torch.randint(len(train), (len(batch.rows),), generator=generator)]
        draw = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        own = draw.beta(self.mixup_alpha, self.mixup_alpha, len(batch.rows)).astype(np.float32)
        return torch.from_numpy(own).to(device, non_blocking=True), partners.to(device, non_blocking=True)

    def _gather(self, kind: str, rows: Tensor) -> Tensor:
        """The standardised features (B, T, D) of some rows, on their device."""
        device = rows.device
        mean = self._constant(f"mean {kind}", self.mean[kind], device)
        std = self._constant(f"std {kind}", self.std[kind], device)
        values = resident([self._features[kind]], device).index_select(0, rows).float()
        return values.sub_(mean).div_(std)

    def _labels(self, rows: Tensor) -> Tensor:
        return self._constant("targets", self._targets, rows.device)[rows]

    def ear(self) -> TagEar:
        """What hears files as this module hears its test items."""
        return TagEar(self.extractor, self.classes, self.mean[self._kind], self.std[self._kind])

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """For figures: the shown clip, then up to 150 others by name, and x (N, 1, T, D), all of the first test set.

        Shown is the first clip whose only label is the first class; where there is none, the first clip.
        """
        name, items = next(iter(self.test_sets.items()))
        labels = self._references[name]["label"]
        shown = next((item for item in items if labels[item] == self.classes[0]), items[0])
        chosen = [shown, *sorted(set(items) - {shown})[:PROBED]]
        places = dict(zip(items, self._rows[name], strict=True))
        return chosen, self._gather(self._kind, torch.stack([places[item] for item in chosen]))[:, None]

    def provenance(self) -> dict[str, Any]:
        """As every data module has it, with what standardises each kind of features."""
        return {
            **super().provenance(),
            "mean": {name: one.tolist() for name, one in self.mean.items()},
            "std": {name: one.tolist() for name, one in self.std.items()},
        }


def _whole_clip_extractor(name: str, dataset: Dataset, pad: str) -> Extractor:
    """The extractor called `name` for clips of a dataset's length. Raises DataError where there is none."""
    try:
        hop = make_extractor(name, rate=dataset.sample_rate, pad=pad).hop
        frames = round(dataset.clip_seconds * dataset.sample_rate / hop)
        return make_extractor(name, rate=dataset.sample_rate, frames=frames, pad=pad)
    except TypeError as error:
        raise DataError(f"extractor {name} does not make clips one length ({error}); choose log_mel_edc") from error
    except ValueError as error:
        raise DataError(str(error)) from error
