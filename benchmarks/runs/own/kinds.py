"""What kind of value an argument takes, as far as the type in a signature says."""

import inspect
import re
import typing
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter, ValidationError

#: What no type says.
UNKNOWN = inspect.Parameter.empty
_LISTS = (list, tuple, set, frozenset)


def type_of(cls: type, name: str) -> Any:
    """The type of a constructor's argument; of one that a class passes on to a base of its, that of the base.

    UNKNOWN where nothing says so.
    """
    for base in cls.__mro__[:-1]:
        with suppress(TypeError, ValueError):  # a class whose constructor has no signature
            parameter = inspect.signature(base).parameters.get(name)
            if parameter is not None:
                return _hints(base).get(name, parameter.annotation)
    return UNKNOWN


def _hints(cls: type) -> dict[str, Any]:
    """The types of a constructor's arguments, those that are written as texts among them."""
    try:
        return typing.get_type_hints(cls.__init__)  # type: ignore[misc]
    except Exception:  # of names that are there for type checkers alone
        return {}


def takes_list(kind: Any) -> bool:
    """Whether a type, or one of those that it is a union of, is that of lists."""
    return any(isinstance(one, type) and (issubclass(one, _LISTS) or _is_sequence(one)) for one in _members(kind))


def _is_sequence(kind: type) -> bool:
    return kind.__module__ == "collections.abc" and kind.__name__ in ("Sequence", "Iterable", "Collection")


def _members(kind: Any) -> Iterator[Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is None or (isinstance(origin, type) and origin.__name__ != "UnionType"):
        yield origin or kind
        return
    for one in arguments if origin is not typing.Annotated else arguments[:1]:
        yield from _members(one)


def misfit(value: Any, kind: Any) -> str | None:
    """Why a plain value is none of a type, one line; None where it is one, or where that cannot be told."""
    if kind is UNKNOWN or isinstance(kind, str):
        return None
    try:
        adapter = TypeAdapter(kind)
    except Exception:  # a type of which pydantic knows nothing
        return None
    try:
        adapter.validate_python(value)
    except ValidationError:
        return f"must be {_named(kind)}"
    return None


def _named(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return f"one of {', '.join(map(str, typing.get_args(kind)))}"
    return re.sub(r"\b(typing|collections\.abc)\.", "", inspect.formatannotation(kind))
