"""The seconds of recordings that runs with soft labels show: recording, second and class, joined by a colon.

datasets.batches.activity names them so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Second:
    """A second of a recording, and the class with the largest soft label in it."""

    recording: str
    number: int
    label: str

    @classmethod
    def of(cls, item: str) -> "Second":
        """The second that an item names."""
        recording, number, label = item.split(":", 2)
        return cls(recording, int(number), label)


def class_of(item: str) -> str:
    """The class of the second that an item names."""
    return Second.of(item).label


def surest_of_each_class(items: Iterable[str], truth: "pd.DataFrame", most: int) -> list[str]:
    """Of each class the item with its largest label; of the classes that most items have, so many at most.

    They come in the order of the items. truth: the reference of the test set, with onset and activity.
    """
    items, by_class = list(items), dict[str, list[str]]()
    for item in items:
        by_class.setdefault(class_of(item), []).append(item)
    usual = sorted(by_class.values(), key=len, reverse=True)[:most]
    chosen = {max(of_class, key=lambda item: _largest(item, truth)) for of_class in usual}
    return [item for item in items if item in chosen]


def _largest(item: str, truth: "pd.DataFrame") -> float:
    second = Second.of(item)
    rows = truth.loc[[second.recording]]
    return float(rows["activity"][(rows["onset"] == second.number) & (rows["label"] == second.label)].sum())


def is_whole(item: str, truth: "pd.DataFrame", around: int) -> bool:
    """Whether the recording has all so many seconds before and behind the one that an item names."""
    second = Second.of(item)
    lasting = int(truth.loc[[second.recording], "seconds"].iloc[0])
    return around <= second.number < lasting - around


def labels_around(item: str, truth: "pd.DataFrame", around: int, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """The soft labels (2 around + 1,) of the classes that are heard around a second; NaN where there is no recording.

    truth: the reference of the test set, with onset, activity and seconds.
    """
    second, length = Second.of(item), 2 * around + 1
    rows = truth.loc[[second.recording]]
    first = second.number - around
    there = (np.arange(length) + first >= 0) & (np.arange(length) + first < int(rows["seconds"].iloc[0]))
    found = {}
    for label in classes:
        of_class = rows[rows["label"] == label]
        places = of_class["onset"].to_numpy().astype(int) - first
        near = (places >= 0) & (places < length)
        if near.any():
            found[label] = np.where(there, 0.0, np.nan)
            found[label][places[near]] = of_class["activity"].to_numpy()[near]
    return found
