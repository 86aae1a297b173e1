"""What the official lists leave open: which locations validate, and a split that ignores locations."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path

from datasets.dcase2016_asc.listing import location_of

#: Share of a training list that validates (assumed: the paper names no validation set).
SHARE = Fraction(15, 100)
#: Share of the files that a leaky split tests: that of folds 1 and 2, whose size the printed numbers have.
LEAKY_SHARE = Fraction(290, 1170)
#: What `choose_validation` makes of the official lists: a line per training list with its name and locations.
OFFICIAL_VALIDATION = Path(__file__).with_name("validation.txt")


def choose_validation(scenes: Mapping[str, str], name: str) -> frozenset[str]:
    """The locations that validate, of a training list (item -> scene) called `name`.

    Scene by scene whole locations, in an order by the hash of name and location, as long as they bring all files chosen
    so far nearer to SHARE of those of the scenes so far; of each scene at least one location, and not all, where there
    are two. A function of the list alone, whatever its order.
    """
    sizes: dict[str, dict[str, int]] = {scene: {} for scene in sorted(set(scenes.values()))}
    for item, scene in scenes.items():
        place = location_of(item)
        sizes[scene][place] = sizes[scene].get(place, 0) + 1
    chosen: set[str] = set()
    lacking = Fraction(0)
    for of_scene in sizes.values():
        lacking += SHARE * sum(of_scene.values())
        order = sorted(of_scene, key=lambda place: _chance("validation", name, place))
        for number, place in enumerate(order[:-1]):
            if number and abs(lacking - of_scene[place]) >= abs(lacking):
                break
            chosen.add(place)
            lacking -= of_scene[place]
    return frozenset(chosen)


@cache
def official_validation() -> Mapping[str, frozenset[str]]:
    """The locations that validate in the real set, by the name of the training list."""
    lines = [line.split("\t") for line in OFFICIAL_VALIDATION.read_text(encoding="utf-8").splitlines()]
    return {name: frozenset(places.split()) for name, places in lines}


def choose_leaky_tests(items: Iterable[str], count: int) -> tuple[tuple[str, ...], ...]:
    """The files that each of `count` leaky splits tests, none of them twice: LEAKY_SHARE of all, by the hash of names.

    Of the official 1170 files each of four tests 290, and ten are in no test.
    """
    order = sorted(items, key=lambda item: _chance("leaky", item))
    size = min(round(LEAKY_SHARE * len(order)), len(order) // count)
    return tuple(tuple(sorted(order[number * size : (number + 1) * size])) for number in range(count))


def _chance(*names: str) -> bytes:
    return sha256("/".join(names).encode()).digest()
