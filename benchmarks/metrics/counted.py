"""Counts that several metrics take of the same scores: whoever asks first counts, the others are given the same."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.runs.scores import Scores

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

#: Of so many scores and rules the counts are kept: more than the runs of any table.
MOST = 1024
_COUNTED: dict[bytes, Any] = {}


def counted(count: Callable[[], T], scores: Scores, reference: "pd.DataFrame", *rule: object) -> T:
    """What `count` says of these scores, this reference and this rule; it has been asked but once if it was lately.

    Nobody changes what comes back. rule: what else it depends on, with a `repr` that says all of it.
    """
    key = _key(scores, reference, rule)
    if key not in _COUNTED:
        found = count()
        while len(_COUNTED) >= MOST:
            _COUNTED.pop(next(iter(_COUNTED)))
        _COUNTED[key] = found
    return _COUNTED[key]  # type: ignore[no-any-return]


def _key(scores: Scores, reference: "pd.DataFrame", rule: tuple[object, ...]) -> bytes:
    """Changes with the content of any of them."""
    import numpy as np
    from pandas.util import hash_pandas_object

    values = np.ascontiguousarray(scores.values)
    told = (scores.items, scores.classes, scores.kind, scores.hop, values.shape, values.dtype.str, rule)
    digest = hashlib.sha256(repr(told).encode())
    digest.update(values.tobytes())
    columns = [(name, str(reference[name].dtype)) for name in reference.columns]
    digest.update(repr(columns).encode() + hash_pandas_object(reference).to_numpy().tobytes())
    return digest.digest()
