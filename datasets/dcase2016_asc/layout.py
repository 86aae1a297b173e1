"""Where things lie in the two official folders, and how a miniature or a stand-in says what it holds instead."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.acquire.importing import names_in, unusable_in
from datasets.generated import DECLARATIONS, Declared, read_declaration

DEVELOPMENT = "TUT-acoustic-scenes-2016-development"
EVALUATION = "TUT-acoustic-scenes-2016-evaluation"
RECORDS = (DEVELOPMENT, EVALUATION)
FOLDS = (1, 2, 3, 4)
META, ERRORS, SETUP, AUDIO = "meta.txt", "error.txt", "evaluation_setup", "audio"
#: The lists of a fold: what it trains on, what it tests, and that with scenes.
KINDS = ("train", "test", "evaluate")
#: The evaluation set's own lists, in SETUP.
EVALUATE, TEST = "evaluate.txt", "test.txt"
#: The fifteen scenes as the files spell them, in alphabetical order.
CLASSES = (
    *("beach", "bus", "cafe/restaurant", "car", "city_center", "forest_path", "grocery_store", "home", "library"),
    *("metro_station", "office", "park", "residential_area", "train", "tram"),
)
#: Files of every scene in each record: 1170 and 390 files in all.
PER_CLASS = {DEVELOPMENT: 78, EVALUATION: 26}
SECONDS = 30.0
GET_AGAIN = "run `python -m benchmarks data fetch dcase2016_asc`"
#: Said where nothing tells which scenes the evaluation files are, as in the challenge's own release.
NO_TRUTH = f"the challenge's release lacks the truth, the record's meta archive has it: {GET_AGAIN}"


@dataclass(frozen=True)
class Layout:
    """The files of a dataset's root, which holds both official folders, or one of them."""

    root: Path

    def folder(self, record: str) -> Path:
        """The official folder of DEVELOPMENT or EVALUATION."""
        return self.root / record

    def audio(self, item: str) -> Path:
        """The file of an item; names of development items are no numbers."""
        record = EVALUATION if item.removesuffix(".wav").isdecimal() else DEVELOPMENT
        return self.folder(record) / AUDIO / item

    def meta(self, record: str = DEVELOPMENT) -> Path:
        """The list of all items of a record with their scenes."""
        return self.folder(record) / META

    @property
    def errors(self) -> Path:
        """The list of flaws of development recordings; old releases have none."""
        return self.folder(DEVELOPMENT) / ERRORS

    def fold_list(self, fold: int, kind: str) -> Path:
        """A list of a fold: kind is one of KINDS."""
        return self.folder(DEVELOPMENT) / SETUP / f"fold{fold}_{kind}.txt"

    def evaluation_list(self, name: str) -> Path:
        """EVALUATE or TEST."""
        return self.folder(EVALUATION) / SETUP / name

    def lists(self) -> list[Path]:
        """The lists that decide and are here."""
        folds = [self.fold_list(fold, kind) for fold in FOLDS for kind in KINDS]
        evaluation = [self.meta(EVALUATION), self.evaluation_list(EVALUATE), self.evaluation_list(TEST)]
        return [path for path in (self.meta(), *folds, *evaluation) if path.is_file()]

    def names(self, record: str) -> frozenset[str]:
        """The names of the files that are in a record's folder of audio."""
        return names_in(self.folder(record) / AUDIO)

    def unusable(self, record: str) -> dict[str, str]:
        """The names there that are of no file, such as a link to nothing, and why."""
        return unusable_in(self.folder(record) / AUDIO)

    def documents(self) -> list[Path]:
        """Licences, notes, the list of flaws, and declarations."""
        names = ("README*", "LICENSE*", "LICENCE*", "EULA*", "CREDITS*", ERRORS, *DECLARATIONS)
        folders = (self.root, *(self.folder(record) for record in RECORDS))
        return sorted({path for folder in folders for name in names for path in folder.glob(name) if path.is_file()})

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What `miniature.json` or `standin.json` says; nothing for the real set. Raises DataError for a bad one."""
        return read_declaration(self.root, "dcase2016_asc", _checked)

    @property
    def corpus(self) -> str:
        """Which corpus lies here: real, miniature or standin."""
        return str(self.declared.get("corpus", "real"))

    @property
    def clip_seconds(self) -> float:
        """The length of every item in seconds."""
        return float(self.declared.get("clip_seconds", SECONDS))

    @property
    def per_class(self) -> dict[str, int]:
        """How many files of each scene each record should have: official counts, or what a generated corpus says."""
        return self.declared["per_class"] if self.declared else PER_CLASS


def _checked(declared: Declared) -> Declared:
    per_class = {record: int(declared["per_class"][record]) for record in RECORDS}
    return {**declared, "per_class": per_class, "clip_seconds": float(declared.get("clip_seconds", SECONDS))}
