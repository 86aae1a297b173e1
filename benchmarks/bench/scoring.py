"""How long it takes to score clips with a score per frame, on one core: decisions and sed_eval included."""

from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.bench.ratio import Measure, seconds
from benchmarks.metrics import metric_named
from benchmarks.metrics.events import threshold_curve
from benchmarks.runs.scores import Scores

#: Clips of 30 s as DCASE 2017 Task 2 has them: 500 per class and subset, half of them with an event.
PER_CLASS, FRAMES, HOP = 500, 1501, 0.02
METRIC = metric_named("event_er_onset_500ms_above_0.4_median_540ms")


def measure(rounds: int, classes: int) -> Iterator[Measure]:
    """Scoring the clips of `classes` classes, and one class at 99 thresholds."""
    import pandas as pd

    draw = np.random.default_rng(0)
    parts = []
    for _ in range(classes):
        scores, onsets = _scores(draw)
        label = np.where(np.isnan(onsets), "", scores.classes[0])
        parts.append((scores, pd.DataFrame({"label": label, "onset": onsets, "offset": onsets + 1}, scores.items)))

    def score() -> None:
        for scores, truth in parts:
            METRIC.compute(scores, truth)

    def curve() -> None:
        threshold_curve(*parts[0], np.arange(1, 100) / 100, median_ms=540, collar=0.5)

    with threadpool_limits(1):
        for work in (score, curve):  # not the imports
            work()
        note = f"made-up scores of {FRAMES} frames, one core"
        values = [seconds(score) for _ in range(rounds)]
        yield Measure.of(f"events of {classes * PER_CLASS} clips scored", values, "s", 3.0, "below", note)
        values = [seconds(curve) for _ in range(rounds)]
        yield Measure.of(f"events of {PER_CLASS} clips at 99 thresholds", values, "s", 2.0, "below", note)


def _scores(draw: np.random.Generator) -> tuple[Scores, np.ndarray]:
    """Scores of one class that wander and find most events, and the onsets: (items,), NaN where there is no event."""
    values = np.cumsum(draw.normal(scale=0.2, size=(PER_CLASS, FRAMES)), axis=1) - 4
    onsets = np.where(np.arange(PER_CLASS) % 2, draw.uniform(0, 28, PER_CLASS), np.nan)
    times = np.arange(FRAMES) * HOP
    values[(times >= onsets[:, None]) & (times < onsets[:, None] + 1)] += 8
    items = tuple(f"clip{number}" for number in range(PER_CLASS))
    return Scores(items, ("babycry",), values.astype(np.float16)[:, :, None], "logit", HOP), onsets
