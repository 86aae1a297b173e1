"""The toy's datasets; as those of real wings they need no torch."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.contract import Dataset, Parts
from datasets.errors import DataError

FOLDS, PER_FOLD, CLASSES = (1, 2), 20, ("high", "low")
ITEMS = [f"{fold}-{number:03d}-{CLASSES[number % 2]}" for fold in FOLDS for number in range(PER_FOLD)]


class ToyFiles(Dataset):
    """The toy's files; what is true of its items is not said by their names, unless a subclass reads them."""

    name = "toy"
    title, licence, citation, homepage = "Toy", "CC0", "nobody", "nowhere"
    classes, folds, sample_rate, clip_seconds = CLASSES, FOLDS, 1, 1.0

    def __init__(self, root: Path, cache: Path | None = None):
        self.root, self.cache = Path(root), cache
        if not self.root.is_dir():
            raise DataError(f"{root}: no such data root")

    def fingerprint(self) -> str:
        return hashlib.sha256(b"toy").hexdigest()[:16]

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.iterdir() if path.is_file())

    def load(self, item: str) -> np.ndarray:
        return np.zeros(1, dtype=np.float32)

    def parts(self, fold: int) -> Parts:
        truth = self.truth()
        return Parts(truth[truth["fold"] != fold], truth[:0], {"test": truth[truth["fold"] == fold]})


class ToyDataset(ToyFiles):
    version = 1

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        return self.truth_of_names(ITEMS)

    @classmethod
    def truth_of_names(cls, items) -> pd.DataFrame:
        fields = [item.split("-") for item in items]
        frame = pd.DataFrame(
            {"label": [f[2] for f in fields], "unit": [f[1] for f in fields], "fold": [int(f[0]) for f in fields]}
        )
        frame.index = pd.Index(list(items), name="item")
        return frame


class ToyAnnotated(ToyFiles):
    """Annotations instead of telling names: a table of what is true, with a test list that leaves one item out."""

    version = 1

    def truth(self, test_set: str = "plain") -> pd.DataFrame:
        truth = ToyDataset.truth_of_names(ITEMS).assign(official=[not item.startswith("1-000") for item in ITEMS])
        return truth.rename(index=lambda item: f"{test_set} {item[:5]}")
