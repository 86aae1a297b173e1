"""YAML that remembers on which line each value stands, so that a mistake in a paper file is easy to find."""

from pathlib import Path
from typing import Any

import yaml

from benchmarks.errors import InputError

#: Where a value stands in the document: the keys and list positions that lead to it.
Place = tuple[str | int, ...]


class LocatedYaml:
    """A YAML document of plain values (no tags, no aliases) and the line of every value in it.

    Raises InputError, with file and line, for a syntax error, a tag, an alias or a key that stands twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[Place, int] = {}
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except FileNotFoundError:
            raise InputError(f"{path}: no such paper file") from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InputError(f"{path}:{line}: {error.problem}") from None
        self.data = self._value(node, ()) if node is not None else {}

    def line(self, place: Place) -> int:
        """The line of the value at `place`, or of the nearest value around it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def error(self, place: Place, message: str) -> InputError:
        """An InputError that names this file, the line of `place` and `place` itself."""
        name = ".".join(str(key) for key in place)
        return InputError(f"{self.path}:{self.line(place)}: {name + ': ' if name else ''}{message}")

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*place, position)) for position, child in enumerate(node.value)]
        return yaml.SafeLoader("").construct_object(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*place, key)
            if key in mapping:
                first = self._lines[here]
                self._lines[here] = key_node.start_mark.line + 1
                raise self.error(here, f"stands twice (first on line {first})")
            mapping[key] = self._value(value_node, here)
            self._lines[here] = key_node.start_mark.line + 1
        return mapping
