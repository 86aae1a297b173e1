"""What signatures of features hold, and whether two are of the same code; needs nothing that computes features."""

from collections.abc import Mapping
from typing import Any

import numpy as np

#: Of one piece of code: {"shape": [...], "rms": ..., "projections": [...]}.
Mark = dict[str, Any]
#: The marks of all the code that made some features: readers, dataset ("clip"), extractor, copy, conditioner.
Signature = dict[str, Mark]

#: By how much of the root mean square of the outcome each number may differ. With double precision inside, extractors
#: move by up to 2e-7 and copies, whose phases run on, by up to 2e-5; a symmetric window for a periodic one moves
#: extractors by 3e-5 or more, and hardly any change of a recipe is slighter. Readers round to 16 bit after resampling,
#: so that its last digits move some samples by a whole bit, which is most in faint clips.
TOLERANCES = {"readers": 1e-4, "clip": 1e-3, "extractor": 1e-5, "copy": 1e-3, "conditioner": 1e-5}


def differences(found: object, expected: Signature) -> list[str]:
    """The names of what has another mark in `found`, which may be anything read from a file, than is expected."""
    given = found if isinstance(found, Mapping) else {}
    names = sorted({*given, *expected})
    return [name for name in names if not _fits(given.get(name), expected.get(name), TOLERANCES.get(name, 0.0))]


def _fits(found: object, expected: Mark | None, tolerance: float) -> bool:
    if not isinstance(found, Mapping) or expected is None or found.get("shape") != expected["shape"]:
        return False
    try:
        numbers = np.array([found["rms"], *found["projections"]], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return False
    wanted = np.array([expected["rms"], *expected["projections"]])
    return numbers.shape == wanted.shape and bool(np.all(np.abs(numbers - wanted) <= tolerance * expected["rms"]))
