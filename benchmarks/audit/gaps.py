"""Whether every value that a setting rests on has an origin: its classes' real signatures against the paper file."""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from benchmarks.audit.origins import TRAINER, Named, keys_of, named_in, recipes, tiers_of
from benchmarks.errors import InputError
from benchmarks.runs.build import import_class, parameters
from benchmarks.spec import Paper, nearest, paper_folder
from benchmarks.spec.bricks import ClassValue, Sourced
from benchmarks.spec.located_yaml import LocatedYaml
from datasets.acquire.safe_yaml import Place

#: Arguments without an origin, by the reason for it: the harness fills them in, or they move no number of a full tier.
FILLED: dict[str, str] = {
    "root": "where the files lie on this machine",
    "cache": "where what can be made again lies on this machine",
    "fold": "the run's test fold; a run is one fold",
    "seed": "the run's seed, from which all its draws follow",
    "num_classes": "as many as the dataset has",
    "n_frames": "as many as a segment of the data has",
    "jobs": "processes that extract features; their number moves nothing",
    "limit": "off unless a tier states it: fewer items for quick trials",
    "shuffle_labels": "off unless a control states it: trains on wrong labels",
    "width_divisor": "1 unless a tier states it: narrower layers for quick trials",
}
#: What of Lightning's Trainer moves numbers; the rest says how and where it runs, and the harness sets it.
OF_TRAINER = ("accumulate_grad_batches", "gradient_clip_val", "max_epochs")

Gap = tuple[Place, str]


def gaps(paper: Paper) -> list[Gap]:
    """What lacks an origin or has a wrong one, each with its place in the paper file."""
    missing: dict[Gap, None] = {}
    left: dict[str, set[str]] = {}  # by entry of `classes`: the arguments that some setting leaves to their default
    for setting, named in _named(paper):
        missing |= dict.fromkeys(_of_class(paper, setting, named, left))
    for key, notes in paper.classes.items():
        place: Place = ("classes", key)
        if key not in left:
            missing[place, f"no setting names {key}, nor a class derived from it"] = None
            continue
        for name in set(notes.defaults) - left[key]:
            missing[(*place, "defaults", name), f"no setting leaves {name} to a default; take it out"] = None
        missing |= dict.fromkeys(_constants(notes.constants, (*place, "constants")))
        for kind in ("defaults", "constants", "choices"):
            missing |= dict.fromkeys(_nowhere(getattr(notes, kind), (*place, kind), paper.settings))
    return list(missing)


def gap_lines(paper: Paper) -> list[str]:
    """The gaps for reading, one line each, with file and line."""
    document = LocatedYaml(paper_folder(paper.id) / "paper.yaml")
    return [str(document.error(place, message)) for place, message in gaps(paper)]


def _named(paper: Paper) -> Iterator[tuple[str, Named]]:
    """Every class that some setting names, once for each choice of arguments that it is given."""
    seen = set()
    for setting in paper.settings:
        for tier in tiers_of(paper, setting):
            for recipe in recipes(paper, setting, tier):
                for named in named_in(recipe):
                    if (asked := (named.path, frozenset(named.given))) not in seen:
                        seen.add(asked)
                        yield setting, named


def _of_class(paper: Paper, setting: str, named: Named, left: dict[str, set[str]]) -> Iterator[Gap]:
    keys = keys_of(paper, named.path)
    listed = {name: key for key in keys for name in paper.classes[key].defaults}
    defaults = _parameters(named.path)
    for key in keys:
        left.setdefault(key, set())
    for name in defaults:
        if name in named.given or name in FILLED:
            continue
        if name not in listed:
            told = f"{named.path}: {name} is left to its default, {defaults[name]!r}, and has no origin; list it"
            yield ("settings", setting), f"{told} in classes.{named.path}.defaults"
            continue
        left[listed[name]].add(name)
        stated = paper.classes[listed[name]].defaults[name]
        if not _same(stated.value, defaults[name]):
            place = ("classes", listed[name], "defaults", name)
            yield place, f"is {stated.value!r}, but the default of {named.path} is {defaults[name]!r}"


@cache
def _parameters(path: str) -> Mapping[str, Any]:
    found = parameters(path)
    return {name: found[name] for name in OF_TRAINER} if path == TRAINER else found


def _constants(listed: Mapping[str, Sourced], place: Place) -> Iterator[Gap]:
    for path, stated in listed.items():
        try:
            value = import_class(path)
        except InputError as error:
            yield (*place, path), str(error)
            continue
        if not _same(stated.value, value):
            yield (*place, path), f"is {stated.value!r}, but the code has {value!r}"


def _nowhere(values: Mapping[str, ClassValue], place: Place, settings: Iterable[str]) -> Iterator[Gap]:
    """The patterns of `apart` that fit no setting's name."""
    for name, value in values.items():
        for number, one in enumerate(value.apart):
            for pattern in one.settings:
                if not fnmatch.filter(settings, pattern):
                    yield (*place, name, "apart", number), f"no setting is called {pattern}{nearest(pattern, settings)}"


def _same(stated: Any, real: Any) -> bool:
    return bool(_plain(stated) == _plain(real))


def _plain(value: Any) -> Any:
    """Lists for tuples, as a paper file has them."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value
