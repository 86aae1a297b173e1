"""MAESTRO Real for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from pathlib import Path
from typing import Any, Literal, get_args

from datasets.batches.activity import ActivityDataModule
from datasets.errors import DataError
from datasets.features import Extractor
from datasets.maestro_real.dataset import MaestroReal
from datasets.maestro_real.hearing.copies import altered
from datasets.maestro_real.hearing.drawn import DrawnQuery
from datasets.maestro_real.hearing.wav2vec2 import Wav2Vec2Mean, weights_file

Learnt = Literal["scored", "all"]
KnownQuery = Literal["none", "wav2vec2", "drawn"]


class MaestroRealDataModule(ActivityDataModule):
    """Recordings to train and validate on by the official lists of a fold, and those of its test list.

    root: the dataset's own folder; cache: the folder for what can be made again.
    classes: the 11 that are "scored", or "all" 17, as the official baseline learns them.
    augment: altered copies of each recording, in pitch, by clipping and by reverberation (maestro, section 4.4); with
        any, training items are cut from them alone, as in the authors' code.
    query: what each item has beside its frames: nothing; what wav2vec2 makes of its second, by the file of weights that
        `query_weights`, or else RESOUND_WAV2VEC2, names; or, to try a network without that file, values that are drawn.
    options: those of ActivityDataModule. Raises DataError where files are missing or cannot be used.
    """

    version = 1
    drawn_once = ("augment",)
    dataset: MaestroReal

    def __init__(
        self,
        root: Path | str,
        cache: Path | str = "cache",
        classes: Learnt = "scored",
        augment: int = 0,
        query: KnownQuery = "none",
        query_weights: str | None = None,
        **options: Any,
    ) -> None:
        if classes not in get_args(Learnt) or query not in get_args(KnownQuery):
            raise DataError(f"maestro_real: unknown classes {classes!r} or query {query!r}")
        dataset = MaestroReal(root, cache)
        asked: Extractor | None = DrawnQuery() if query == "drawn" else None
        if query == "wav2vec2":
            asked = Wav2Vec2Mean(weights_file(query_weights))
        super().__init__(
            dataset,
            classes=dataset.scored if classes == "scored" else dataset.classes,
            copies=[altered(number) for number in range(augment)],
            query=asked,
            cache=cache,
            **options,
        )
