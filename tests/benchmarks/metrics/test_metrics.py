"""What every registered metric and kind of task keeps to, found by walking them all."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import benchmarks.metrics
from benchmarks.errors import InputError
from benchmarks.metrics import Chosen, Kind, Metric, MetricValue, all_metrics, kind_of, metric_named, metric_of
from benchmarks.metrics.activity import SOFT_ACTIVITY
from benchmarks.metrics.kinds import EVENTS_OF_ONE_CLASS, ONE_CLASS_PER_CLIP, TAGS_PER_CLIP
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper, paper_ids

CELLS = [source for paper in paper_ids() for cell in load_paper(paper).cells() for source in cell.sources]
IDS = dict.fromkeys([*all_metrics(), *(cell.metric for cell in CELLS if cell.metric)])
METRICS = [pytest.param(metric_named(name), id=name) for name in IDS]
ITEMS = tuple(f"item{number}" for number in range(6))
#: How the ids of those metrics begin of which the lower value is the better one.
ERROR_RATES = ("event_er_", "segment_er_")
#: Of a kind: classes, a label per item, and the further columns of its reference.
TRUTHS: dict[Kind, tuple[tuple[str, ...], list[str], dict[str, list[float]]]] = {
    ONE_CLASS_PER_CLIP: (("Cat", "Dog"), ["Cat", "Dog"] * 3, {}),
    TAGS_PER_CLIP: (("Cat", "Dog"), ["Cat,Dog", "", "Dog"] * 2, {}),
    EVENTS_OF_ONE_CLASS: (("Dog",), ["Dog", ""] * 3, {"onset": [0.5, math.nan] * 3, "offset": [1.5, math.nan] * 3}),
    SOFT_ACTIVITY: (
        ("Cat", "Dog"), ["Dog", "Cat"] * 3,
        {"onset": [0.0, 1.0] * 3, "offset": [1.0, 2.0] * 3, "activity": [0.8, 0.4, 0.9] * 2, "seconds": [2.0] * 6},
    ),
}  # fmt: skip
#: A metric of a file that is found because it lies in the folder.
FILE = """
from benchmarks.metrics.kinds import ONE_CLASS_PER_CLIP
from benchmarks.metrics.metric import Metric

OF_MINE = Metric("of_mine", 1, "", False, lambda scores, reference: None, ONE_CLASS_PER_CLIP)
METRICS = (OF_MINE,)
"""


def drawn(metric: Metric) -> tuple[Scores, pd.DataFrame]:
    """Scores and a reference as the kind of the metric has them."""
    classes, labels, columns = TRUTHS[metric.kind]
    shape = (6, 100, len(classes)) if metric.kind.per_frame else (6, len(classes))
    values = np.random.default_rng(0).normal(size=shape)
    truth = pd.DataFrame({"label": labels, "unit": "u", "fold": 1, **columns}, index=pd.Index(ITEMS, name="item"))
    kind = "logit" if "logit" in metric.takes else metric.takes[0]
    return Scores(ITEMS, classes, values, kind, 0.02 if metric.kind.per_frame else None), truth


def computed(metric: Metric, scores: Scores, truth: pd.DataFrame) -> MetricValue:
    """The value; where other items choose thresholds, these choose them themselves."""
    return metric.compute(scores, truth, *([[Chosen(ITEMS, scores, truth)]] if metric.chosen_on else []))


def test_a_walk_over_all_metrics_sees_every_form_of_an_id():
    assert set(all_metrics()) == {
        "accuracy_clip_mean_probability", "accuracy_clip_decision", "accuracy_file_log_posterior",
        "f1_best_thresholds_1s", "f1_best_thresholds_1s_softmax", "f1_validation_thresholds_1s", "f1_all_active_1s",
        "segment_er_1s_above_0.5", "segment_f1_micro_1s_above_0.5", "segment_f1_macro_1s_above_0.5",
        "accuracy_file_log_posterior_classwise", "auc_macro", "auc_of_Dog", "auc_frames",
        "event_er_onset_500ms_above_0.5_median_540ms", "event_f1_onset_500ms_above_0.5_median_540ms",
    }  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_well_formed_and_the_mean_of_what_items_add(metric):
    assert metric_named(metric.id) is metric
    assert metric.higher_is_better is not metric.id.startswith(ERROR_RATES)
    assert metric.version >= 1 and metric.unit in ("", "%") and set(metric.takes) <= set(metric.kind.takes)
    scores, truth = drawn(metric)
    metric.kind.check(scores, "drawn")
    assert set(metric.kind.columns) <= set(truth.columns)
    value = computed(metric, scores, truth)
    assert value.items == ITEMS and value.per_item.shape == (6,)
    assert metric.scale * value.per_item.mean() == pytest.approx(value.value)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_takes_the_kinds_of_scores_it_says_and_refuses_decisions_otherwise(metric):
    scores, truth = drawn(metric)
    for kind in metric.takes:
        values = 1 / (1 + np.exp(-scores.values)) if kind == "probability" else scores.values
        assert np.isfinite(computed(metric, replace(scores, values=values, kind=kind), truth).value)
    if "decision" not in metric.takes and metric.id != "auc_frames":
        with pytest.raises(InputError):
            computed(metric, replace(scores, kind="decision"), truth)


def test_every_metric_of_a_paper_is_known_and_cells_of_a_mean_have_the_kind_of_their_columns():
    for cell in (one for paper in paper_ids() for one in load_paper(paper).cells()):
        if cell.recipe == "train":
            assert metric_of(cell) is metric_named(cell.sources[0].metric)
            assert {kind_of(source) for source in cell.sources} == {kind_of(cell)}
        if cell.sources[0].metric is None:
            assert kind_of(cell) is None


@pytest.mark.parametrize(
    ("kind", "shape", "hop", "problem"),
    [
        (EVENTS_OF_ONE_CLASS, (6, 10, 2), 0.02, "2 classes .c0, c1., but events are judged one class at a time"),
        (EVENTS_OF_ONE_CLASS, (6, 10, 1), None, "no hop, so its 6 x 10 x 1 scores are not per frame"),
    ],
)
def test_scores_of_another_form_are_refused_with_their_source(kind, shape, hop, problem):
    given = Scores(ITEMS, tuple(f"c{number}" for number in range(shape[-1])), np.zeros(shape), "logit", hop)
    with pytest.raises(InputError, match=f"mine.npz: {problem}"):
        kind.check(given, "mine.npz")


def test_a_metric_is_found_by_its_file_and_by_its_import_path(tmp_path, monkeypatch):
    (tmp_path / "found_by_file.py").write_text(FILE)
    monkeypatch.setattr(benchmarks.metrics, "__path__", [*benchmarks.metrics.__path__, str(tmp_path)])
    assert metric_named("of_mine") is all_metrics()["of_mine"]
    assert metric_named("benchmarks.metrics.found_by_file.OF_MINE").id == "of_mine"
    monkeypatch.undo()
    with pytest.raises(InputError, match="of_mine: no such metric"):
        metric_named("of_mine")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("benchmarks.metrics.NONE", "cannot be imported"),
        ("benchmarks.errors.InputError", "no benchmarks.metrics.Metric"),
    ],
)
def test_an_import_path_that_is_no_metric_is_one_line(path, problem):
    with pytest.raises(InputError, match=problem):
        metric_named(path)
