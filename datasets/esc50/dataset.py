"""ESC-50 and its subset ESC-10 (K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM MM 2015)."""

import warnings
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from datasets.acquire.hashes import digest_of, index_memory, md5_of_files
from datasets.audio import read_exact, read_raw
from datasets.contract import Dataset, Parts, check_fold, check_root
from datasets.errors import DataError
from datasets.esc50.layout import CATEGORIES, ESC10_FOLDERS, ESC10_TARGETS, FOLDS, Release, find_release, parse_item
from datasets.esc50.licences import ClipLicence, read_licences

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class ESC50(Dataset):
    """The clips of ESC-50, or of ESC-10, in whichever official release lies in `root`.

    `cache` is the folder for what can be made again: hashes of the files and the results of checks. Raises DataError
    where `root` does not exist; the methods raise it for a bad list and for bad clips.
    """

    name = "esc50"
    version = 1
    title = "ESC-50: Dataset for Environmental Sound Classification"
    homepage = "https://github.com/karolpiczak/ESC-50"
    licence = "CC BY-NC 3.0 (the clips of ESC-10: CC BY 3.0)"
    citation = (
        "K. J. Piczak. ESC: Dataset for Environmental Sound Classification. "
        "Proceedings of the 23rd ACM International Conference on Multimedia, 2015. doi:10.1145/2733373.2806390"
    )
    #: the five groups of ten classes, in the order of targets
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: CATEGORIES[10 * number : 10 * number + 10]
        for number, name in enumerate(
            ("animals", "natural soundscapes", "human, non-speech", "interior, domestic", "exterior, urban")
        )
    }
    sample_rate = 44100
    folds = FOLDS

    def __init__(
        self, root: Path | str, subset: Literal["esc50", "esc10"] = "esc50", cache: Path | str | None = None
    ) -> None:
        self.root = Path(root)
        self.subset = subset
        self.cache = Path(cache) if cache is not None else None
        if subset not in ("esc50", "esc10"):
            raise DataError(f"unknown subset {subset!r} of ESC-50; known: esc50, esc10")
        check_root(self)
        self.targets = ESC10_TARGETS if subset == "esc10" else tuple(range(len(CATEGORIES)))
        self.classes = tuple(CATEGORIES[target] for target in self.targets)

    @cached_property
    def release(self) -> Release:
        """The release in `root`, both subsets. Raises DataError where there is none or its list is bad."""
        return find_release(self.root)

    @property
    def clip_seconds(self) -> float:
        """The length of every clip in seconds: 5, unless a miniature declares less."""
        return float(self.release.declared.get("clip_seconds", 5.0))

    @property
    def expected(self) -> int:
        """How many clips the complete subset has: 2000 or 400, unless a miniature declares fewer."""
        return len(self.classes) * len(FOLDS) * self.release.per_class_and_fold

    def paths(self) -> dict[str, Path]:
        """The files of the subset's clips, by official name, sorted."""
        clips = self.release.clips
        return {item: clips[item] for item in sorted(clips) if parse_item(item).target in self.targets}

    def index(self) -> "pd.DataFrame":
        """One row per clip that is there: item (official v2 name), path, fold, label, unit (source); sorted by item.

        Warns where clips of the list are missing; `census` tells which.
        """
        import pandas as pd

        paths = self.paths()
        self._warn_of_missing(paths)
        index = self.truth_of_names(paths).reset_index()
        index["path"] = pd.Series([str(path.resolve()) for path in paths.values()], dtype=object)
        return index[["item", "path", "fold", "label", "unit"]]

    def parts(self, fold: int) -> Parts:
        """The clips of the four other folds to train on, and those of `fold` (1 to 5) to test on; sorted by item.

        Warns, as `truth` does, where clips of the list are missing. Raises DataError for another fold.
        """
        check_fold(self, fold)
        clips = self.truth()
        is_test = clips["fold"] == fold
        return Parts(clips[~is_test], clips[:0], {"test": clips[is_test]})

    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of every clip that is here: each is tested once, in its fold. See truth_of_names."""
        paths = self.paths()
        self._warn_of_missing(paths)
        return self.truth_of_names(paths)

    def listed(self, part: str, fold: int = 1) -> int:
        """How many clips the complete subset has in a part: all folds have as many."""
        per_fold = len(self.classes) * self.release.per_class_and_fold
        return {"train": len(FOLDS) - 1, "test": 1}.get(part, 0) * per_fold

    def _warn_of_missing(self, paths: Mapping[str, Path]) -> None:
        if len(paths) != self.expected:
            warnings.warn(f"{self.root}: {len(paths)} of the {self.expected} clips of {self.subset}", stacklevel=3)

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of one clip: float32 (220500,) in [-1, 1), 44.1 kHz, mono, on the grid of 16 bit.

        v2 WAV files are taken as they are, v1 OGG files by the rule that makes the official samples out of them.
        Raises DataError where the clip is unknown or cannot be used.
        """
        path = self.release.clips.get(item)
        if path is None:
            raise DataError(f"{item}: no such clip in {self.root}; `python -m benchmarks data check esc50` tells more")
        frames = round(self.sample_rate * self.clip_seconds)
        read = read_exact if path.suffix.lower() == ".wav" else read_raw
        return read(path, self.sample_rate, frames)

    def hashes(self) -> dict[str, str]:
        """The md5 of every clip's file, by official name."""
        paths = self.paths()
        hashes = md5_of_files(paths.values(), index_memory(self.cache, self.name, self.root))
        return {item: hashes[path] for item, path in paths.items()}

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any name or content among the subset's clips."""
        return digest_of(self.hashes())

    def files(self) -> list[Path]:
        """All that another machine needs to use this subset: its clips, their list and licence."""
        return [*self.release.documents, *self.paths().values()]

    def licences(self) -> dict[str, ClipLicence]:
        """Licence, author and address of each clip, by official name, of both subsets; none without a LICENSE."""
        return read_licences(self.release.documents)

    @classmethod
    def tested(cls, test_set: str, fold: int, **arguments: Any) -> int | None:
        """How many clips a fold has: 400, or 80 of ESC-10 (Piczak 2015, section 3)."""
        classes = len(ESC10_TARGETS if arguments.get("subset") == "esc10" else CATEGORIES)
        return 8 * classes if test_set == "test" else None

    @classmethod
    def label_order(cls, **arguments: Any) -> tuple[str, ...] | None:
        """Of ESC-10 the order of its own release, whose class folders are 001 to 010."""
        return tuple(CATEGORIES[target] for target in ESC10_FOLDERS) if arguments.get("subset") == "esc10" else None

    @classmethod
    def truth_of_names(cls, items: Iterable[str]) -> "pd.DataFrame":
        """What is true of each item by its official name: index item; label (category), unit (source), fold."""
        import pandas as pd

        items = list(items)
        clips = [parse_item(item) for item in items]
        columns = {
            "label": pd.Series([CATEGORIES[clip.target] for clip in clips], dtype=object),
            "unit": pd.Series([clip.source for clip in clips], dtype=object),
            "fold": pd.Series([clip.fold for clip in clips], dtype="int64"),
        }
        return pd.DataFrame(columns).set_index(pd.Index(items, name="item", dtype=object))
