"""The official names of classes that somebody has spelled otherwise: in other case, with spaces, with underscores."""

import re
from collections.abc import Sequence


def official_names(
    given: Sequence[str], known: Sequence[str], are_columns: bool = True
) -> tuple[dict[str, str], str | None]:
    """The official name of each class that has one, and what is odd about names that could be several, or None.

    A name that is spelled as it should be is that one. Else it is the one that is alike but for case, spaces,
    underscores and hyphens. Names that are like none are left out.

    are_columns: whether each class is given once; else two spellings may be one class.
    """
    alike: dict[str, list[str]] = {}
    for name in dict.fromkeys(known):
        alike.setdefault(_plain(name), []).append(name)
    found: dict[str, str] = {}
    for name in given:
        fitting = [name] if name in known else alike.get(_plain(name), [])
        if len(fitting) > 1:
            return found, f"the class {name!r} may be {' or '.join(fitting)}; spell it as the official name is"
        other = next((before for before, one in found.items() if [one] == fitting), None)
        if other is not None and are_columns:
            return found, f"the classes {other!r} and {name!r} are both {fitting[0]}; leave one out"
        found |= dict.fromkeys([name], fitting[0]) if fitting else {}
    return found, None


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()
