"""Where things lie in a MAESTRO Real folder, and how a miniature or a stand-in says what it holds instead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.acquire.importing import inside, no_file
from datasets.errors import DataError
from datasets.generated import DECLARATIONS, Declared, read_declaration

#: The folders of the two records, as their archives have them.
DEVELOPMENT, ANNOTATION, EVALUATION = "development_audio", "development_annotation", "Evaluation_audio"
#: The lists, as the official baseline's repository has them.
FOLD_LISTS, DURATIONS, HARD = "development_folds", "metadata/development_metadata.csv", "metadata/gt_dev.csv"
#: The lists of a fold, by the end of their names.
KINDS = ("train", "val", "test")
FOLDS = (1, 2, 3, 4, 5)
RATE = 44100
#: The 17 classes in the order of their indices in the official baseline, spelled as the files spell them.
CLASSES = (
    *("birds_singing", "car", "people talking", "footsteps", "children voices", "wind_blowing", "brakes_squeaking"),
    *("large_vehicle", "cutlery and dishes", "furniture dragging", "coffee machine", "metro approaching"),
    *("metro leaving", "door opens/closes", "announcement", "shopping cart", "cash register beeping"),
)
#: The 11 classes that are scored, in their usual order.
SCORED = (*CLASSES[:9], "metro approaching", "metro leaving")
#: Recordings of each scene; they have one numbering, of which these are the evaluation set.
RECORDINGS = {
    "cafe_restaurant": 15,
    "city_center": 15,
    "grocery_store": 14,
    "metro_station": 14,
    "residential_area": 17,
}
EVALUATION_NUMBERS = {
    "cafe_restaurant": (1, 2, 3, 5, 9),
    "city_center": (0, 1, 3, 8, 13),
    "grocery_store": (5, 6, 7, 10, 13),
    "metro_station": (3, 6, 8, 9, 13),
    "residential_area": (2, 10, 11, 13, 15, 16),
}
SCENES = tuple(RECORDINGS)
#: The items of each record, scene by scene: 49 and 26.
ITEMS = {
    record: {
        scene: tuple(
            f"{scene}_{number:02d}"
            for number in range(count)
            if (number in EVALUATION_NUMBERS[scene]) == (record == EVALUATION)
        )
        for scene, count in RECORDINGS.items()
    }
    for record in (DEVELOPMENT, EVALUATION)
}
_ITEM = re.compile(rf"({'|'.join(SCENES)})_\d\d", re.ASCII)
_EVALUATION_ITEMS = frozenset(item for items in ITEMS[EVALUATION].values() for item in items)
GET_AGAIN = "run `python -m benchmarks data fetch maestro_real`"


def scene_of(item: str) -> str:
    """The scene of an item, by its name. Raises DataError for another name."""
    match = _ITEM.fullmatch(item)
    if match is None:
        raise DataError(f"{item!r} is no name like cafe_restaurant_07")
    return match[1]


def is_item(name: str) -> bool:
    """Whether a name is one of a recording, of either set."""
    return _ITEM.fullmatch(name) is not None


def record_of(item: str) -> str:
    """The set that an item is of: DEVELOPMENT, or EVALUATION for the published numbers of it."""
    return EVALUATION if item in _EVALUATION_ITEMS else DEVELOPMENT


@dataclass(frozen=True)
class Layout:
    """The files of a dataset's root: the folders of the records, and the lists of the official baseline."""

    root: Path

    def audio(self, item: str) -> Path:
        """The file of a recording. Raises DataError for a name that is none."""
        return self.root / record_of(item) / scene_of(item) / f"{item}.wav"

    def labels(self, item: str) -> Path:
        """The soft labels of a recording. Raises DataError for a name that is none."""
        scene = scene_of(item)
        return self.root / ANNOTATION / f"soft_labels_{scene}" / f"{item}.txt"

    def fold_list(self, fold: int, kind: str) -> Path:
        """A list of a fold: kind is one of KINDS."""
        return self.root / FOLD_LISTS / f"fold{fold}_{kind}.csv"

    @property
    def durations(self) -> Path:
        """The list of all development recordings with their durations."""
        return self.root / DURATIONS

    @property
    def hard(self) -> Path:
        """The official hard labels, which soft labels above one half have to give."""
        return self.root / HARD

    def lists(self) -> list[Path]:
        """The lists that decide and are here."""
        folds = [self.fold_list(fold, kind) for fold in FOLDS for kind in KINDS]
        return [path for path in (self.durations, *folds) if path.is_file()]

    def entries(self, record: str) -> dict[str, Path]:
        """What lies in a record's folder under the name of one of its items, a file or not; by item."""
        return {path.stem: path for path in self._inside(record) if self._is_in_place(record, path)}

    def names(self, record: str) -> frozenset[str]:
        """The items whose files are in a record's folder."""
        return frozenset(item for item, path in self.entries(record).items() if path.is_file())

    def unusable(self, record: str) -> dict[str, str]:
        """The items under whose names there is no file, but a link to nothing or a folder, and why."""
        return {item: no_file(path) for item, path in self.entries(record).items() if not path.is_file()}

    def strangers(self, record: str) -> list[Path]:
        """What else lies in a record's folder."""
        found = (path for path in self._inside(record) if not path.name.startswith("."))
        return sorted(path for path in found if not self._is_in_place(record, path))

    def _is_in_place(self, record: str, path: Path) -> bool:
        known = is_item(path.stem) and path.suffix in (".wav", ".txt")
        place = self.labels if record == ANNOTATION else self.audio
        return known and path == place(path.stem)

    def _inside(self, record: str) -> list[Path]:
        """All that lies in the scenes' folders of a record."""
        prefix = "soft_labels_" if record == ANNOTATION else ""
        return [path for scene in SCENES for path in inside(self.root / record / f"{prefix}{scene}")]

    def documents(self) -> list[Path]:
        """Licences, notes, the official hard labels, and declarations."""
        names = ("README*", "LICENSE*", "LICENCE*", "CREDITS*", HARD, *DECLARATIONS)
        return sorted({path for name in names for path in self.root.glob(name) if path.is_file()})

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What `miniature.json` or `standin.json` says; nothing for the real set. Raises DataError for a bad one."""
        return read_declaration(self.root, "maestro_real", _checked)

    @property
    def corpus(self) -> str:
        """Which corpus lies here: real, miniature or standin."""
        return str(self.declared.get("corpus", "real"))

    def expected(self, record: str) -> Mapping[str, int]:
        """How many recordings of each scene a record should have: official counts, or what a generated corpus says."""
        if self.declared:
            counts: dict[str, int] = self.declared["recordings"][record]
            return counts
        return {scene: len(items) for scene, items in ITEMS[record].items()}


def _checked(declared: Declared) -> Declared:
    counts = {
        record: {scene: int(declared["recordings"][record][scene]) for scene in SCENES}
        for record in (DEVELOPMENT, EVALUATION)
    }
    return {**declared, "recordings": counts}
