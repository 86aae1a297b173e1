"""CHiME-Home for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any, Literal

from datasets.batches.tags import Mode, TagDataModule
from datasets.chime_home.dataset import CHiMEHome


class CHiMEHomeDataModule(TagDataModule):
    """Refined chunks: sets 1 to 4 to train on, set 0 to validate, the evaluation chunks to test.

    root: the dataset's own folder. TagDataModule explains the other arguments. Raises DataError where files are missing
    or cannot be used.
    """

    version = 1

    def __init__(
        self,
        root: Path | str,
        cache: Path | str = "cache",
        fold: int = 1,
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
        jobs: int | None = None,
    ) -> None:
        super().__init__(
            CHiMEHome(root, cache), cache=cache, extractor=extractor, pad=pad, mode=mode, conditioner=conditioner,
            time_masks=time_masks, time_mask_share=time_mask_share, frequency_masks=frequency_masks,
            frequency_mask_bands=frequency_mask_bands, time_warp_share=time_warp_share, mixup_alpha=mixup_alpha,
            batch_size=batch_size, limit=limit, shuffle_labels=shuffle_labels, seed=seed, fold=fold, jobs=jobs,
        )  # fmt: skip
