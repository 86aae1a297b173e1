"""The text files of TUT Acoustic Scenes 2016: tabs between fields, no header, paths that start with audio/."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from datasets.dcase2016_asc.layout import AUDIO, CLASSES, SECONDS
from datasets.errors import DataError

#: `a001_0_30.wav`: recording and so location, start and end in seconds.
_DEVELOPMENT = re.compile(r"([ab]\d{3})_(\d+)_(\d+)\.wav", re.ASCII)
_EVALUATION = re.compile(r"\d+\.wav", re.ASCII)
_LOCATION = re.compile(r"[ab]\d{3}", re.ASCII)
_EXAMPLES = {_DEVELOPMENT: "a001_0_30.wav", _EVALUATION: "1.wav"}


class Row(NamedTuple):
    """A line of a list: its number, the item, its scene and location ("" where the list does not tell)."""

    line: int
    item: str
    scene: str
    location: str


class Flaw(NamedTuple):
    """A line of the list of flaws: a failure of a microphone or interference, from onset to offset in seconds."""

    item: str
    onset: float
    offset: float
    label: str


@dataclass(frozen=True)
class Listing:
    """A list: where it stands, and its rows in their order, each item once."""

    path: Path
    rows: tuple[Row, ...]

    @cached_property
    def by_item(self) -> Mapping[str, Row]:
        """The rows by their items, in order."""
        return {row.item: row for row in self.rows}

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def fault(self, row: Row, reason: str) -> DataError:
        """What is wrong with a row, in one line: `reason` follows the item."""
        return _fault(self.path, row.line, f"{row.item} {reason}")


def location_of(item: str) -> str:
    """The location, which is the recording, by the name of a development item. Raises DataError for another name."""
    match = _DEVELOPMENT.fullmatch(item)
    if match is None:
        raise DataError(f"{item!r} is no name like {_EXAMPLES[_DEVELOPMENT]}")
    return match[1]


def is_item(name: str) -> bool:
    """Whether a file could be an item of either set, by its name."""
    return any(form.fullmatch(name) for form in (_DEVELOPMENT, _EVALUATION))


def is_of_evaluation(path: Path) -> bool | None:
    """Whether a list is of the evaluation set, by its first line; None where that is no item of 30 s of either set."""
    try:
        name = Path(next(_rows(path))[1][0]).name
    except (DataError, StopIteration):
        return None
    if _EVALUATION.fullmatch(name):
        return True
    match = _DEVELOPMENT.fullmatch(name)
    return False if match and int(match[3]) - int(match[2]) == SECONDS else None


def read_items(path: Path, is_evaluation: bool = False) -> Listing:
    """Read a list of items alone: `audio/a001_0_30.wav`. Raises DataError, with file and line, for what is none."""
    return _listing(path, is_evaluation, (1,))


def read_scenes(path: Path, is_evaluation: bool = False) -> Listing:
    """Read a list of items with their scenes, and maybe a third column: the location or a name that tells it.

    evaluate.txt of the evaluation set has the original names there, and lists that dcase_util writes have locations.
    Raises DataError, with file and line, for what is no such list.
    """
    return _listing(path, is_evaluation, (2, 3))


def read_flaws(path: Path) -> list[Flaw]:
    """Read the list of flaws: item, onset and offset in seconds, label. Raises DataError, with file and line."""
    found = []
    for line, fields in _rows(path):
        if len(fields) != 4:
            raise _fault(path, line, f"{_shown(fields)} instead of file, onset, offset and label with tabs")
        item = _item(path, line, fields[0], _DEVELOPMENT)
        try:
            onset, offset = float(fields[1]), float(fields[2])
        except ValueError:
            onset, offset = math.nan, math.nan
        if not (0 <= onset <= offset < math.inf):
            raise _fault(path, line, f"{item}: no times in seconds: {fields[1]!r} to {fields[2]!r}")
        found.append(Flaw(item, onset, offset, fields[3]))
    return found


def _listing(path: Path, is_evaluation: bool, widths: tuple[int, ...]) -> Listing:
    form = _EVALUATION if is_evaluation else _DEVELOPMENT
    rows: dict[str, Row] = {}
    for line, fields in _rows(path):
        if len(fields) not in widths:
            wanted = "a file alone" if widths == (1,) else "a file and its scene with a tab between them"
            raise _fault(path, line, f"{_shown(fields)} instead of {wanted}")
        item = _item(path, line, fields[0], form)
        if item in rows:
            raise _fault(path, line, f"{item} stands twice, in line {rows[item].line} too")
        if len(fields) > 1 and fields[1] not in CLASSES:
            raise _fault(path, line, f"{item}: unknown scene {fields[1]!r}; known: {', '.join(CLASSES)}")
        location = _location(path, line, item, fields[2] if len(fields) > 2 else "")
        rows[item] = Row(line, item, fields[1] if len(fields) > 1 else "", location)
    if not rows:
        raise _fault(path, 1, "no line names a file")
    return Listing(path, tuple(rows.values()))


def _location(path: Path, line: int, item: str, field: str) -> str:
    """The location that the item's own name or a third column tells; they have to agree."""
    by_name = _DEVELOPMENT.fullmatch(item)
    if not field:
        return by_name[1] if by_name else ""
    told = field if _LOCATION.fullmatch(field) else location_of(_item(path, line, field, _DEVELOPMENT))
    if by_name and told != by_name[1]:
        raise _fault(path, line, f"{item} is of location {by_name[1]}, not {told}")
    return told


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The fields of the lines that are not blank, with their numbers; a byte order mark and CRLF are fine."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such list; put the official one there") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official list there") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, [field.strip() for field in line.split("\t")]


def _item(path: Path, line: int, field: str, form: re.Pattern[str]) -> str:
    """The name of an item out of its path in a list."""
    folder, _, name = field.rpartition("/")
    if folder != AUDIO or not form.fullmatch(name):
        raise _fault(path, line, f"{field[:80]!r} is no path like {AUDIO}/{_EXAMPLES[form]}")
    return name


def _shown(fields: list[str]) -> str:
    return repr("\t".join(fields)[:80])


def _fault(path: Path, line: int, reason: str) -> DataError:
    return DataError(f"{path}:{line}: {reason}; put the official list there")
