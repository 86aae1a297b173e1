"""DCASE 2018 Task 4: ten-second clips of domestic sounds from YouTube, with weak labels for training."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from datasets.acquire.hashes import below, digest_of, index_memory, md5_of_files
from datasets.contract import Dataset, Parts, check_fold, check_root
from datasets.dcase2018_domestic.layout import (
    TEST_AUDIO,
    TEST_FEATURES,
    TRAIN_AUDIO,
    TRAIN_FEATURES,
    Layout,
)
from datasets.dcase2018_domestic.lists import Labels, youtube_id
from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


Part = Literal["train", "validation", "test"]
Source = Literal["audio", "features"]


class DCASE2018Domestic(Dataset):
    """The weakly labelled clips and the test clips; `root` holds the official folders `metadata` and `audio`.

    source: what `load` gives: "audio", or "features", the log-mel arrays that the authors of EDC released.
    cache: the folder for what can be made again: hashes of the files and results of checks.

    Raises DataError where `root` does not exist; the methods raise it for bad lists and files.
    """

    name = "dcase2018_domestic"
    version = 1
    title = "DCASE 2018 Task 4: weakly labelled sound events in domestic environments"
    homepage = "https://github.com/DCASE-REPO/dcase2018_baseline/tree/master/task4"
    licence = "MIT (lists); the audio belongs to its owners on YouTube, no right to pass it on"
    citation = (
        "R. Serizel, N. Turpault, H. Eghbal-Zadeh, A. P. Shah. Large-Scale Weakly Labeled Semi-Supervised Sound Event "
        "Detection in Domestic Environments. Proceedings of the DCASE 2018 Workshop. arXiv:1807.10501"
    )
    sample_rate = 44100
    folds = (1,)

    def __init__(self, root: Path | str, cache: Path | str | None = None, source: Source = "audio") -> None:
        self.root = Path(root)
        self.cache = Path(cache) if cache is not None else None
        self.source = source
        if source not in get_args(Source):
            raise DataError(f"unknown source {source!r} of dcase2018_domestic; known: {', '.join(get_args(Source))}")
        check_root(self)
        self.layout = Layout(self.root)
        self.classes: tuple[str, ...] = self.layout.classes

    @property
    def clip_seconds(self) -> float:
        """The nominal length of every clip in seconds: 10, unless a generated corpus declares another."""
        return self.layout.clip_seconds

    def labels(self, part: str) -> Labels:
        """The labels of every listed clip of a part, in the order of the lists. Raises DataError."""
        if part not in get_args(Part):
            raise DataError(f"unknown part {part!r} of dcase2018_domestic; known: {', '.join(get_args(Part))}")
        if part == "test":
            return self.layout.test
        held_out = part == "validation"
        validation = self.layout.validation
        return {item: some for item, some in self.layout.weak.items() if (item in validation) == held_out}

    def listed(self, part: str, fold: int = 1) -> int:
        """How many clips the official lists name in a part: 1262, 316 and 334 in the real set."""
        return len(self.labels(part))

    def parts(self, fold: int = 1) -> Parts:
        """The clips whose files are here, in the order of the lists.

        Index item (official name); label (classes joined by commas, "" for none), unit (YouTube id, or what a generated
        corpus declares), fold (1). The test set has the clips of both test lists, and tells in `original` (the first
        list, 46 clips of which are training clips) and `clean` (the corrected list) on which of them each stands.
        Raises DataError.
        """
        check_fold(self, fold)
        return Parts(self._part("train"), self._part("validation"), {"test": self._part("test")})

    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of the test clips, whatever a test set of them is called; see parts. Raises DataError."""
        return self._part("test")

    def _part(self, part: Part) -> "pd.DataFrame":
        import pandas as pd

        items = [item for item in self.labels(part) if item in self._paths]
        units = self.layout.units
        frame = pd.DataFrame(
            {
                "label": pd.Series([self._label(part, item) for item in items], dtype=object),
                "unit": pd.Series([units.get(item, youtube_id(item)) for item in items], dtype=object),
                "fold": pd.Series(1, index=range(len(items)), dtype="int64"),
            }
        ).set_index(pd.Index(items, name="item", dtype=object))
        if part == "test":
            for name in ("original", "clean"):
                frame[name] = [item in getattr(self.layout, name) for item in items]
                frame[name] = frame[name].astype(bool)
        return frame

    def _label(self, part: Part, item: str) -> str:
        labels = self.layout.test[item] if part == "test" else self.layout.weak[item]
        return ",".join(name for name in self.classes if name in labels)

    def paths(self) -> dict[str, Path]:
        """The file of every listed clip that is here, by official name."""
        return dict(self._paths)

    def unusable(self) -> dict[str, Path]:
        """The listed clips under whose name there is no file, but a link to nothing or a folder."""
        return {item: path for item, path in self._entries.items() if item not in self._paths}

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return {item: path for item, path in self._entries.items() if path.is_file()}

    @cached_property
    def _entries(self) -> dict[str, Path]:
        if self.source == "features":
            return self.layout.entries(TRAIN_FEATURES, TEST_FEATURES, (".cpickle", ".npy"))
        return self.layout.entries(TRAIN_AUDIO, TEST_AUDIO, (".wav",))

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of one clip: float32 (n,) in [-1, 1], 44.1 kHz, as long as the file; two channels are averaged.

        With source "features" the released array: float32 (500, 64), natural logarithms of mel bands. Raises DataError
        where the clip is not here or cannot be used.
        """
        from datasets.dcase2018_domestic.reading import read_clip, read_features

        path = self._paths.get(item)
        if path is None:
            again = "`python -m benchmarks data check dcase2018_domestic` tells more"
            raise DataError(f"{item}: no such clip ({self.source}) in {self.root}; {again}")
        if self.source == "features":
            return read_features(path, self.clip_seconds)
        return read_clip(path, self.sample_rate)

    def hashes(self) -> dict[str, str]:
        """The md5 of the deciding lists and of every clip's file, by path below the root."""
        memory = index_memory(self.cache, f"{self.name}-{self.source}", self.root)
        return below(self.root, md5_of_files([*self.layout.lists(), *self._paths.values()], memory))

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any name or content among the deciding lists and the clips."""
        return digest_of(self.hashes())

    def files(self) -> list[Path]:
        """All that another machine needs: lists, licences, and the clips (or the released features)."""
        return sorted({*self.layout.lists(), *self.layout.documents(), *self._paths.values()})
