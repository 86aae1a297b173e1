"""ESC-50's public DataModule, apart from the dataset so that reports need no torch."""

from pathlib import Path
from typing import Literal

from datasets.clips import ClipDataModule
from datasets.esc50 import ESC50
from datasets.segments import EpochMode, SegmentMode


class ESC50DataModule(ClipDataModule):
    """ESC-50 or ESC-10 for training and scoring; see ClipDataModule for what the arguments mean.

    root: the folder of an official release (datasets.esc50.ESC50). subset: "esc50" or "esc10".
    """

    version = 1

    def __init__(
        self,
        root: str | Path,
        fold: int = 1,
        subset: Literal["esc50", "esc10"] = "esc50",
        cache: str | Path = "cache",
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
        super().__init__(
            ESC50(Path(root), subset, Path(cache)),
            cache=cache, fold=fold, extractor=extractor, segment_frames=segment_frames, segment_hop=segment_hop,
            segment_mode=segment_mode, augment=augment, delayed_copies=delayed_copies, class_copies=class_copies,
            epoch_mode=epoch_mode, mixup_alpha=mixup_alpha, train_folds=train_folds, batch_size=batch_size,
            standardize=standardize, limit=limit, shuffle_labels=shuffle_labels, seed=seed, jobs=jobs,
        )  # fmt: skip
