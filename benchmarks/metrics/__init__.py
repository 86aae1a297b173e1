"""Metrics by id: the scoring protocol (rule over segments, averaging, collars) stands in the name.

Every file of this folder that has `METRICS`, a tuple of metrics and of families of them, is found; nothing is listed.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache

from benchmarks.errors import InputError
from benchmarks.metrics.kinds import Kind
from benchmarks.metrics.metric import Chosen, Family, Metric, MetricValue
from benchmarks.runs.build import import_class, modules_of
from benchmarks.spec import Cell, nearest

__all__ = ["Chosen", "Family", "Kind", "Metric", "MetricValue", "all_metrics", "kind_of", "metric_named", "metric_of"]

_IMPORT_PATH = re.compile(r"[a-z_]\w*(\.[A-Za-z_]\w*)+")


def metric_named(metric_id: str) -> Metric:
    """The metric of an id, or of the import path of a Metric. Raises InputError with the nearest names."""
    return _named(metric_id, tuple(__path__))


def metric_of(cell: Cell) -> Metric | None:
    """The metric of a cell, or of the cells of which it is the mean; None where there is nothing to score."""
    named = cell.sources[0].metric
    return metric_named(named) if named else None


def kind_of(cell: Cell) -> Kind | None:
    """The kind of task that a cell is about; None where there is nothing to score."""
    metric = metric_of(cell)
    return metric.kind if metric else None


def all_metrics() -> dict[str, Metric]:
    """Every metric by its id; of a family, which has no end, its examples."""
    found: dict[str, Metric] = {}
    for one in _registered(tuple(__path__)):
        metrics = (one,) if isinstance(one, Metric) else one.metrics()
        found |= {metric.id: metric for metric in metrics}
    return found


@cache
def _named(metric_id: str, folders: tuple[str, ...]) -> Metric:
    for one in _registered(folders):
        if isinstance(one, Family) and (found := one.parse(metric_id)):
            return found
        if isinstance(one, Metric) and one.id == metric_id:
            return one
    if _IMPORT_PATH.fullmatch(metric_id):
        found = import_class(metric_id)
        if isinstance(found, Metric):
            return found
        raise InputError(f"{metric_id}: is no benchmarks.metrics.Metric but a {type(found).__name__}")
    raise InputError(f"{metric_id}: no such metric{nearest(metric_id, all_metrics())}")


@cache
def _registered(folders: tuple[str, ...]) -> tuple[Metric | Family, ...]:
    """What the files in these folders of the package register."""
    return tuple(_of_files())


def _of_files() -> Iterator[Metric | Family]:
    for name, module in modules_of(sys.modules[__name__]).items():
        offered = vars(module).get("METRICS", ())
        if not isinstance(offered, tuple) or not all(isinstance(one, Metric | Family) for one in offered):
            raise InputError(f"{__name__}.{name}: its METRICS is no tuple of metrics and families of them; mend it")
        yield from offered
