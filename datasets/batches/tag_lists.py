"""Lists of clips with any number of labels: as numbers, and cut short for quick trials."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from datasets.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def multi_hot(part: "pd.DataFrame", classes: Sequence[str]) -> Tensor:
    """The labels of clips as (n, classes) float32 of 0 and 1.

    part: index item, column label (class names joined by ",", "" for none). Raises DataError for an unknown label.
    """
    place = {name: number for number, name in enumerate(classes)}
    found = torch.zeros(len(part), len(classes))
    for row, (item, label) in enumerate(part["label"].items()):
        for name in filter(None, label.split(",")):
            if name not in place:
                raise DataError(f"{item}: label {name!r} is none of the classes {', '.join(classes)}; mend the list")
            found[row, place[name]] = 1.0
    return found


def spread(part: "pd.DataFrame", limit: int | None) -> "pd.DataFrame":
    """At most `limit` of the clips, in their order: in turn, by name, one whose rarest label fewest have so far.

    So some of every class are left where the limit allows it, and some clips without a label.
    """
    if not limit or len(part) <= limit:
        return part
    left = {item: label.split(",") for item, label in part["label"].sort_index().items()}
    counts = Counter[str]()
    for _ in range(limit):
        rarest = min(left, key=lambda item: min(counts[label] for label in left[item]))
        counts.update(left.pop(rarest))
    return part[~part.index.isin(left)]
