"""Files of recipes in the official style; when one is read, a mistake is one line with file, line and mixture."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.acquire.safe_yaml import Located
from datasets.acquire.whole import write_whole
from datasets.dcase2017_rare.mixtures import yaml_style
from datasets.dcase2017_rare.mixtures.names import MixtureName
from datasets.dcase2017_rare.mixtures.params import CLASSES, MAX_EBR
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.sources import BACKGROUND_SECONDS, is_safe_path
from datasets.errors import DataError

_ALWAYS = ("bg_path", "bg_classname", "event_present", "ebr", "mixture_audio_filename")
_NUMBERS = (
    "event_start_in_mixture_seconds",
    "event_length_seconds",
    "scaling_factor",
    "segment_start_seconds",
    "segment_end_seconds",
)
_WITH_EVENT = ("event_path", "event_class", *_NUMBERS)
#: Onsets and lengths may miss each other by rounding, seconds.
_TOLERANCE = 1e-6


def write_recipes(path: Path, recipes: Sequence[Recipe]) -> None:
    """Write a recipe file as the official ones are. Raises OSError."""
    items = [
        {**one.ingredients(), "mixture_audio_filename": one.name, "annotation_string": one.annotation_string}
        for one in recipes
    ]
    write_whole(path, yaml_style.dump_block(items))


def read_recipes(path: Path) -> tuple[Recipe, ...]:
    """The recipes of an official `mixture_recipes_<subset>_<class>.yaml`, all of one subset and class.

    Raises DataError, with file, line and mixture, for whatever could not be mixed.
    """
    items = yaml_style.read(path, keys=(*_ALWAYS, *_WITH_EVENT))
    if not isinstance(items, list) or not items:
        raise DataError(
            f"{path}: no list of recipes; write it again (`python -m benchmarks data synthesize dcase2017_rare`)"
        )
    recipes: list[Recipe] = []
    kinds: set[tuple[str, str]] = set()
    numbers: set[int] = set()
    for position, item in enumerate(items):
        where = f"{path}:{item.line if isinstance(item, Located) else 1}: recipe {position}"
        try:
            recipe = _recipe(item)
            name = MixtureName.parse(recipe.name)
            _check_kind(recipe, name, kinds, numbers)
        except DataError as error:
            shown = item.get("mixture_audio_filename") if isinstance(item, dict) else None
            raise DataError(
                f"{where}{f' ({shown})' if shown else ''}: {error}; compare it with the official file"
            ) from None
        recipes.append(recipe)
    return tuple(recipes)


def _check_kind(recipe: Recipe, name: MixtureName, kinds: set[tuple[str, str]], numbers: set[int]) -> None:
    kinds.add((name.subset, name.label))
    if len(kinds) > 1:
        raise DataError("another subset or class than the first recipe")
    if name.number in numbers:
        raise DataError(f"number {name.number} stands twice")
    numbers.add(name.number)
    if recipe.event_class not in (None, name.label):
        raise DataError(f"an event of class {recipe.event_class}, but the name says {name.label}")


def _recipe(item: Any) -> Recipe:
    if not isinstance(item, dict):
        raise DataError("no mapping")
    for field in _ALWAYS:
        if field not in item:
            raise DataError(f"{field} is missing")
    if type(item["event_present"]) is not bool:
        raise DataError(f"event_present is {item['event_present']!r}, neither true nor false")
    if not is_safe_path(item["bg_path"]):
        raise DataError(f"bg_path {item['bg_path']!r} is no path below the backgrounds' folder")
    if not isinstance(item["bg_classname"], str) or not isinstance(item["mixture_audio_filename"], str):
        raise DataError("bg_classname or mixture_audio_filename is no text")
    ebr = item["ebr"]
    if type(ebr) not in (int, float) or math.isnan(ebr):
        raise DataError(f"ebr is {ebr!r}, not a number of dB")
    common = (item["bg_path"], item["bg_classname"], float(ebr), item["mixture_audio_filename"])
    if item["event_present"]:
        return Recipe(*common, **_event(item))
    if ebr != -math.inf or any(field in item for field in _WITH_EVENT):
        raise DataError("event_present is false, but there is an ebr or an event")
    return Recipe(*common)


def _event(item: dict[str, Any]) -> dict[str, Any]:
    """The fields of a recipe's event."""
    for field in _WITH_EVENT:
        if field not in item:
            raise DataError(f"{field} is missing")
    for field in _NUMBERS:
        if type(item[field]) not in (int, float) or not math.isfinite(item[field]):
            raise DataError(f"{field} is {item[field]!r}, not a number")
    if abs(item["ebr"]) > MAX_EBR:
        raise DataError(f"ebr {item['ebr']} is not between -{MAX_EBR} and {MAX_EBR} dB")
    if item["event_class"] not in CLASSES:
        raise DataError(f"unknown class {item['event_class']!r}; known: {', '.join(CLASSES)}")
    if not is_safe_path(item["event_path"]):
        raise DataError(f"event_path {item['event_path']!r} is no path below the events' folder")
    start, end = item["segment_start_seconds"], item["segment_end_seconds"]
    onset, length = item["event_start_in_mixture_seconds"], item["event_length_seconds"]
    if not 0 <= start < end:
        raise DataError(f"the segment from {start} s to {end} s ends before it begins")
    if abs(end - start - length) > _TOLERANCE:
        raise DataError(f"event_length_seconds is {length}, but the segment has {end - start} s")
    if length > BACKGROUND_SECONDS:
        raise DataError(f"the event of {length} s is longer than the background")
    if onset < 0 or onset + length > BACKGROUND_SECONDS + _TOLERANCE:
        raise DataError(
            f"the event from {onset} s to {onset + length} s leaves the mixture of {BACKGROUND_SECONDS:g} s"
        )
    if item["scaling_factor"] <= 0:
        raise DataError(f"scaling_factor {item['scaling_factor']} is not above 0")
    return {field: item[field] for field in _WITH_EVENT}
