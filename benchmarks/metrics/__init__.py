"""Metrics by id: the scoring protocol (rule over segments, averaging, collars) stands in the name."""

from collections.abc import Iterator, Mapping

from benchmarks.errors import InputError
from benchmarks.metrics.accuracy import accuracy_clip_decision, accuracy_clip_mean_probability
from benchmarks.metrics.events import EXAMPLES, event_metric
from benchmarks.metrics.metric import Metric, MetricValue
from benchmarks.metrics.ranking import auc_frames, auc_macro, ranking_metric

__all__ = ["METRICS", "Metric", "MetricValue", "metric_named"]

_PLAIN = {
    metric.id: metric
    for metric in (
        Metric("accuracy_clip_mean_probability", 1, "%", True, accuracy_clip_mean_probability),
        Metric("accuracy_clip_decision", 1, "%", True, accuracy_clip_decision),
        Metric("auc_macro", 1, "%", True, auc_macro),
        Metric("auc_frames", 1, "%", True, auc_frames),
    )
}


class _Metrics(Mapping[str, Metric]):
    """Every metric by its id. An iteration goes over those whose ids have no parameters: of the others is no end."""

    def __getitem__(self, metric_id: str) -> Metric:
        found = _PLAIN.get(metric_id) or event_metric(metric_id) or ranking_metric(metric_id)
        if found is None:
            raise KeyError(metric_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_PLAIN)

    def __len__(self) -> int:
        return len(_PLAIN)


METRICS: Mapping[str, Metric] = _Metrics()


def metric_named(metric_id: str) -> Metric:
    """The metric of an id. Raises InputError with the nearest names for an unknown one."""
    from benchmarks.spec import nearest

    if metric_id not in METRICS:
        raise InputError(f"{metric_id}: no such metric{nearest(metric_id, (*METRICS, *EXAMPLES))}")
    return METRICS[metric_id]
