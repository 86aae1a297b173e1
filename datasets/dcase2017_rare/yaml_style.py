"""YAML as the official files have it: read without trust, written as PyYAML before 5.1 wrote it.

The official names are md5 sums of dumps, so the style of a dump is part of the data.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from datasets.errors import DataError

#: Deeper files are refused: the official ones have four levels.
MAX_DEPTH = 20
_CORE = "tag:yaml.org,2002:"
#: Tags of plain values; Python 2 wrote `!!python/unicode` for its text strings.
_STRINGS = {f"{_CORE}str", f"{_CORE}python/str", f"{_CORE}python/unicode"}
_LISTS = {f"{_CORE}seq", f"{_CORE}python/tuple"}
_PLAIN = {f"{_CORE}{name}": name for name in ("null", "bool", "int", "float")}
_SAFE = yaml.SafeLoader("")


def dump(value: Mapping[str, Any]) -> str:
    """The text that PyYAML before 5.1 gives by default: sorted keys, flow style for what holds no other container."""
    return yaml.dump(dict(value), Dumper=yaml.SafeDumper, default_flow_style=None, sort_keys=True)


def digest(value: Mapping[str, Any]) -> str:
    """The md5 of that text, in hexadecimal; official folders and files are named by it."""
    return hashlib.md5(dump(value).encode()).hexdigest()


def dump_block(value: Sequence[Mapping[str, Any]]) -> str:
    """The text of a list of mappings in block style, as the official recipe files have it."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump([dict(item) for item in value], Dumper=dumper, default_flow_style=False, sort_keys=True)


class Located(dict[str, Any]):
    """A mapping of a YAML file that knows the lines of itself and of its keys, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def read(path: Path, keys: Collection[str] | None = None, aliases: bool = False) -> Any:
    """The plain values of a YAML file; its mappings are Located.

    keys: what is wanted of the mappings; the rest is skipped, whatever it is (default: everything is wanted).
    aliases: whether anchors and aliases may stand in the file; one that holds itself is refused all the same.

    Raises DataError, with file and line, for syntax errors, tags other than those of plain values, aliases, keys that
    stand twice and nesting beyond MAX_DEPTH.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None
    try:
        return _Reader(path, text, keys, aliases).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise DataError(f"{where}: {problem}; put the official file there") from None


class _Reader:
    """Builds values from the events of one document: the parser's own composer recurses without a limit."""

    def __init__(self, path: Path, text: str, keys: Collection[str] | None, aliases: bool) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=loader))
        self.path, self.keys, self.aliases = path, keys, aliases
        self.anchors: dict[str, Any] = {}

    def document(self) -> Any:
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                value = self._value(event, 0, wanted=True)
                more = [later for later in self.events if isinstance(later, yaml.NodeEvent)]
                if more:
                    raise self._error(more[0], "a second document")
                return value
        return None

    def _value(self, event: yaml.NodeEvent, depth: int, wanted: bool) -> Any:
        if depth > MAX_DEPTH:
            raise self._error(event, f"nested more than {MAX_DEPTH} deep")
        if event.anchor is not None and not self.aliases:
            raise self._error(event, f"anchor or alias {event.anchor!r}; write the value out")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self._error(event, f"alias {event.anchor!r} stands before its anchor ends")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(event, depth, wanted)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, _LISTS, wanted)
            value = [self._value(child, depth + 1, wanted) for child in self._children(yaml.SequenceEndEvent)]
        else:
            assert isinstance(event, yaml.ScalarEvent)
            value = self._scalar(event, wanted)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _mapping(self, event: yaml.MappingStartEvent, depth: int, wanted: bool) -> Located:
        self._check_tag(event, {f"{_CORE}map"}, wanted)
        mapping = Located(_line(event))
        for key_event in self._children(yaml.MappingEndEvent):
            key = str(self._value(key_event, depth + 1, wanted=False))
            is_wanted = wanted and (self.keys is None or key in self.keys)
            if is_wanted and key in mapping:
                raise self._error(key_event, f"{key} stands twice (first on line {mapping.lines[key]})")
            value = self._value(next(self.events), depth + 1, is_wanted)  # type: ignore[arg-type]
            if is_wanted:
                mapping[key] = value
                mapping.lines[key] = _line(key_event)
        return mapping

    def _children(self, end: type[yaml.Event]) -> Iterator[yaml.NodeEvent]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield event  # type: ignore[misc]

    def _scalar(self, event: yaml.ScalarEvent, wanted: bool) -> Any:
        tag, implicit = event.tag, event.implicit
        if tag is None or tag == "!":
            tag = _resolve(event.value, implicit[0]) if tag is None else f"{_CORE}str"
        if tag in _STRINGS:
            return event.value
        if tag not in _PLAIN:
            if wanted:
                raise self._error(event, f"a value of kind {tag.removeprefix(_CORE)!r}; only plain values are read")
            return event.value
        try:
            return getattr(_SAFE, f"construct_yaml_{_PLAIN[tag]}")(yaml.ScalarNode(tag, event.value))
        except (ValueError, KeyError):
            raise self._error(event, f"{event.value!r} is no {tag.removeprefix(_CORE)}") from None

    def _check_tag(self, event: Any, known: Collection[str], wanted: bool) -> None:
        if wanted and event.tag not in (None, "!", *known):
            kind = event.tag.removeprefix(_CORE)
            raise self._error(event, f"a value of kind {kind!r}; only plain values are read")

    def _error(self, event: yaml.Event, message: str) -> DataError:
        return DataError(f"{self.path}:{_line(event)}: {message}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


@lru_cache(maxsize=4096)
def _resolve(text: str, is_plain: bool) -> str:
    """The tag that a scalar without one has."""
    return _SAFE.resolve(yaml.ScalarNode, text, (is_plain, not is_plain))
