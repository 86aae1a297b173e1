"""DCASE 2018 Task 4 for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any, Literal

from datasets.batches.tags import Mode, TagDataModule
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic, Source
from datasets.errors import DataError
from datasets.features import EXTRACTORS

#: The name of the extractor that takes released arrays.
RELEASED = "released_log_mel"


class DCASE2018DomesticDataModule(TagDataModule):
    """Weak clips to train and validate on, and the clips of both test lists.

    root: the dataset's own folder. source: "audio", or "features" for the arrays that the authors of the EDC paper
    released, which go with the extractor `released_log_mel`.

    TagDataModule explains the other arguments. The reference of a test set says in its columns `original` and `clean`
    on which test list a clip stands. Raises DataError where files are missing or cannot be used.
    """

    version = 1

    def __init__(
        self,
        root: Path | str,
        cache: Path | str = "cache",
        fold: int = 1,
        source: Source = "audio",
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
        if (source == "features") != (extractor in (RELEASED, EXTRACTORS[RELEASED])):
            raise DataError(f"source {source!r} does not go with extractor {extractor!r}; {RELEASED} takes 'features'")
        super().__init__(
            DCASE2018Domestic(root, cache, source), cache=cache, extractor=extractor, pad=pad, mode=mode,
            conditioner=conditioner, time_masks=time_masks, time_mask_share=time_mask_share,
            frequency_masks=frequency_masks, frequency_mask_bands=frequency_mask_bands,
            time_warp_share=time_warp_share, mixup_alpha=mixup_alpha, batch_size=batch_size, limit=limit,
            shuffle_labels=shuffle_labels, seed=seed, fold=fold, jobs=jobs,
        )  # fmt: skip
