"""`extends` between the settings of a paper file, and `drop`, which names what is not inherited."""

from collections.abc import Iterator
from typing import Any

from benchmarks.errors import InputError, InputErrors
from benchmarks.spec.located_yaml import LocatedYaml, Place
from benchmarks.spec.words import nearest

DROP = "drop"
_ARGUMENTS = "args"


def with_extends(document: LocatedYaml) -> Any:
    """The document's data with every `extends` between settings resolved.

    Nested mappings are merged, single values and sourced values (`{value, origin, ...}`) are replaced. A list `drop` in
    a mapping names what it does not inherit; beside `args` it names arguments, which go from all tiers, too. Raises
    InputError, with file and line, for a setting that extends an unknown one or itself, and InputErrors for names in
    `drop` that are not inherited.
    """
    data = document.data
    settings = data.get("settings") if isinstance(data, dict) else None
    if not isinstance(settings, dict):
        return data
    resolved: dict[str, Any] = {}
    odd: list[InputError] = []

    def resolve(name: str, seen: tuple[str, ...]) -> Any:
        if name in resolved:
            return resolved[name]
        own, base = settings[name], None
        if isinstance(own, dict) and "extends" in own:
            parent = own["extends"]
            if not isinstance(parent, str) or parent not in settings or parent in (*seen, name):
                raise document.error(("settings", name, "extends"), f"no setting {parent!r} to extend")
            base = resolve(parent, (*seen, name))
            own = {key: value for key, value in own.items() if key != "extends"}
        resolved[name] = own
        if isinstance(own, dict):
            odd.extend(document.error(place, why) for place, why in _wrong_drops(base, own, ("settings", name)))
            resolved[name] = _merge(_without_dropped(base, own), own)
        return resolved[name]

    settled = {**data, "settings": {name: resolve(name, ()) for name in settings}}
    if odd:
        raise InputErrors(odd, str(document.path))
    return settled


def _is_mapping(value: Any) -> bool:
    """Whether a value has parts that are inherited, and is no value with its origin."""
    return isinstance(value, dict) and "value" not in value


def _dropped(change: Any) -> list[Any]:
    """The names in the `drop` of a mapping; an argument of that name is none."""
    given = change.get(DROP) if _is_mapping(change) else None
    return given if isinstance(given, list) else [given] if isinstance(given, str) else []


def _inherited(base: Any) -> Any:
    """What of a mapping `drop` may name: the arguments where it has some; no mapping where the file has none there."""
    if not _is_mapping(base):
        return {}
    return base.get(_ARGUMENTS) or {} if _ARGUMENTS in base or "class_path" in base else base


def _wrong_drops(base: Any, change: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    """Where a mapping drops what it does not inherit, or gives itself, and what is to be said of it."""
    known = _inherited(base)
    own = change.get(_ARGUMENTS) if _ARGUMENTS in change else change
    # What has no arguments but, say, a text in their place is told of where it stands.
    for name in _dropped(change) if isinstance(known, dict) else ():
        if base is None:
            yield (
                (*place, DROP),
                f"drops {name!r}, and there is nothing here that is inherited",
            )
        elif not isinstance(name, str) or name not in known:
            yield (*place, DROP), f"{name!r} is not inherited{nearest(str(name), known)}"
        elif isinstance(own, dict) and name in own:
            yield (*place, DROP), f"{name!r} is dropped and given; leave one of them out"
    for key, value in change.items():
        if _is_mapping(value):
            yield from _wrong_drops(base.get(key) if _is_mapping(base) else None, value, (*place, key))


def _without_dropped(base: Any, change: Any) -> Any:
    """What is inherited, less what the change drops at each place; dropped arguments go from the tiers, too."""
    if not _is_mapping(base) or not _is_mapping(change):
        return base
    names = _dropped(change)
    kept = {key: _without_dropped(value, change.get(key)) for key, value in base.items()}
    if _inherited(base) is base:
        kept = {key: value for key, value in kept.items() if key not in names}
    elif isinstance(_inherited(kept), dict):
        kept[_ARGUMENTS] = {key: value for key, value in (kept.get(_ARGUMENTS) or {}).items() if key not in names}
    for part in ("data", "model", "trainer"):
        gone = _dropped(change.get(part))
        if gone and _is_mapping(kept.get("tiers")):
            kept["tiers"] = {tier: _less(changes, part, gone) for tier, changes in kept["tiers"].items()}
    return kept


def _less(changes: Any, part: str, names: list[Any]) -> Any:
    """A tier's changes without those of some arguments."""
    if not _is_mapping(changes) or not isinstance(changes.get(part), dict):
        return changes
    return {**changes, part: {key: value for key, value in changes[part].items() if key not in names}}


def _merge(base: Any, change: Any) -> Any:
    if not _is_mapping(change):
        return change
    inherited = base if isinstance(base, dict) else {}
    own = {key: value for key, value in change.items() if key != DROP or not _dropped(change)}
    return {**inherited, **{key: _merge(inherited.get(key), value) for key, value in own.items()}}
