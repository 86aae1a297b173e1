"""What a network says about a sound, of all of it and of every second, as a table."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

#: How the parts of a sound are put together, by task: over those of a second, and over all.
TOGETHER: dict[str, tuple[str, str]] = {
    "clips": ("mean", "mean"),
    "tags": ("max", "max"),
    "frames": ("max", "max"),
    "activity": ("mean", "mean"),
}
#: What a score is, once it is no logit any more, by kind of scores.
QUANTITY = {"decision": "share of votes", "linear": "activity"}


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says about a sound.

    whole: (classes,) of all of it. seconds: (n, classes) of each second, None where the network tells no parts.
    quantity: what the values are. notes: what was changed of the sound, and what of it was not heard.
    """

    classes: tuple[str, ...]
    whole: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64] | None
    quantity: str
    notes: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """The class with the largest value of the whole sound."""
        return self.classes[int(self.whole.argmax())]

    def frame(self) -> "pd.DataFrame":
        """A row for the whole sound ("whole") and one for each second (0, 1, ...), a column per class."""
        import pandas as pd

        rows = [self.whole, *([] if self.seconds is None else self.seconds)]
        parts = ["whole", *map(str, range(len(rows) - 1))]
        return pd.DataFrame(np.stack(rows), columns=list(self.classes), index=pd.Index(parts, name="second"))


def per_second(
    values: npt.NDArray[np.float64], spans: npt.NDArray[np.float64], seconds: float, rule: Literal["mean", "max"] | str
) -> npt.NDArray[np.float64]:
    """Values (seconds, classes) of every begun second: of those (parts, classes) whose spans (parts, 2) reach into it.

    A second into which none reaches has those of the nearest part.
    """
    found = []
    for second in range(max(1, math.ceil(seconds - 1e-6))):
        inside = (spans[:, 0] < second + 1 - 1e-9) & (spans[:, 1] > second + 1e-9)
        if not inside.any():
            inside[np.abs(spans.mean(axis=1) - second - 0.5).argmin()] = True
        found.append(together(values[inside], rule))
    return np.stack(found)


def together(values: npt.NDArray[np.float64], rule: str) -> npt.NDArray[np.float64]:
    """Of values (n, classes) their mean or their largest, by the rule ("mean", "max"): (classes,)."""
    return np.asarray(values.max(axis=0) if rule == "max" else values.mean(axis=0))
