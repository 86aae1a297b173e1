"""Event lists: `event_list_<subset>_<class>.csv`, one line per mixture, and their June 2017 patch."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.acquire.whole import write_whole
from datasets.dcase2017_rare.mixtures.names import MixtureName
from datasets.dcase2017_rare.mixtures.params import CLASSES
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.recipes import is_flagged
from datasets.dcase2017_rare.mixtures.sources import Sources, screening_name
from datasets.errors import DataError

#: What the patch appends to the names of what it withdraws.
OLD = "_old_dontuse"


@dataclass(frozen=True)
class EventLine:
    """One mixture of an event list: onset and offset in seconds; label "" and no times without an event."""

    name: str
    onset: float | None = None
    offset: float | None = None
    label: str = ""


def withdrawn_names(recipes: Sequence[Recipe], sources: Sources) -> frozenset[str]:
    """The mixtures that the June 2017 patch withdraws: those in whose background their own class is heard."""
    return frozenset(recipe.name for recipe in recipes if is_flagged(recipe, sources))


def flagged_by(recipes: Sequence[Recipe], lines: Sequence[EventLine]) -> frozenset[str]:
    """The backgrounds (as in Sources.flagged) that a published event list withdraws: it has no mixture on them.

    None where it has none of the recipes.
    """
    listed = {line.name for line in lines}
    kept = {screening_name(recipe.bg_path) for recipe in recipes if recipe.name in listed}
    return frozenset({screening_name(recipe.bg_path) for recipe in recipes} - kept if kept else ())


def write_event_list(path: Path, recipes: Sequence[Recipe], withdrawn: Collection[str] = ()) -> None:
    """Write the list of a subset and class, without the withdrawn; if there are any, the whole one beside it.

    Raises OSError.
    """
    lines = {recipe.name: f"{recipe.annotation_string}\n" for recipe in recipes}
    if withdrawn:
        write_whole(path.with_name(path.name + OLD), "".join(lines.values()))
    write_whole(path, "".join(line for name, line in lines.items() if name not in withdrawn))


def read_event_list(path: Path) -> tuple[EventLine, ...]:
    """The lines of a list. Raises DataError, with file and line, for what is not one."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None
    found: dict[str, EventLine] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            one = _parse(line.rstrip().split("\t"))
            if one.name in found:
                raise DataError(f"{one.name} stands twice")
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}; compare it with the official list") from None
        found[one.name] = one
    return tuple(found.values())


def _parse(fields: list[str]) -> EventLine:
    name = fields[0]
    MixtureName.parse(name)
    if len(fields) == 1:
        return EventLine(name)
    if len(fields) != 4:
        raise DataError(f"{name}: {len(fields)} fields instead of name, onset, offset and label, or the name alone")
    try:
        onset, offset = float(fields[1]), float(fields[2])
    except ValueError:
        raise DataError(f"{name}: onset {fields[1]!r} or offset {fields[2]!r} is no number of seconds") from None
    if not (0 <= onset < offset and math.isfinite(offset)):
        raise DataError(f"{name}: the event from {onset} s to {offset} s ends before it begins")
    if fields[3] not in CLASSES:
        raise DataError(f"{name}: unknown class {fields[3]!r}; known: {', '.join(CLASSES)}")
    return EventLine(name, onset, offset, fields[3])
