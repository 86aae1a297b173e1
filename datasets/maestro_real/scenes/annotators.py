"""Simulated annotators: five who vote on every second and class of a scene, with stated rates of error.

The real set has five workers for each of the overlapping segments, weighted by their competence. Here every annotator
votes for himself on each second, and a soft label is the mean of the votes.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.maestro_real.layout import CLASSES

ANNOTATORS = 5


class Errors(NamedTuple):
    """How often an annotator misses a class that fills a second, and hears one that does not sound (assumed)."""

    miss: float
    false_alarm: float


_CLEAR, _UNSURE = Errors(0.1, 0.03), Errors(0.25, 0.08)
#: Steps, children, wind and dishes are those that real annotators agree on least: their soft labels sum to two to five
#: times their hard ones.
ERRORS = {
    **dict.fromkeys(CLASSES, _CLEAR),
    **dict.fromkeys(("children voices", "wind_blowing", "brakes_squeaking", "cutlery and dishes"), _UNSURE),
    "footsteps": Errors(0.35, 0.12),
    "metro approaching": Errors(0.15, 0.06),
    "metro leaving": Errors(0.15, 0.06),
}


def annotate(shares: NDArray[np.float64], asked: Iterable[str], draw: Generator) -> NDArray[np.float64]:
    """The mean of the votes (seconds, 17) on classes that sound in a share (seconds, 17) of each second.

    An annotator votes for a class as often as he hears it where it fills a second, as rarely as by mistake where it
    does not sound, and in proportion in between; never for a class that is not `asked`.
    """
    rates = np.array([ERRORS[label] for label in CLASSES])
    chance = rates[:, 1] + (1 - rates[:, 0] - rates[:, 1]) * shares
    chance[:, [label not in set(asked) for label in CLASSES]] = 0
    votes = draw.random((ANNOTATORS, *shares.shape)) < chance
    mean: NDArray[np.float64] = votes.mean(axis=0)
    return mean


def told() -> dict[str, Any]:
    """What a declaration says of the annotators."""
    return {"count": ANNOTATORS, "errors": {label: list(errors) for label, errors in ERRORS.items()}}
