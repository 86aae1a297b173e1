"""The text tables of MAESTRO Real: tabs between fields; a byte order mark, CRLF and blank lines are fine."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.errors import DataError

#: Seconds that no recording has; the official ones last from three to five minutes.
LONGEST = 3600


def rows(path: Path, header: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """The fields of the lines that are not blank, with their numbers, without the `header` that has to come first.

    Raises DataError, with file and line, where a file cannot be read, has another header, or a line has more or fewer
    fields than the header.
    """
    is_first = bool(header)
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("\t")]
        if is_first and fields != list(header):
            raise fault(path, number, f"{shown(fields)} instead of the header {shown(header)}")
        if header and len(fields) != len(header):
            raise fault(path, number, f"{shown(fields)} instead of {', '.join(header)} with tabs between them")
        if not is_first:
            yield number, fields
        is_first = False


def number_of(text: str) -> float:
    """A number; NaN for what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def second_of(path: Path, line: int, onset: str, offset: str) -> int:
    """The second that a segment is, from its times. Raises DataError where they are off the grid of whole seconds."""
    start, end = number_of(onset), number_of(offset)
    if not (start >= 0 and start.is_integer() and end == start + 1):
        raise fault(path, line, f"{onset} to {offset} is no whole second")
    if start >= LONGEST:
        raise fault(path, line, f"second {onset}, where no recording lasts an hour")
    return int(start)


def fault(path: Path, line: int, reason: str) -> DataError:
    """What is wrong with a line of a file, in one line."""
    return DataError(f"{path}:{line}: {reason}; put the official file there")


def shown(fields: Sequence[str]) -> str:
    """A line's fields as messages have them."""
    return repr("\t".join(fields)[:80])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; put the official one there") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None
