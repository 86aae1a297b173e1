"""Metrics by id: the scoring protocol (rule over segments, averaging, collars) stands in the name."""

from benchmarks.metrics.clip_accuracy import accuracy_clip_decision, accuracy_clip_mean_probability
from benchmarks.metrics.metric import Metric, MetricValue

__all__ = ["METRICS", "Metric", "MetricValue"]

METRICS: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric("accuracy_clip_mean_probability", 1, "%", True, accuracy_clip_mean_probability),
        Metric("accuracy_clip_decision", 1, "%", True, accuracy_clip_decision),
    )
}
