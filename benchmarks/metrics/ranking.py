"""Area under the ROC curve: whether what is there is scored above what is not, whatever the threshold.

scikit-learn gives the values. What an item adds follows from DeLong's structural components (DeLong, DeLong and
Clarke-Pearson, Biometrics 44, 1988): of a positive, the share of negatives below it; of a negative, the share of
positives above it; ties count half.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import InputError
from benchmarks.metrics.kinds import EVENTS_OF_ONE_CLASS, TAGS_PER_CLIP
from benchmarks.metrics.metric import Family, Metric, MetricValue
from benchmarks.runs.scores import Scores, check_items

if TYPE_CHECKING:
    import pandas as pd

Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class OneClass:
    """What the id of an area of one class says: which one."""

    label: str


def auc_macro(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent: the plain mean over classes of the area of each, from one score per clip and class (EDC, section 3.1).

    Classes that no clip has, or all have, are left out (`skipped` counts them). Raises InputError if none is left.
    """
    truth, values = tags(scores, reference), _of_clips(scores)
    judged = [column for column in range(len(scores.classes)) if 0 < truth[:, column].sum() < len(truth)]
    if not judged:
        raise InputError("scores: no class has both clips with it and clips without it; take more test clips")
    areas = [_area(truth[:, column], values[:, column]) for column in judged]
    per_item = np.mean([parts for _, parts in areas], axis=0)
    counts = {"classes": len(judged), "skipped": len(scores.classes) - len(judged)}
    return MetricValue(100 * float(np.mean([area for area, _ in areas])), per_item, scores.items, counts, False)


def auc_of(scores: Scores, reference: "pd.DataFrame", label: str) -> MetricValue:
    """Percent: the area of one class. Raises InputError for an unknown class, and for one that none or all have."""
    if label not in scores.classes:
        raise InputError(f"scores: no class {label!r}; there are {', '.join(scores.classes)}")
    column = scores.classes.index(label)
    area, parts = _area(tags(scores, reference)[:, column], _of_clips(scores)[:, column], label)
    return MetricValue(100 * area, parts, scores.items, {}, False)


def auc_frames(scores: Scores, reference: "pd.DataFrame") -> MetricValue:
    """Percent: whether frames of events are scored above frames without one, all recordings together.

    A frame is active from floor(onset / hop) to ceil(offset / hop). Raises InputError without active frames.
    """
    if scores.hop is None or len(scores.classes) != 1:
        raise InputError("scores: this metric needs scores per frame of one class")
    check_items(scores, list(reference.index.unique()), scores.classes)
    places = {item: row for row, item in enumerate(scores.items)}
    active = np.zeros(scores.values.shape[:2], dtype=bool)
    for item, onset, offset in _events(reference):
        active[places[item], int(onset / scores.hop + 1e-6) : int(np.ceil(offset / scores.hop - 1e-6))] = True
    area, parts = _area(active.ravel(), scores.values[..., 0].ravel().astype(np.float64), "frames")
    return MetricValue(100 * area, parts.reshape(active.shape).mean(axis=1), scores.items, {}, False)


def tags(scores: Scores, reference: "pd.DataFrame") -> Truth:
    """(items, classes) which classes each clip of the scores has; `label` of the reference joins them by commas.

    Raises InputError for items that are not those of the reference, and for a label that is no class.
    """
    check_items(scores, list(reference.index), scores.classes)
    columns = {name: column for column, name in enumerate(scores.classes)}
    truth = np.zeros((len(scores.items), len(scores.classes)), dtype=bool)
    for row, label in enumerate(reference.loc[list(scores.items), "label"]):
        for name in filter(None, str(label).split(",")):
            if name not in columns:
                raise InputError(f"reference: {scores.items[row]} has the label {name!r}, which is no class")
            truth[row, columns[name]] = True
    return truth


def _of_clips(scores: Scores) -> NDArray[np.float64]:
    if scores.values.ndim != 2 or scores.kind == "decision":
        raise InputError("scores: this metric takes one score per clip and class")
    return scores.values.astype(np.float64)


def _events(reference: "pd.DataFrame") -> Iterator[tuple[str, float, float]]:
    found = reference[reference["onset"].notna()]
    yield from zip(found.index, found["onset"], found["offset"], strict=True)


def _area(truth: Truth, values: NDArray[np.float64], label: str = "") -> tuple[float, NDArray[np.float64]]:
    """The area, and the pseudo-values (items,) whose mean it is."""
    from scipy.stats import rankdata
    from sklearn.metrics import roc_auc_score

    n, positives = len(truth), int(truth.sum())
    if not 0 < positives < n:
        raise InputError(f"{label}: {positives} of {n} have it, so that nothing can be ranked; take other test items")
    area = float(roc_auc_score(truth, values))
    ranks, parts = rankdata(values), np.empty(n)
    for side, others in ((truth, n - positives), (~truth, positives)):
        below = (ranks[side] - rankdata(values[side])) / others  # the share of the other side that lies below
        right = below if side is truth else 1 - below
        parts[side] = area + n / (n - others) * (right - area)
    return area, parts


@cache
def _named(metric_id: str) -> Metric | None:
    """The metric of an id such as auc_of_Dog: the area for one class alone; None for any other text."""
    found = re.fullmatch(r"auc_of_(\w+)", metric_id)
    if found is None:
        return None
    compute = partial(auc_of, label=found[1])
    rule = f"the area under the ROC curve of {found[1]} by the scores of clips"
    return Metric(metric_id, 1, "%", True, compute, TAGS_PER_CLIP, OneClass(found[1]), rule=rule)


METRICS = (
    Metric(
        "auc_macro", 1, "%", True, auc_macro, TAGS_PER_CLIP,
        rule="the area under the ROC curve of each class by the scores of clips, the mean over classes; chance is 50",
    ),
    Family(_named, ("auc_of_Dog",)),
    Metric(
        "auc_frames", 1, "%", True, auc_frames, EVENTS_OF_ONE_CLASS,
        rule="the area under the ROC curve by the scores of frames; chance is 50",
    ),
)  # fmt: skip
