"""YAML that remembers on which line each value stands, so that a mistake in a paper file is easy to find."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from datasets.acquire import safe_yaml
from datasets.acquire.safe_yaml import Place

#: No file that people write is larger, bytes.
LARGEST = 4 << 20
#: What is no text: controls but for tabs and ends of lines, and those that turn the direction of writing round.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LOCATED = (safe_yaml.Located, safe_yaml.LocatedList)


class LocatedYaml:
    """A YAML document of plain values (safe_yaml.parse) and the line of every value in it.

    Raises InputError, with file and line, for a syntax error, a tag or a key that stands twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if not path.is_file() and path.exists():  # a pipe would be waited for
                raise InputError(f"{path}: is no file; put the paper file there")
            if path.stat().st_size > LARGEST:
                raise InputError(f"{path}: {path.stat().st_size} bytes are no paper file; correct the paper file")
            self._located = safe_yaml.parse(path.read_text(encoding="utf-8"), aliases=True)
        except FileNotFoundError:
            raise InputError(f"{path}: no such paper file") from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise InputError(f"{path}: cannot be read ({reason}); correct the paper file") from None
        except safe_yaml.NotPlain as error:
            name = ".".join(str(key) for key in error.place)
            raise InputError(f"{path}:{error.line or 1}: {name + ': ' if name else ''}{error.problem}") from None
        self.data = {} if self._located is None else _plain(self._located)
        for place, text in _texts(self.data):
            if problem := control_in(text):
                raise self.error(place, problem)

    def line(self, place: Place) -> int:
        """The line of the value at `place`, or of the nearest value around it."""
        value = self._located
        line = value.line if isinstance(value, _LOCATED) else 1
        for key in place:
            if not isinstance(value, _LOCATED) or key not in value.lines:
                break
            line, value = value.lines[key], value[key]  # type: ignore[index]
        return line

    def error(self, place: Place, message: str) -> InputError:
        """An InputError that names this file, the line of `place` and `place` itself."""
        name = ".".join(str(key) for key in place)
        return InputError(f"{self.path}:{self.line(place)}: {name + ': ' if name else ''}{message}")


def control_in(text: str) -> str | None:
    """What is wrong with a text that has a character which moves or colours what a terminal or a page shows of it."""
    found = _CONTROL.search(text)
    return f"has the control character {ascii(found[0])[1:-1]}; remove it" if found else None


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text in plain data, the keys among them, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(str(key), place)
            yield from _texts(one, (*place, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, (*place, number))


def _plain(value: Any) -> Any:
    """The same as dictionaries and lists, one for each place where an alias stands."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
