"""CHiME-Home for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any

from datasets.batches.streams import StreamDataModule
from datasets.chime_home.dataset import CHiMEHome


class CHiMEHomeDataModule(StreamDataModule):
    """Refined chunks: sets 1 to 4 to train on, set 0 to validate, the evaluation chunks to test.

    root: the dataset's own folder; cache: the folder for what can be made again. options: those of StreamDataModule.
    Raises DataError where files are missing or cannot be used.
    """

    version = 1

    def __init__(self, root: Path | str, cache: Path | str = "cache", **options: Any) -> None:
        super().__init__(CHiMEHome(root, cache), cache=cache, **options)
