import numpy as np
import pandas as pd
import pytest

from benchmarks.metrics import events, metric_named
from benchmarks.metrics.counted import MOST, counted
from benchmarks.runs.scores import Scores


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch):
    monkeypatch.setattr("benchmarks.metrics.counted._COUNTED", {})


def scores(values=(0.0, 5.0, 5.0, 0.0), item="a", hop=0.02):
    return Scores((item,), ("babycry",), np.array(values, dtype=np.float32)[None, :, None], "logit", hop)


def reference(onset=0.02, item="a"):
    return pd.DataFrame({"label": ["babycry"], "onset": [onset], "offset": [0.06]}, index=pd.Index([item], name="item"))


def test_the_same_is_counted_once():
    asked = []
    for _ in range(2):
        assert counted(lambda: asked.append(1) or "found", scores(), reference(), "rule", 0.5) == "found"
    assert asked == [1]


@pytest.mark.parametrize(
    "other",
    [
        (scores((0.0, 5.0, 5.0, 1e-6)), reference(), 0.5), (scores(item="b"), reference(), 0.5),
        (scores(hop=0.04), reference(), 0.5), (scores(), reference(0.020000001), 0.5),
        (scores(), reference(item="b"), 0.5), (scores(), reference(), 0.25),
    ],
)  # fmt: skip
def test_whatever_differs_is_counted(other):
    one, true, rule = other
    counted(lambda: "first", scores(), reference(), 0.5)
    assert counted(lambda: "other", one, true, rule) == "other"


def test_what_fails_is_asked_again_and_the_oldest_goes():
    with pytest.raises(ZeroDivisionError):
        counted(lambda: 1 / 0, scores(), reference())
    assert counted(lambda: 3, scores(), reference()) == 3
    for number in range(MOST):
        counted(lambda: 0, scores(), reference(), number)
    assert counted(lambda: 4, scores(), reference()) == 4


def test_error_rate_and_f1_of_events_count_together(monkeypatch):
    calls = []
    count = events._count
    monkeypatch.setattr("benchmarks.metrics.events._count", lambda *told: calls.append(1) or count(*told))
    for name in ("er", "f1"):
        metric_named(f"event_{name}_onset_500ms_above_0.4_median_20ms").compute(scores(), reference())
    assert calls == [1]
