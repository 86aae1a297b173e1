"""DCASE 2018 Task 4 for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any

from datasets.batches.streams import StreamDataModule
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic, Source
from datasets.errors import DataError
from datasets.features import extractors

#: The name of the extractor that takes released arrays.
RELEASED = "released_log_mel"


class DCASE2018DomesticDataModule(StreamDataModule):
    """Weak clips to train and validate on, and the clips of both test lists.

    root: the dataset's own folder; cache: the folder for what can be made again.
    source: "audio", or "features" for the arrays that the authors of the EDC paper released, which go with the
        extractor `released_log_mel`.
    options: those of StreamDataModule.

    The reference of a test set says in its columns `original` and `clean` on which test list a clip stands. Raises
    DataError where files are missing or cannot be used.
    """

    version = 1

    def __init__(
        self,
        root: Path | str,
        cache: Path | str = "cache",
        source: Source = "audio",
        extractor: str = "log_mel_edc",
        **options: Any,
    ) -> None:
        if (source == "features") != (extractor in (RELEASED, extractors()[RELEASED])):
            raise DataError(f"source {source!r} does not go with extractor {extractor!r}; {RELEASED} takes 'features'")
        super().__init__(DCASE2018Domestic(root, cache, source), cache=cache, extractor=extractor, **options)
