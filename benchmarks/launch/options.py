"""What stands behind a launcher's name, as in `--launcher ray:address=auto,cpus=2`: a frozen dataclass of its own."""

from dataclasses import dataclass, fields
from typing import TypeVar

from benchmarks.errors import InputError

T = TypeVar("T", bound="Options")


@dataclass(frozen=True)
class Options:
    """What a launcher can be told, a field for each key, of a plain type and with a default. This one takes nothing."""


def read_options(kind: type[T], text: str, launcher: str) -> T:
    """The options that `text`, KEY=VALUE pairs with commas between them, says of the launcher of this name.

    Raises InputError for a key that the launcher does not know, one that is there twice, and a value of another type.
    """
    from pydantic import TypeAdapter, ValidationError

    from benchmarks.spec import nearest

    given: dict[str, str] = {}
    known = [field.name for field in fields(kind)]
    for pair in text.split(","):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not (key and equals):
            raise InputError(f"--launcher {launcher}:{text}: {pair!r} is no KEY=VALUE")
        if key not in known:
            hint = nearest(key, known) or "; known: " + (", ".join(known) or "none")
            raise InputError(f"--launcher {launcher}:{text}: unknown option {key!r}{hint}")
        if key in given:
            raise InputError(f"--launcher {launcher}:{text}: {key} is there twice")
        given[key] = value
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(f"--launcher {launcher}:{text}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
