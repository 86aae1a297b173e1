"""Recordings of two scenes and several lengths with soft labels, small enough for tests, as MAESTRO Real has them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.contract import Dataset, Parts

RATE = 44100
CLASSES = ("hum", "whistle", "hiss")
#: Durations in seconds: some shorter than a chunk of 5 s, with and without a last second that is not complete.
LENGTHS = {
    "cafe_0": 8.3, "cafe_1": 7.0, "cafe_2": 4.6, "metro_0": 9.9, "metro_1": 6.0, "metro_2": 8.45, "metro_3": 5.2,
}  # fmt: skip
PARTS = {"train": ("metro_0", "cafe_0", "metro_1"), "validation": ("cafe_1", "metro_3"), "test": ("metro_2", "cafe_2")}


class FakeStreet(Dataset):
    """A tone for each class, as loud as its soft label, in noise; "hiss" is not scored. One fold."""

    name = "fake_street"
    sample_rate = RATE
    classes, scored, folds, scenes = CLASSES, CLASSES[:2], (1,), ("cafe", "metro")
    clip_seconds = 9.9

    def __init__(self, lengths: Mapping[str, float] = LENGTHS) -> None:
        self.lengths = dict(lengths)

    def soft(self, item: str) -> np.ndarray:
        """(seconds, 3), no two the same; the first class wins in most of them."""
        draw = np.random.default_rng(int.from_bytes(hashlib.sha256(item.encode()).digest()[:4], "big"))
        soft = draw.uniform(0, 1, (int(self.lengths[item]), 3)).round(3)
        soft[:, 0] = 0.3 + 0.7 * soft[:, 0]
        return soft.astype(np.float32)

    def scene(self, item: str) -> str:
        return item.split("_")[0]

    def seconds(self, item: str) -> float:
        return self.lengths[item]

    def load(self, item: str) -> np.ndarray:
        time = np.arange(round(self.lengths[item] * RATE)) / RATE
        sound = np.random.default_rng(len(time)).normal(0, 0.005, len(time))
        soft = np.concatenate([self.soft(item), np.zeros((1, 3), dtype=np.float32)])[time.astype(int)]
        for column, frequency in enumerate((200.0, 1000.0, 4000.0)):
            sound += 0.1 * soft[:, column] * np.sin(2 * np.pi * frequency * time)
        return sound.astype(np.float32)

    def fingerprint(self) -> str:
        return hashlib.sha256(str(self.lengths).encode()).hexdigest()[:16]

    def files(self) -> list[Path]:
        return []

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        rows = [
            (item, label, item, 1, float(second), second + 1.0, soft[second, column])
            for item in PARTS["test"] for soft in [self.soft(item)]
            for second in range(len(soft)) for column, label in enumerate(CLASSES)
        ]  # fmt: skip
        names = ["item", "label", "unit", "fold", "onset", "offset", "activity"]
        return pd.DataFrame(rows, columns=names).set_index("item")

    def parts(self, fold: int = 1) -> Parts:
        train, validation = (
            pd.DataFrame({"label": "", "unit": PARTS[name], "fold": 1}, index=pd.Index(PARTS[name], name="item"))
            for name in ("train", "validation")
        )
        return Parts(train, validation, {"test": self.truth()})
