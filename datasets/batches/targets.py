"""Labels of clips as numbers."""

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
