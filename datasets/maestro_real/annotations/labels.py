"""Labels of MAESTRO Real: how sure annotators are of each class in each second, and what is held to be there."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.errors import DataError
from datasets.maestro_real.annotations.tables import fault, number_of, rows, second_of, shown
from datasets.maestro_real.layout import CLASSES, SCORED, is_item

#: A soft value above this is a hard label; official values never equal it.
THRESHOLD = 0.5
#: Official values exceed 1 by up to 3e-8, and are clipped; what exceeds it by more than this is none (assumed).
EXCESS = 0.001
HEADER = ("filename", "onset", "offset", "event_label")


def read_soft(path: Path, seconds: int | None) -> NDArray[np.float64]:
    """The soft labels (seconds, 17) in [0, 1] of a recording with so many complete seconds.

    A line is `0.0<TAB>1.0<TAB>footsteps<TAB>0.13`: one class in one second; classes without a line have the value 0.
    seconds: None where the duration is not known, which is then that of the last line. Raises DataError, with file and
    line, for a line of another form, times off the grid of whole seconds or after the end, an unknown class, a value
    that is negative or above 1, and for a class that stands twice in a second.
    """
    lines: dict[tuple[int, int], int] = {}
    values: list[float] = []
    for line, fields in rows(path):
        if len(fields) != 4:
            raise fault(path, line, f"{shown(fields)} instead of onset, offset, class and value with tabs between them")
        onset, offset, label, value = fields
        if label not in CLASSES:
            raise fault(path, line, f"unknown class {label!r}; known: {', '.join(CLASSES)}")
        second = second_of(path, line, onset, offset)
        if seconds is not None and second >= seconds:
            raise fault(path, line, f"second {second} of a recording that has {seconds} complete ones")
        place = second, CLASSES.index(label)
        if place in lines:
            raise fault(path, line, f"{label} in second {second} stands twice, in line {lines[place]} too")
        activity = number_of(value)
        if not 0 <= activity <= 1 + EXCESS:
            raise fault(path, line, f"{label} has the value {value}, which is none from 0 to 1")
        lines[place] = line
        values.append(min(activity, 1.0))
    if not lines:
        raise fault(path, 1, "no line has a label")
    places = np.array(list(lines))
    soft = np.zeros((places[:, 0].max() + 1 if seconds is None else seconds, len(CLASSES)))
    soft[tuple(places.T)] = values
    return soft


def read_hard(path: Path) -> dict[str, NDArray[np.bool_]]:
    """The official hard labels by item: (seconds, 11), the seconds up to its last one with a label.

    Raises DataError, with file and line, for a line that is none.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for line, (name, onset, offset, label) in rows(path, HEADER):
        item = name.removesuffix(".wav")
        if not is_item(item) or item == name:
            raise fault(path, line, f"{name!r} is no name like cafe_restaurant_07.wav")
        if label not in SCORED:
            raise fault(path, line, f"{label!r} is none of the scored classes {', '.join(SCORED)}")
        found.setdefault(item, []).append((second_of(path, line, onset, offset), SCORED.index(label)))
    hard = {}
    for item, places in found.items():
        hard[item] = np.zeros((max(second for second, _ in places) + 1, len(SCORED)), dtype=bool)
        hard[item][tuple(np.array(places).T)] = True
    return hard


def check_hard(item: str, hard: NDArray[np.bool_], official: NDArray[np.bool_], path: Path) -> None:
    """Raise DataError where hard labels (seconds, 11) are not the official ones, which may end earlier."""
    told = np.zeros((max(len(hard), len(official)), len(SCORED)), dtype=bool)
    told[: len(official)] = official
    given = np.zeros_like(told)
    given[: len(hard)] = hard
    differing = np.argwhere(given != told)
    if len(differing):
        second, column = differing[0]
        what = "lacks" if given[second, column] else "has"
        raise DataError(
            f"{path}: {what} {SCORED[column]} in second {second} of {item}, where its soft label says otherwise "
            f"({len(differing)} such differences); put the official files there"
        )
