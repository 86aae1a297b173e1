"""Clips cut into segments for training and scoring: the DataModule that all one-label-per-clip datasets share."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.chunks import band_statistics
from datasets.batches.hearing.clips import ClipEar, VectorEar
from datasets.batches.limits import limited_by_class
from datasets.batches.mixup import mixup
from datasets.batches.module import ResidentDataModule
from datasets.batches.resident import Batch, ResidentLoader, resident
from datasets.batches.segments import EpochMode, SegmentMode, SegmentTable, mean_of, statistics
from datasets.contract import Dataset, Parts
from datasets.errors import DataError
from datasets.features import Extractor, extractor_class, make_extractor
from datasets.features.copies import NONE, SHIFTED, STRETCHED, Copy


class ClipDataModule(ResidentDataModule):
    """Training batches of segments x (B, C, F, T), y (B, classes); the clips of the others have all theirs.

    Validation batches are x (B, S, C, F, T), y (B, classes), test batches x (B, S, C, F, T).

    dataset: has clips with one label each (datasets.esc50.ESC50 is one).
    extractor, n_mels: name of the features (datasets.features.extractors) or their import path, and their bands, by
        default its own.
    segment_frames, segment_hop: length of segments and distance between their beginnings; without a length, the whole
        clip is one segment.
    segment_mode: an epoch has "all" segments of each clip, or one at "random".
    augment: adds a time-stretched and a pitch-shifted copy of each training clip (ACRNN, section 3.4).
    copies: more copies of each training clip. All are drawn by the seed, the same for every fold.
    epoch_mode: an epoch has all copies of a clip ("concat"), or one at random ("resample").
    mixup_alpha: of the Beta distribution that mixes pairs of a batch; 0 for none.
    drop_last: leaves out the last batch of an epoch where it is incomplete, and not the only one.
    standardize: per channel, by mean and deviation of the unaltered training segments, or with the "copies" among them;
        by one mean and deviation of "all" channels; by the "mean" alone; per "band", over all frames of the unaltered
        training clips, each once, however they are cut; or by the mean "picture" of all training clips and their
        copies, where a clip is one segment.
    options: those of ResidentDataModule, which also says what there is after `setup`.

    Features are kept as the extractor gives them, uint8, float16 or float32, and segments are views of them; what is
    gathered into a batch becomes float32. Features without bands and frames, vectors (d,) or frames (T, d) of a clip,
    are for estimators: see `arrays`.
    """

    version = 1
    task = "clips"
    drawn_once: tuple[str, ...] = ("augment", "copies")

    def __init__(
        self,
        dataset: Dataset,
        extractor: str = "log_gammatone_delta",
        n_mels: int | None = None,
        segment_frames: int | None = 128,
        segment_hop: int = 64,
        segment_mode: SegmentMode = "all",
        augment: bool = False,
        copies: Sequence[Copy] = (),
        epoch_mode: EpochMode = "concat",
        mixup_alpha: float = 0.0,
        standardize: bool | Literal["copies", "band", "mean", "all", "picture"] = True,
        drop_last: bool = False,
        **options: Any,
    ) -> None:
        if segment_hop < 1 or (segment_frames is not None and segment_frames < 1):
            raise DataError(f"segments of {segment_frames} frames every {segment_hop}: give numbers from 1 on")
        for name, given, known in (
            ("segment_mode", segment_mode, get_args(SegmentMode)), ("epoch_mode", epoch_mode, get_args(EpochMode)),
            ("standardize", standardize, (True, False, "copies", "band", "mean", "all", "picture")),
        ):  # fmt: skip
            if given not in known:
                raise DataError(f"unknown {name} {given!r}; known: {', '.join(map(str, known))}")
        if standardize == "picture" and segment_frames is not None:
            raise DataError("a mean picture is one of whole clips; set segment_frames to null or standardize otherwise")
        super().__init__(dataset, _clip_extractor(extractor, n_mels, segment_frames, segment_hop), **options)
        self.segment_frames, self.segment_hop = segment_frames, segment_hop
        self.segment_mode, self.epoch_mode = segment_mode, epoch_mode
        self.mixup_alpha, self.standardize, self.drop_last = mixup_alpha, standardize, drop_last
        altered = [*([STRETCHED, SHIFTED] if augment else []), *copies]
        self.variants = [NONE, *(copy.seeded(self.seed) for copy in altered)]

    def _make_ready(self, stage: str | None) -> None:
        whole = self.parts()
        train, validation, *tests = (limited_by_class(one, self.limit, self.classes) for one in whole.named.values())
        self._use(Parts(train, validation, dict(zip(whole.test, tests, strict=True))))
        frames = [train, validation, *tests]
        if not self.limit:
            # The features of all folds are one set, so that every fold uses it.
            frames += [self.dataset.truth(name) for name in whole.test]
        labels: dict[str, str] = {}
        for frame in frames:
            labels |= dict(zip(frame.index, frame["label"], strict=True))
        items = sorted(labels)
        self._find(items)
        self._features = {
            variant.name: self._extracted(self.dataset, items, [labels[item] for item in items], variant)
            for variant in self.variants
        }
        self._targets = self._shuffled(torch.tensor([self.classes.index(labels[item]) for item in items]))
        if self._gives_maps:
            self._cut()

    def _cut(self) -> None:
        """The table of segments, and what standardises them."""
        sets = list(self._features.values())
        length = sets[0].array.shape[-1]
        self._cuts = (self.segment_frames, self.segment_hop) if self.segment_frames else (length, length)
        self._table, self.n_frames = SegmentTable.of(sets, *self._cuts), self._cuts[0]
        if self.epoch_mode == "resample" and (self._table.counts != self._table.counts[0]).any():
            raise DataError("epoch_mode 'resample' needs copies with as many segments as their clip; choose 'concat'")
        copies = torch.cat(
            [torch.arange(len(one.items)).repeat_interleave(torch.from_numpy(one.counts)) for one in sets]
        )
        self._row_targets = self._targets[copies]
        self._measure(resident(sets, torch.device("cpu")))

    def _measure(self, features: Tensor) -> None:
        """Set mean and deviation of the training clips in features (rows, C, F, T).

        (C,), or (C, F) per band, or (C, F, T) of pictures.
        """
        channels = features.shape[1]
        self.mean, self.std = torch.zeros(channels), torch.ones(channels)
        if not self.standardize:
            return
        train, copies = self._rows["train"], None if self.standardize in ("copies", "picture") else 1
        places = (one[:copies, train].flatten() for one in (self._table.first, self._table.counts))
        rows, starts = self._table.pick(self._table.every(*places))
        if self.standardize == "picture":
            self.mean = mean_of(features, rows)
            self.std = torch.ones_like(self.mean)
            return
        if self.standardize == "band":
            frames = features.flatten(1, 2).transpose(1, 2)  # a view
            mean, std = (one.view(features.shape[1:3]) for one in band_statistics(frames, rows.unique()))
        else:
            mean, std = statistics(features, rows, starts, *self._cuts)
        if self.extractor.shared_scale:
            mean[1:], std[1:] = 0.0, std[0].clone()
            if first := self.extractor.delta_of_one:
                mean, std = (one[:, None, None].repeat(1, 1, self._cuts[0]) for one in (mean, std))
                mean[1, 0, : len(first)] = mean[0, 0, 0] * torch.tensor(first)
        if self.standardize == "mean":
            std = torch.ones_like(std)
        if self.standardize == "all":  # channels have as many values each
            square, one = (std.square() + mean.square()).mean(), mean.mean()
            mean, std = one.expand(channels), (square - one.square()).sqrt().expand(channels)
        self.mean, self.std = mean.float(), std.clamp_min(1e-8).float()

    def _order(self, epoch: int) -> tuple[Tensor, Tensor]:
        generator = self._generator("order", epoch)
        rows, starts = self._table.epoch(self._rows["train"], self.segment_mode, self.epoch_mode, generator)
        whole = len(rows) // self.batch_size * self.batch_size if self.drop_last else 0
        return (rows[:whole], starts[:whole]) if whole else (rows, starts)

    def _in_order(self, part: str) -> ResidentLoader:
        """Batches of unaltered clips with all their segments, about as many segments as in training."""
        rows, starts = self._table.grid(self._rows[part])
        return ResidentLoader(
            lambda epoch: (rows, starts), max(1, self.batch_size // rows.shape[1]), part=part, made=self._handed_out
        )

    def _training_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        x, y = self._test_batch(batch), self._one_hot(batch.rows)
        if self.mixup_alpha > 0:
            return mixup(x, y, self.mixup_alpha, self._generator("mixup", batch.epoch, batch.step))
        return x, y

    def _validation_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self._test_batch(batch), self._one_hot(batch.rows[:, 0])

    def _test_batch(self, batch: Batch) -> Tensor:
        device = batch.rows.device
        segments = resident(list(self._features.values()), device).unfold(3, *self._cuts)
        x = segments.permute(0, 3, 1, 2, 4)[batch.rows, batch.starts].float()
        mean, std = self._constant("mean", self.mean, device), self._constant("std", self.std, device)
        wide = (*mean.shape, *[1] * (3 - mean.ndim))
        return x.sub_(mean.view(wide)).div_(std.view(wide))

    def _one_hot(self, rows: Tensor) -> Tensor:
        targets = self._constant("targets", self._row_targets, rows.device)
        return torch.nn.functional.one_hot(targets[rows], self.num_classes).float()

    def probe_batch(self) -> tuple[list[str], Tensor]:
        """The first clip of each class in the last test set, by name, and its first segment x (B, C, F, T)."""
        name, items = list(self.test_sets.items())[-1]
        seen: dict[int, int] = {}
        for number, clip in enumerate(self._rows[name].tolist()):
            seen.setdefault(int(self._targets[clip]), number)
        rows, starts = (places[list(seen.values()), :1] for places in self._table.grid(self._rows[name]))
        x = self._test_batch(Batch(rows, starts, 0, 0, name))
        return [items[number] for number in seen.values()], x[:, 0]

    def repeated(self, test_set: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What was predicted of a test set, (clips, S, classes), with equal values for a segment wherever it stands.

        By these scores tell how many segments a clip has: where it has fewer than others, they are repeated in turn.
        What a network says of other pieces than these segments stays as it is.
        """
        counts = self._table.counts[0, self._rows[test_set]].numpy()
        if values.ndim != 3 or values.shape[1] != counts.max():
            return values
        places = np.arange(values.shape[1]) % counts[:, None]
        return np.take_along_axis(values, places[..., None], axis=1)

    @property
    def _gives_maps(self) -> bool:
        """Whether a clip has channels, bands and frames, and so segments."""
        return self._features[NONE.name].array.ndim == 4

    def arrays(self, part: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Vectors (clips, d) or frames (clips, T, d) and class numbers (clips,) of a part, for estimators.

        Raises DataError for features that are cut into segments.
        """
        self.setup()
        if self._gives_maps:
            raise DataError(
                f"{self.extractor.name} gives no vectors or frames; choose an extractor such as mfcc_zcr or mfcc_scenes"
            )
        rows = self._rows[part]
        return np.array(self._features[NONE.name].array[rows.numpy()]), self._targets[rows].numpy()

    def ear(self) -> ClipEar | VectorEar:
        """What hears files as this module hears its test items."""
        if self._gives_maps:
            return ClipEar(self.extractor, self.classes, self.mean, self.std, *self._cuts)
        return VectorEar(self.extractor, self.classes, torch.empty(0), torch.empty(0))

    def provenance(self) -> dict[str, Any]:
        """As every data module has it, with what standardises channels or bands."""
        if not self._gives_maps:
            return super().provenance()
        mean, std = (one.mean((1, 2)) if one.ndim == 3 else one for one in (self.mean, self.std))
        return {**super().provenance(), "mean": mean.tolist(), "std": std.tolist()}


def _clip_extractor(name: str, n_mels: int | None, frames: int | None, hop: int) -> Extractor:
    """The extractor called `name`; where it cuts segments, which then have spectrograms of their own, it is told how.

    Raises DataError where it does not take what it is given.
    """
    given: dict[str, int] = {"n_mels": n_mels} if n_mels else {}
    if extractor_class(name).segmented:
        if frames is None:
            raise DataError(f"extractor {name} cuts segments, so they need a length; set segment_frames")
        given |= {"frames": frames, "step": hop}
    try:
        return make_extractor(name, **given)
    except TypeError as error:
        raise DataError(f"extractor {name} does not take {' and '.join(given)} ({error}); leave n_mels out") from error
