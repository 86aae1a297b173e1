"""Tagged clips in two streams, a plain and a treated one: the two modes of the EDC paper, and its conditioner."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from datasets.batches.hearing.tags import TagEar
from datasets.batches.resident import Batch
from datasets.batches.tags import TagDataModule
from datasets.contract import Dataset, Parts
from datasets.errors import DataError
from datasets.features.cache import Features
from datasets.features.conditioned import ConditionedCache, Conditioner

Mode = Literal["om", "am"]

#: The streams of the training clips.
PLAIN, TREATED = 0, 1
#: Clips whose ranges are measured.
MEASURED = 100
#: What is added to the name of a test set that is tested without the conditioner.
PLAINLY = "_plain"


class StreamDataModule(TagDataModule):
    """TagDataModule with one stream of training clips or two, and with a conditioner.

    mode: an epoch has one stream of the training clips ("om", the EDC paper's original-size mode), or two ("am", its
        augmented mode): the plain one and the treated one, shuffled together. Treated is by the conditioner, mixup and
        SpecAugment; without any, "am" has the plain stream twice.
    conditioner: a deterministic transform {"class_path", "init_args"} (datasets.features.conditioned.Transform), also
        applied to validation and test clips.
    options: those of TagDataModule.

    Test sets are conditioned where there is a conditioner; in mode "am" each is then also there without: "test" and
    "test_plain". Each stream is standardised on its own.
    """

    version = 1

    def __init__(
        self, dataset: Dataset, mode: Mode = "om", conditioner: dict[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__(dataset, **options)
        if mode not in ("om", "am"):
            raise DataError(f"mode {mode!r} does not exist; choose 'om' or 'am'")
        self.mode = mode
        self.conditioner = Conditioner.made_from(conditioner) if conditioner else None

    def parts(self) -> Parts:
        """The items of the fold; test sets twice where they are predicted from either stream."""
        parts = super().parts()
        if not self._has_plain_tests:
            return parts
        return parts._replace(test={**parts.test, **{name + PLAINLY: one for name, one in parts.test.items()}})

    def expected(self, part: str) -> int | None:
        """How many clips the official lists name in a part, in whichever stream."""
        return super().expected(part.removesuffix(PLAINLY) if self._has_plain_tests else part)

    def _prepared(self, items: Sequence[str]) -> dict[str, Features]:
        features = super()._prepared(items)
        if self.conditioner:
            cache = ConditionedCache(self.cache)
            features["conditioned"] = cache.condition(features["plain"], self.conditioner, self.progress)
        return features

    @property
    def _kind(self) -> str:
        """The features of the treated stream."""
        return "conditioned" if self.conditioner else "plain"

    @property
    def _scaled(self) -> Sequence[str]:
        return tuple(dict.fromkeys((self._kind, "plain"))) if self.mode == "am" else (self._kind,)

    @property
    def _has_plain_tests(self) -> bool:
        return self.mode == "am" and self.conditioner is not None

    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Rows of an epoch; `starts` says the stream of each."""
        streams = torch.tensor([PLAIN, TREATED] if self.mode == "am" else [TREATED])
        train = self._rows["train"]
        rows, stream = train.repeat(len(streams)), streams.repeat_interleave(len(train))
        mixed = torch.randperm(len(rows), generator=self._generator("order", epoch))
        return rows[mixed], stream[mixed]

    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        treated = batch.starts == TREATED
        x = self._gather(self._kind, batch.rows)
        if self._has_plain_tests:
            x = torch.where(treated[:, None, None], x, self._gather("plain", batch.rows))
        x, y = self._augmented(batch, x, self._labels(batch.rows), treated)
        return x[:, None], y

    def _test_batch(self, batch: Batch) -> Tensor:
        is_plain = self._has_plain_tests and batch.part.endswith(PLAINLY)
        return self._gather("plain" if is_plain else self._kind, batch.rows)[:, None]

    def ear(self) -> TagEar:
        """What hears files as this module hears its test items, those with the conditioner if there is one."""
        return replace(super().ear(), conditioner=self.conditioner.given if self.conditioner else None)

    def provenance(self) -> dict[str, Any]:
        """As for every tagged set, with the conditioner."""
        facts = super().provenance()
        if self.conditioner:
            facts["conditioner"] = {**self.conditioner.facts(), **self._measured(self.conditioner)}
        return facts

    def _measured(self, conditioner: Conditioner) -> dict[str, Any]:
        """How far the conditioner looks in training clips, the first 100 by name, where it tells."""
        places = dict(zip(self.train_items, self._rows["train"].tolist(), strict=True))
        rows = [places[item] for item in sorted(places)[:MEASURED]]
        ranges = conditioner.ranges(torch.from_numpy(self._features["plain"].array)[rows])
        return {} if ranges is None else {"ranges": ranges, "ranges_of": len(rows)}
