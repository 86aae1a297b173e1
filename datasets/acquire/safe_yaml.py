"""YAML from outside, read without trust: plain values, and the line of every one of them."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

import yaml

#: Deeper files are refused: official files have four levels, paper files ten.
MAX_DEPTH = 20
#: Values that all aliases together may stand for, so that a short file cannot become a long one.
MAX_REPEATED = 1_000_000
#: Characters of an integer: one of 64 bits has 66 in base 2.
LONGEST_INTEGER = 80
#: Characters of a value that a message shows.
SHOWN = 40
_CORE = "tag:yaml.org,2002:"
#: Tags of plain values; Python 2 wrote `!!python/unicode` for its text strings.
_STRINGS = {f"{_CORE}str", f"{_CORE}python/str", f"{_CORE}python/unicode"}
_LISTS = {f"{_CORE}seq", f"{_CORE}python/tuple"}
_PLAIN = {f"{_CORE}{name}": name for name in ("null", "bool", "int", "float")}
_SAFE = yaml.SafeLoader("")

#: Where a value stands in a document: the keys and list positions that lead to it.
Place = tuple[str | int, ...]


class NotPlain(Exception):
    """Why a text is not read. `line`: where, from 1, if it is known; `place`: of the key that `problem` is about."""

    def __init__(self, problem: str, line: int | None = None, place: Place = ()) -> None:
        super().__init__(f"{place[-1]} {problem}" if place else problem)
        self.problem, self.line, self.place = problem, line, place


class Located(dict[str, Any]):
    """A mapping that knows its line and those of its keys, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str | int, int] = {}


class LocatedList(list[Any]):
    """A list that knows its line and those of its values, counted from 1."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str | int, int] = {}


def parse(text: str, keys: Collection[str] | None = None, aliases: bool = False) -> Any:
    """The plain values of a YAML text; its mappings are Located, its lists LocatedList. None for an empty text.

    keys: what is wanted of the mappings; the rest is skipped, whatever it is (default: everything is wanted).
    aliases: whether anchors and aliases may stand in it; one that holds itself is refused all the same, and so are
    aliases that stand for more than MAX_REPEATED values.

    Raises NotPlain for syntax errors, tags other than those of plain values, aliases, keys that stand twice and nesting
    beyond MAX_DEPTH.
    """
    try:
        return _Reader(text, keys, aliases).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
        raise NotPlain(problem, mark.line + 1 if mark else None) from None


class _Reader:
    """Builds values from the events of one document: the parser's own composer recurses without a limit."""

    def __init__(self, text: str, keys: Collection[str] | None, aliases: bool) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=loader))
        self.keys, self.aliases = keys, aliases
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.values = self.repeated = 0

    def document(self) -> Any:
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                value = self._value(event, (), wanted=True)
                more = [later for later in self.events if isinstance(later, yaml.NodeEvent)]
                if more:
                    raise NotPlain("a second document", _line(more[0]))
                return value
        return None

    def _value(self, event: yaml.NodeEvent, place: Place, wanted: bool) -> Any:
        if len(place) > MAX_DEPTH:
            raise NotPlain(f"nested more than {MAX_DEPTH} deep", _line(event))
        if event.anchor is not None and not self.aliases:
            raise NotPlain(f"anchor or alias {event.anchor!r}; write the value out", _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self.values
        self.values += 1
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(event, place, wanted)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(event, place, wanted)
        else:
            assert isinstance(event, yaml.ScalarEvent)
            value = _scalar(event, wanted)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.values - before
        return value

    def _alias(self, event: yaml.AliasEvent) -> Any:
        if event.anchor not in self.anchors:
            raise NotPlain(f"alias {event.anchor!r} stands before its anchor ends", _line(event))
        value, size = self.anchors[event.anchor]
        self.values += size
        self.repeated += size
        if self.repeated > MAX_REPEATED:
            raise NotPlain(f"aliases stand for more than {MAX_REPEATED} values", _line(event))
        return value

    def _mapping(self, event: yaml.MappingStartEvent, place: Place, wanted: bool) -> Located:
        _check_tag(event, {f"{_CORE}map"}, wanted)
        mapping = Located(_line(event))
        for key_event in self._children(yaml.MappingEndEvent):
            key = self._key(key_event, place)
            is_wanted = wanted and (self.keys is None or key in self.keys)
            if is_wanted and key in mapping:
                first = mapping.lines[key]
                raise NotPlain(f"stands twice (first on line {first})", _line(key_event), (*place, key))
            value = self._value(next(self.events), (*place, key), is_wanted)  # type: ignore[arg-type]
            if is_wanted:
                mapping[key] = value
                mapping.lines[key] = _line(key_event)
        return mapping

    def _key(self, event: yaml.NodeEvent, place: Place) -> str:
        """A key as it is written: `no` is a word there."""
        value = self._value(event, (*place, ""), wanted=False)
        return event.value if isinstance(event, yaml.ScalarEvent) else str(value)

    def _list(self, event: yaml.SequenceStartEvent, place: Place, wanted: bool) -> LocatedList:
        _check_tag(event, _LISTS, wanted)
        values = LocatedList(_line(event))
        for position, child in enumerate(self._children(yaml.SequenceEndEvent)):
            values.append(self._value(child, (*place, position), wanted))
            values.lines[position] = _line(child)
        return values

    def _children(self, end: type[yaml.Event]) -> Iterator[yaml.NodeEvent]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield event  # type: ignore[misc]


def _scalar(event: yaml.ScalarEvent, wanted: bool) -> Any:
    tag, implicit = event.tag, event.implicit
    if tag is None or tag == "!":
        tag = _resolve(event.value, implicit[0]) if tag is None else f"{_CORE}str"
    if tag in _STRINGS:
        return event.value
    if tag not in _PLAIN:
        if wanted:
            problem = f"a value of kind {tag.removeprefix(_CORE)!r}; only plain values are read"
            raise NotPlain(problem, _line(event))
        return event.value
    kind, shown = tag.removeprefix(_CORE), event.value if len(event.value) <= SHOWN else f"{event.value[:SHOWN]}..."
    if kind == "int" and len(event.value) > LONGEST_INTEGER:
        raise NotPlain(f"{shown!r} is longer than any number", _line(event))
    try:
        return getattr(_SAFE, f"construct_yaml_{_PLAIN[tag]}")(yaml.ScalarNode(tag, event.value))
    except (ValueError, KeyError):
        raise NotPlain(f"{shown!r} is no {kind}", _line(event)) from None


def _check_tag(event: Any, known: Collection[str], wanted: bool) -> None:
    if wanted and event.tag not in (None, "!", *known):
        kind = event.tag.removeprefix(_CORE)
        raise NotPlain(f"a value of kind {kind!r}; only plain values are read", _line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


@lru_cache(maxsize=4096)
def _resolve(text: str, is_plain: bool) -> str:
    """The tag that a scalar without one has."""
    return _SAFE.resolve(yaml.ScalarNode, text, (is_plain, not is_plain))
