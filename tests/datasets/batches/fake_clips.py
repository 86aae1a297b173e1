"""A dataset without files, small enough for tests, that worker processes can import."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.contract import Dataset, Parts
from datasets.errors import DataError

CLASSES = ("hum", "hiss", "tick")
FOLDS = (1, 2, 3, 4, 5)


class FakeClips(Dataset):
    """Noises, tones and clicks: `per` clips of each class in each of five folds, `seconds` long."""

    name = "fake"
    sample_rate = 44100
    classes = CLASSES
    folds = FOLDS

    def __init__(self, per: int = 2, seconds: float = 1.0, salt: str = "", bad: str | None = None):
        self.per, self.seconds, self.salt, self.bad = per, seconds, salt, bad
        self.loaded: list[str] = []

    def index(self) -> pd.DataFrame:
        rows = [
            {"item": f"{fold}-{number}-{label}", "fold": fold, "label": label, "unit": str(number)}
            for fold in FOLDS
            for label in CLASSES
            for number in range(self.per)
        ]
        return pd.DataFrame(rows).sort_values("item", ignore_index=True)

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.per} {self.seconds} {self.salt}".encode()).hexdigest()[:16]

    def load(self, item: str) -> np.ndarray:
        self.loaded.append(item)
        if item == self.bad:
            raise DataError(f"{item}: unreadable")
        draw = np.random.default_rng(abs(hash_of(item)))
        n = round(self.seconds * self.sample_rate)
        time = np.arange(n) / self.sample_rate
        label = item.split("-")[2]
        sound = {
            "hum": 0.3 * np.sin(2 * np.pi * draw.uniform(100, 300) * time),
            "hiss": draw.normal(0, 0.1, n),
            "tick": np.where(time % 0.2 < 0.002, 0.8, 0.0),
        }[label]
        return (sound + draw.normal(0, 1e-3, n)).astype(np.float32)

    def parts(self, fold: int) -> Parts:
        truth = self.truth()
        return Parts(truth[truth["fold"] != fold], truth[:0], {"test": truth[truth["fold"] == fold]})

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        return self.index().set_index("item")

    def listed(self, part: str, fold: int = 1) -> int:
        return {"train": 4, "test": 1}.get(part, 0) * self.per * len(CLASSES)

    @property
    def clip_seconds(self) -> float:
        return self.seconds

    def files(self) -> list[Path]:
        return []


class FakeScenes(FakeClips):
    """The same with lists: the first clip of each class and fold validates, and two more of each class are a set."""

    name = "fake_scenes"

    def parts(self, fold: int) -> Parts:
        train, _, test = super().parts(fold)
        first = train["unit"] == "0"
        return Parts(train[~first], train[first], {**test, "evaluation": self.truth("evaluation")})

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        if test_set == "test":
            return super().truth()
        items = [f"e-{number}-{label}" for label in CLASSES for number in range(2)]
        columns = {"label": [item.split("-")[2] for item in items], "unit": items, "fold": 1}
        return pd.DataFrame(columns, index=pd.Index(items, name="item"))

    def listed(self, part: str, fold: int = 1) -> int:
        folds = {"train": 4 * (self.per - 1), "validation": 4, "test": self.per, "evaluation": 2}
        return folds[part] * len(CLASSES)


class UnvalidatedScenes(FakeScenes):
    """The same training and test lists, and none for validation."""

    def parts(self, fold: int) -> Parts:
        whole = super().parts(fold)
        return whole._replace(validation=whole.validation[:0])


def hash_of(item: str) -> int:
    return int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "big")
