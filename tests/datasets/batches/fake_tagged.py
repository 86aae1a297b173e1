"""Clips with several labels, small enough for tests, that fulfil what TagDataModule needs of a dataset."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.contract import Dataset, Parts
from datasets.errors import DataError

CLASSES = ("hum", "hiss", "tick")
PARTS = ("train", "validation", "test")
#: The labels that clips have in turn.
TURNS = ("hum", "hiss", "tick", "hum,hiss", "", "hiss,tick")


class FakeTagged(Dataset):
    """Hums, hisses and clicks at 16 kHz, one second long unless named in `short`; one clip is in training and test."""

    name = "fake_tagged"
    sample_rate = 16000
    folds = (1,)
    classes = CLASSES

    def __init__(
        self,
        sizes: tuple[int, int, int] = (24, 9, 8),
        seconds: float = 1.0,
        short: tuple[str, ...] = (),
        bad: str | None = None,
        labels: dict[str, str] | None = None,
    ):
        self.sizes = dict(zip(PARTS, sizes, strict=True))
        self.seconds, self.short, self.bad, self.labels = seconds, short, bad, labels or {}
        self.loaded: list[str] = []

    def parts(self, fold: int = 1) -> Parts:
        return Parts(self.part("train"), self.part("validation"), {"test": self.part("test")})

    def part(self, part: str) -> pd.DataFrame:
        # Names count down, so that the list's order is not that of the names.
        items = [f"{part}-{number:03d}" for number in reversed(range(self.sizes[part]))]
        if part == "test" and self.sizes["train"] and items:
            items[-1] = "train-000"
        labels = [self.labels.get(item, TURNS[int(item[-3:]) % len(TURNS)]) for item in items]
        columns = {"label": labels, "unit": items, "fold": 1}
        return pd.DataFrame(columns, index=pd.Index(items, name="item", dtype=object))

    def listed(self, part: str, fold: int = 1) -> int:
        return self.sizes[part] + 1

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        return self.part("test")

    @property
    def clip_seconds(self) -> float:
        return self.seconds

    def files(self) -> list[Path]:
        return []

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.sizes} {self.clip_seconds} {self.short}".encode()).hexdigest()[:16]

    def load(self, item: str) -> np.ndarray:
        self.loaded.append(item)
        if item == self.bad:
            raise DataError(f"{item}: unreadable")
        draw = np.random.default_rng(int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "big"))
        seconds = self.clip_seconds * (0.7 if item in self.short else 1.0)
        time = np.arange(round(seconds * self.sample_rate)) / self.sample_rate
        label = TURNS[int(item[-3:]) % len(TURNS)]
        sound = draw.normal(0, 1e-3, len(time))
        sound += 0.3 * np.sin(2 * np.pi * draw.uniform(100, 300) * time) if "hum" in label else 0.0
        sound += draw.normal(0, 0.1, len(time)) if "hiss" in label else 0.0
        sound += np.where(time % 0.2 < 0.002, 0.8, 0.0) if "tick" in label else 0.0
        return sound.astype(np.float32)
