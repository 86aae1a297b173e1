"""The lists of DCASE 2018 Task 4: which clips there are, and which classes are heard in each.

All are separated by tabs and have a header line. `weak.csv` has the columns filename and event_labels, several labels
joined by a comma (the official readme says semicolon, and both are read). `test.csv` and `eval.csv` have one row per
event, filename, onset, offset and event_label, or a row with a filename alone for a clip without events.
"""

import csv
import math
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from datasets.errors import DataError

#: The ten classes in alphabetical order, which is the usual order of their indices.
CLASSES = (
    *("Alarm_bell_ringing", "Blender", "Cat", "Dishes", "Dog", "Electric_shaver_toothbrush", "Frying"),
    *("Running_water", "Speech", "Vacuum_cleaner"),
)
#: Labels of a clip, by official name, in the order of the list.
Labels = dict[str, frozenset[str]]

_ITEM = re.compile(r"Y([\w-]{11})_(\d+\.\d{3})_(\d+\.\d{3})\.wav", re.ASCII)


def youtube_id(item: str) -> str:
    """The 11 characters of a clip's name that name its video; they may hold `_` and `-`. Raises DataError."""
    return _parsed(item)[1]


def nominal_seconds(item: str) -> float:
    """The length that a clip's name gives it, seconds: of most 10, of some of the real lists less. Raises DataError."""
    match = _parsed(item)
    return float(match[3]) - float(match[2])


def _parsed(item: str) -> re.Match[str]:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise DataError(f"{item!r}: not an official name like Y-6p32k2WUCs_0.000_10.000.wav")
    return match


def is_official(item: str) -> bool:
    """Whether a file could be a clip of this dataset, by its name."""
    return _ITEM.fullmatch(item) is not None


def read_weak(path: Path, classes: Collection[str] = CLASSES) -> Labels:
    """The labels of every clip of a weak list. A label that a row names twice counts once.

    Raises DataError, with file and line, for a list that is bad: a column that is missing, another name than an
    official one, a clip listed twice, a label that is unknown or missing.
    """
    found: Labels = {}
    for place, row in _rows(path, ("filename", "event_labels")):
        item, labels = row["filename"], frozenset(re.split(r"\s*[,;]\s*", row["event_labels"]))
        if item in found:
            raise _fault(place, f"{item} is listed twice")
        if labels == {""}:
            raise _fault(place, f"{item} has no label")
        for label in sorted(labels - set(classes)):
            raise _fault(place, f"{item} has the unknown label {label!r}; known: {', '.join(classes)}")
        found[item] = labels
    return found


def read_strong(path: Path, classes: Collection[str] = CLASSES) -> Labels:
    """The labels of every clip of a list of events: of all its events, none for a clip that is listed without.

    Raises DataError, with file and line, for a list that is bad: a column that is missing, another name than an
    official one, times that are no seconds or reversed, an event without its label or the reverse, an unknown label.
    """
    found: Labels = {}
    for place, row in _rows(path, ("filename", "onset", "offset", "event_label")):
        item, label = row["filename"], row["event_label"]
        times = (row["onset"], row["offset"])
        heard = found.get(item, frozenset())
        if any(times) or label:
            _check_event(place, item, times, label, classes)
            heard |= {label}
        found[item] = heard
    return found


def read_names(path: Path) -> tuple[str, ...]:
    """The clips of a list without labels. Raises DataError, with file and line, for one that is bad."""
    return tuple(dict.fromkeys(row["filename"] for _, row in _rows(path, ("filename",))))


def _check_event(place: str, item: str, times: tuple[str, str], label: str, classes: Collection[str]) -> None:
    if not label:
        raise _fault(place, f"{item} has an event from {times[0] or '?'} s to {times[1] or '?'} s without a label")
    if label not in classes:
        raise _fault(place, f"{item} has the unknown label {label!r}; known: {', '.join(classes)}")
    try:
        onset, offset = (float(time) for time in times)
    except ValueError:
        raise _fault(place, f"{item}: onset {times[0]!r} or offset {times[1]!r} is no number of seconds") from None
    if not (0 <= onset <= offset and math.isfinite(offset)):
        raise _fault(place, f"{item}: the event from {times[0]} s to {times[1]} s ends before it begins")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every row with its place, "file:line". Raises DataError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such list; run `python -m benchmarks data fetch dcase2018_domestic`") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise _fault(f"{path}:{reader.line_num}", str(error)) from None
    for column in columns:
        if column not in (reader.fieldnames or ()):
            raise _fault(f"{path}:1", f"the column {column!r} is missing (columns are separated by tabs)")
    for number, row in rows:
        place = f"{path}:{number}"
        if None in row:
            raise _fault(place, f"more than the {len(reader.fieldnames or ())} fields of the header")
        fields = {column: (row[column] or "").strip() for column in columns}
        if not any(fields.values()):
            continue
        if not is_official(fields["filename"]):
            raise _fault(place, f"{fields['filename']!r} is no official name like Y-6p32k2WUCs_0.000_10.000.wav")
        yield place, fields


def _fault(place: str, reason: str) -> DataError:
    return DataError(f"{place}: {reason}; compare it with the official list")
