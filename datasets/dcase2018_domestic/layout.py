"""Where things lie in the folder of DCASE 2018 Task 4, and how a generated corpus says what it holds instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.dcase2018_domestic.lists import CLASSES, Labels, is_official, read_strong, read_weak
from datasets.dcase2018_domestic.validation import choose_validation
from datasets.generated import DECLARATIONS, Declared, read_declaration

WEAK = "metadata/train/weak.csv"
#: The test list that is official since July 2018.
CLEAN = "metadata/test/test.csv"
#: The test list of the first commit (860943d), 46 of whose clips are training clips too.
ORIGINAL = "metadata_history/test_2018-03-29_860943d.csv"
#: The clips that the correction took off the test list.
REMOVED = "metadata/test/files_to_remove.csv"
EVALUATION = "metadata/eval/eval.csv"
TRAIN_AUDIO, TEST_AUDIO = "audio/train/weak", "audio/test"
#: Features released by the authors of EDC: a folder of `<clip>.cpickle` or `<clip>.npy` per part.
TRAIN_FEATURES, TEST_FEATURES = "features/train", "features/test"
SECONDS = 10.0


@dataclass(frozen=True)
class Layout:
    """The lists in a root, read once, and the places of its files. What reads a list raises DataError if it is bad.

    elsewhere: lists that lie at another path, by their place below the root.
    """

    root: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)

    def path(self, place: str) -> Path:
        """The path of a list."""
        return self.elsewhere.get(place, self.root / place)

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What `miniature.json` or `standin.json` says; nothing for the real set. Raises DataError for a bad one."""
        return read_declaration(self.root, "dcase2018_domestic", _checked)

    @property
    def corpus(self) -> str:
        """Which corpus lies here: real, miniature or standin."""
        return str(self.declared.get("corpus", "real"))

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten official classes, unless a generated corpus declares others."""
        return tuple(self.declared.get("classes", CLASSES))

    @property
    def clip_seconds(self) -> float:
        """The nominal length of every clip in seconds: 10, unless a generated corpus declares another."""
        return float(self.declared.get("clip_seconds", SECONDS))

    @cached_property
    def weak(self) -> Labels:
        """The weak list: 1578 clips in the real set."""
        return read_weak(self.path(WEAK), self.classes)

    @cached_property
    def clean(self) -> Labels:
        """The corrected test list: 288 clips in the real set."""
        return read_strong(self.path(CLEAN), self.classes)

    @cached_property
    def original(self) -> Labels:
        """The first test list; in a generated corpus that has none, the only one."""
        path = self.path(ORIGINAL)
        if not path.is_file() and self.declared:
            return self.clean
        return read_strong(path, self.classes)

    @cached_property
    def test(self) -> Labels:
        """The clips of both test lists: the corrected one, then what only the first one has."""
        lacking = [item for item in self.original if item not in self.clean]
        return {**self.clean, **{item: self.original[item] for item in lacking}}

    @cached_property
    def validation(self) -> frozenset[str]:
        """The clips of the weak list that validate: see `choose_validation`, unless they are declared."""
        if "validation" in self.declared:
            return frozenset(self.declared["validation"])
        return choose_validation(self.weak)

    @property
    def units(self) -> dict[str, str]:
        """The bootstrap units of clips that a generated corpus declares, because they share recordings."""
        return dict(self.declared.get("units", {}))

    def lists(self) -> list[Path]:
        """The files that decide about parts and labels, those that are here."""
        return [path for name in (WEAK, CLEAN, ORIGINAL, *DECLARATIONS) if (path := self.root / name).is_file()]

    def documents(self) -> list[Path]:
        """The other lists, licences and credits."""
        names = ("LICENSE*", "README*", "CREDITS*", REMOVED, EVALUATION)
        return sorted(path for name in names for path in self.root.glob(name) if path.is_file())

    def entries(self, train: str, test: str, endings: tuple[str, ...]) -> dict[str, Path]:
        """Where every listed clip lies that is here, by official name: of the weak list, then of the test lists.

        train, test: folders below the root. A training clip that lies only in `test` is taken from there, and the
        reverse: the 46 clips on both lists are the same audio, whose place depends on when it was downloaded.
        """
        here = {folder: _stems(self.root / folder, endings) for folder in (train, test)}
        found: dict[str, Path] = {}
        for item in {**self.weak, **self.test}:
            folders = [folder for folder, names in ((train, self.weak), (test, self.test)) if item in names]
            paths = [path for folder in folders if (path := here[folder].get(item.removesuffix(".wav")))]
            if paths:
                found[item] = next((path for path in paths if path.is_file()), paths[0])
        return found


def _stems(folder: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """What a folder has under official names with one of the endings (the first wins), by name without ending."""
    if not folder.is_dir():
        return {}
    paths = [path for path in folder.iterdir() if path.suffix in endings and is_official(f"{path.stem}.wav")]
    return {path.stem: path for path in sorted(paths, key=lambda path: -endings.index(path.suffix))}


def _checked(declared: Declared) -> Declared:
    float(declared["clip_seconds"])
    for name in ("classes", "validation"):
        some = declared.get(name, [])
        if not (isinstance(some, list) and all(isinstance(one, str) for one in some)):
            raise ValueError(name)
    if not isinstance(declared.get("units", {}), dict):
        raise ValueError("units")
    return declared
