from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score

from benchmarks.errors import InputError
from benchmarks.metrics import MetricValue, metric_named
from benchmarks.metrics.accuracy import confusion_matrix, mean_probability_decisions
from benchmarks.runs.ledger import load_finished
from benchmarks.runs.scores import Scores, _segment_counts, scores_of
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.runs.stored.altered import rewrite

CLASSES = ("dog", "rain", "rooster")
#: The metrics of one decision per clip; the others have files of their own.
SHAPES = {"accuracy_clip_mean_probability": ("logit", (40, 5, 3)), "accuracy_clip_decision": ("decision", (40, 3))}


def reference(labels) -> pd.DataFrame:
    items = pd.Index([f"item{i}" for i in range(len(labels))], name="item")
    return pd.DataFrame({"label": labels, "unit": [str(i // 2) for i in range(len(labels))], "fold": 1}, index=items)


def scores(values, kind="logit") -> Scores:
    values = np.asarray(values, dtype=np.float32)
    return Scores(tuple(f"item{i}" for i in range(len(values))), CLASSES, values, kind)


@pytest.fixture
def random_truth() -> pd.DataFrame:
    return reference(list(np.random.default_rng(1).choice(CLASSES, 40)))


@pytest.mark.parametrize("name", SHAPES)
def test_every_metric_is_well_formed_and_bounded(name, random_truth):
    metric = metric_named(name)
    kind, shape = SHAPES[name]
    assert metric.id == name and metric.version >= 1 and metric.unit == "%" and metric.scale == 100
    value = metric.compute(scores(np.random.default_rng(0).normal(size=shape), kind), random_truth)
    assert 0 <= value.value <= 100
    assert value.per_item.shape == (40,) and value.n == 40 and value.items == tuple(random_truth.index)
    assert value.value == pytest.approx(100 * value.correct / value.n) == 100 * value.per_item.mean()
    assert value.is_share and dict(value.counts) == {"ties": 0}


@pytest.mark.parametrize("name", SHAPES)
def test_perfect_scores_give_the_best_value(name, random_truth):
    kind, shape = SHAPES[name]
    values = np.zeros(shape)
    values[np.arange(40), ..., [CLASSES.index(label) for label in random_truth["label"]]] = 1
    assert metric_named(name).compute(scores(values, kind), random_truth).value == 100


def test_accuracy_is_that_of_scikit_learn_on_plain_decisions(random_truth):
    values = np.random.default_rng(3).normal(size=(40, 5, 3))
    decided = [CLASSES[i] for i in softmax(values.astype(np.float32), axis=-1).mean(axis=1).argmax(axis=1)]
    value = metric_named("accuracy_clip_mean_probability").compute(scores(values), random_truth)
    assert value.value == 100 * accuracy_score(random_truth["label"], decided)


def test_probabilities_are_averaged_not_logits():
    # One very sure segment for rain outweighs two others in logits, not in probabilities.
    values = [[[0, 30, -10], [3, 0, -10], [3, 0, -10]]]
    value = metric_named("accuracy_clip_mean_probability").compute(scores(values), reference(["dog"]))
    assert value.correct == 1
    assert np.mean(values, axis=1).argmax() == CLASSES.index("rain")


def test_segments_that_stand_for_dropped_ones_are_not_counted_again():
    """Two of three segments, the first once more behind them: it alone would decide for rain."""
    rain, dog = [0.4, 0.6, 0.0], [0.65, 0.35, 0.0]
    said = scores([[rain, dog, rain], [rain, dog, dog], [dog, dog, dog]], "probability")
    metric, truth = metric_named("accuracy_clip_mean_probability"), reference(["dog", "dog", "dog"])
    counted = replace(said, counts=np.array([2, 3, 1]))
    assert metric.compute(counted, truth).per_item.tolist() == [1, 1, 1]
    assert metric.compute(counted.select(["item1", "item0"]), truth).per_item.tolist() == [1, 1]
    assert metric.compute(said, truth).per_item.tolist() == [0, 1, 1]  # three segments, as nothing says otherwise


def test_how_many_segments_a_clip_has_is_read_off_those_of_runs_that_drop_some():
    ragged = np.random.default_rng(5).normal(size=(60, 9, 3)).astype(np.float32)
    counts = np.arange(60) % 9 + 1
    filled = np.stack([one[np.arange(9) % n] for one, n in zip(ragged, counts, strict=True)])
    assert _segment_counts(filled).tolist() == counts.tolist()
    decided = [
        softmax(one[:n].astype(np.float64), axis=-1).mean(0).argmax() for one, n in zip(ragged, counts, strict=True)
    ]
    assert mean_probability_decisions(replace(scores(filled), counts=counts)).tolist() == decided


@pytest.mark.parametrize(("setting", "kept"), [("piczak_long", [2, 3]), ("base", None)])
def test_only_of_extractors_that_drop_silent_segments(tmp_path, setting, kept):
    """A clip that begins and ends in silence has all its segments elsewhere, though the first and the last are one."""
    [run, *_] = fabricate(workspace_in(tmp_path), setting, "esc10", seeds=1, folds=(1,))
    folder = workspace_in(tmp_path).runs / run.id
    said = Scores.load(folder / "scores_test.npz")
    values = np.random.default_rng(6).normal(size=(len(said.items), 3, 10)).astype(np.float32)
    values[0, 2] = values[0, 0]
    rewrite(folder, Scores(said.items, said.classes, values, "logit"))
    found = scores_of(load_finished(folder), "test").counts
    assert (found is None) == (kept is None) and (kept is None or found[:2].tolist() == kept)


def test_a_tie_goes_to_the_first_class_and_is_counted():
    even = scores([[0.2, 0.4, 0.4], [0.4, 0.3, 0.3], [0.2, 0.4, 0.4]], "probability")
    for name in SHAPES:
        value = metric_named(name).compute(even, reference(["rain", "dog", "rooster"]))
        assert value.per_item.tolist() == [1, 1, 0]
        assert value.counts["ties"] == 2  # a tie of classes that are not the highest decides nothing


def test_probabilities_of_whole_clips_are_taken_as_they_are(random_truth):
    values = softmax(np.random.default_rng(4).normal(size=(40, 3)), axis=-1)
    whole = metric_named("accuracy_clip_mean_probability").compute(scores(values, "probability"), random_truth)
    assert whole.per_item.tolist() == (values.argmax(1) == [CLASSES.index(x) for x in random_truth["label"]]).tolist()


@pytest.mark.parametrize(
    ("name", "given", "truth", "problem"),
    [
        ("accuracy_clip_decision", scores(np.zeros((2, 5, 3))), ["dog", "rain"], "5 segments per item"),
        ("accuracy_clip_mean_probability", scores(np.zeros((2, 3)), "decision"), ["dog", "rain"], "no probabilities"),
        ("accuracy_clip_decision", scores(np.zeros((2, 3))), ["dog"], "1 items without a reference, first item1"),
        ("accuracy_clip_decision", scores(np.zeros((2, 3))), ["dog", "frog"], "no class 'frog', which item1 belongs"),
    ],
)
def test_what_cannot_be_judged_is_one_line(name, given, truth, problem):
    with pytest.raises(InputError) as error:
        metric_named(name).compute(given, reference(truth))
    assert problem in str(error.value) and "\n" not in str(error.value)


def test_confusions_are_pooled_over_folds():
    folds = [scores([[1, 0, 0], [0, 1, 0]]), scores([[[0, 0, 9], [0, 0, 9]], [[0, 9, 0], [0, 9, 0]]])]
    matrix = confusion_matrix(folds, reference(["dog", "rain"]), mean_probability_decisions)
    assert matrix.tolist() == [[1, 0, 1], [0, 2, 0], [0, 0, 0]]
    assert mean_probability_decisions(folds[1]).tolist() == [2, 1]
    other = Scores(("item0",), CLASSES[::-1], np.zeros((1, 3)), "decision")
    with pytest.raises(InputError, match="classes differ"):
        confusion_matrix([folds[0], other], reference(["dog", "rain"]), mean_probability_decisions)


def test_only_shares_have_right_items():
    value = MetricValue.ratio(np.array([2, 0]), np.array([1, 3]), ("a", "b"), 100.0, {"tp": 1, "fn": 1})
    assert value.value == 50 and value.per_item.tolist() == [1.25, -0.25]
    with pytest.raises(TypeError, match="counts"):
        _ = value.correct


def test_one_decision_per_clip_may_stand_as_a_clip_of_one_segment(random_truth):
    values = np.random.default_rng(4).normal(size=(40, 3))
    flat, segmented = (
        metric_named("accuracy_clip_decision").compute(scores(v, "decision"), random_truth)
        for v in (values, values[:, None, :])
    )
    assert flat.value == segmented.value
