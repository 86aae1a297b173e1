"""ESC-50 for Lightning: the public DataModule of datasets.esc50, apart from it because it needs torch."""

from pathlib import Path
from typing import Literal

from datasets.batches.clips import ClipDataModule
from datasets.batches.segments import EpochMode, SegmentMode
from datasets.esc50.dataset import ESC50


class ESC50DataModule(ClipDataModule):
    """ESC-50 or ESC-10 for Lightning's Trainer; ClipDataModule explains the arguments.

    root: the dataset's own folder; cache: the folder for what can be made again. Raises DataError where there are no
    clips.
    """

    version = 1

    def __init__(
        self,
        root: Path | str,
        fold: int = 1,
        subset: Literal["esc50", "esc10"] = "esc50",
        cache: Path | str = "cache",
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
    ) -> None:
        dataset = ESC50(root, subset, cache)
        super().__init__(
            dataset, cache=cache, fold=fold, extractor=extractor, segment_frames=segment_frames,
            segment_hop=segment_hop, segment_mode=segment_mode, augment=augment, delayed_copies=delayed_copies,
            class_copies=class_copies, epoch_mode=epoch_mode, mixup_alpha=mixup_alpha, train_folds=train_folds,
            batch_size=batch_size, standardize=standardize, limit=limit, shuffle_labels=shuffle_labels, seed=seed,
            jobs=jobs, clips_per_fold=len(dataset.classes) * dataset.release.per_class_and_fold,
        )  # fmt: skip
