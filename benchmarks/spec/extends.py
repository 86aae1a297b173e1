"""`extends` between the settings of a paper file."""

from typing import Any

from benchmarks.spec.located_yaml import LocatedYaml


def with_extends(document: LocatedYaml) -> Any:
    """The document's data with every `extends` between settings resolved.

    Nested mappings are merged, single values and sourced values (`{value, origin, ...}`) are replaced. Raises
    InputError, with file and line, for a setting that extends an unknown one or itself.
    """
    data = document.data
    settings = data.get("settings") if isinstance(data, dict) else None
    if not isinstance(settings, dict):
        return data
    resolved: dict[str, Any] = {}

    def resolve(name: str, seen: tuple[str, ...]) -> Any:
        if name in resolved:
            return resolved[name]
        own = settings[name]
        if not isinstance(own, dict) or "extends" not in own:
            resolved[name] = own
            return own
        parent = own["extends"]
        if not isinstance(parent, str) or parent not in settings or parent in (*seen, name):
            raise document.error(("settings", name, "extends"), f"no setting {parent!r} to extend")
        own = {key: value for key, value in own.items() if key != "extends"}
        resolved[name] = _merge(resolve(parent, (*seen, name)), own)
        return resolved[name]

    return {**data, "settings": {name: resolve(name, ()) for name in settings}}


def _merge(base: Any, change: Any) -> Any:
    if isinstance(base, dict) and isinstance(change, dict) and "value" not in change:
        return {**base, **{key: _merge(base.get(key), value) for key, value in change.items()}}
    return change
