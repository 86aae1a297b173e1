"""Recordings with and without an event, small enough for tests, that worker processes can import."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.contract import Dataset, Parts

RATE = 44100


class FakeWhistles(Dataset):
    """Recordings with one kind of event; what is true of them is theirs to say (FakeRecordings)."""

    name = "fake_whistles"
    sample_rate = RATE
    classes, folds = ("whistle",), (1,)
    clip_seconds = 2.0

    def parts(self, fold: int = 1) -> Parts:
        train = FakeRecordings().reference()
        return Parts(train, train[:0], {"test": self.truth()})

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        return FakeRecordings(test_set).reference()

    def load(self, item: str) -> np.ndarray:
        return FakeRecordings(item[:-4]).load(item)

    def fingerprint(self) -> str:
        return FakeRecordings().fingerprint()

    def files(self) -> list[Path]:
        return []


class FakeRecordings:
    """Noise with a whistle in `events` of the `count` recordings, 2 s long; every fourth one has none."""

    name = "fake"
    sample_rate = RATE

    def __init__(self, subset: str = "train", count: int = 24, events: int = 18, seconds: float = 2.0):
        self.subset, self.seconds = subset, seconds
        self.items = tuple(f"{subset}-{number:03d}" for number in range(count))
        draw = np.random.default_rng(len(subset))
        # The ones without an event come first in every group, so that no order does what a draw should do.
        active = sorted(range(count), key=lambda number: (number % 4 == 0, number))[:events]
        self.times = {
            self.items[number]: (onset, onset + draw.uniform(0.1, 0.5))
            for number in sorted(active)
            for onset in [draw.uniform(0.0, seconds - 0.6)]
        }
        self.loaded: list[str] = []

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.items} {self.times}".encode()).hexdigest()[:16]

    def load(self, item: str) -> np.ndarray:
        self.loaded.append(item)
        seed = int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "big")
        time = np.arange(round(self.seconds * RATE)) / RATE
        sound = np.random.default_rng(seed).normal(0, 0.01, len(time))
        onset, offset = self.times.get(item, (0.0, 0.0))
        sound += np.where((time >= onset) & (time < offset), 0.2 * np.sin(2 * np.pi * 3000 * time), 0.0)
        return sound.astype(np.float32)

    def reference(self) -> pd.DataFrame:
        times = [self.times.get(item, (np.nan, np.nan)) for item in self.items]
        columns = {
            "label": ["whistle" if item in self.times else "" for item in self.items],
            "onset": [onset for onset, _ in times],
            "offset": [offset for _, offset in times],
            "unit": list(self.items),
        }
        return pd.DataFrame(columns, index=pd.Index(self.items, name="item"))
