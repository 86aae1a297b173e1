"""Which runs a slot gets together: those of one setting, which differ in fold and seed alone."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from datasets.acquire.telling import count_of

if TYPE_CHECKING:
    from benchmarks.runs.plan import Planned


def mates(first: "Planned", others: Iterable["Planned"], size: int) -> list["Planned"]:
    """The runs that join one that begins, in their order, so that they are `size` at most; none beside an estimator.

    They share recipe, files and numerics, so that they take the same memory and end at about the same time.
    """
    if size < 2 or not is_trained(first):
        return []
    return [one for one in others if kind(one) == kind(first) and one is not first][: size - 1]


def kind(planned: "Planned") -> tuple[str, str]:
    """What the runs of a gang share."""
    return planned.run.recipe, planned.run.fingerprint


def is_trained(planned: "Planned") -> bool:
    """Whether a run is one of a network; an estimator is fitted in one go."""
    return bool(planned.run.resolved["trainer"])


def gang_lines(runs: Sequence["Planned"], size: int) -> list[str]:
    """What is to be said of runs that are asked to go on together and will not: one line, or none."""
    sizes: dict[tuple[str, str], int] = {}
    for one in runs:
        sizes[kind(one)] = sizes.get(kind(one), 0) + is_trained(one)
    if size < 2 or not sizes or max(sizes.values()) >= size:
        return []
    if not any(sizes.values()):
        return [f"--gang {size}: goes unused, for estimators are fitted in one go"]
    return [
        f"--gang {size}: gangs have {count_of(max(sizes.values()), 'run')} at most, for only runs of one setting, "
        "dataset and numerics go on together"
    ]
