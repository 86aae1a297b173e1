import dcase_util
import numpy as np
import pandas as pd
import pytest
import sed_eval
from scipy.special import log_softmax, softmax

from benchmarks.errors import InputError
from benchmarks.metrics import metric_named
from benchmarks.metrics.scenes import log_posterior_decisions
from benchmarks.runs.scores import Scores

CLASSES = ("bus", "cafe/restaurant", "park")
PLAIN, CLASSWISE = "accuracy_file_log_posterior", "accuracy_file_log_posterior_classwise"


@pytest.fixture
def truth() -> pd.DataFrame:
    """Sixty files, of which the classes have 30, 20 and 10."""
    label = np.repeat(CLASSES, (30, 20, 10))
    items = pd.Index([f"{number}.wav" for number in range(60)], name="item")
    return pd.DataFrame({"label": label, "unit": [str(number // 3) for number in range(60)], "fold": 1}, index=items)


@pytest.fixture
def said(truth) -> Scores:
    """Logits of 19 segments a file, right for most."""
    rng = np.random.default_rng(2)
    true = [CLASSES.index(label) for label in truth["label"]]
    values = rng.normal(size=(60, 19, 3)) + 0.35 * np.eye(3)[true][:, None]
    return Scores(tuple(truth.index), CLASSES, values.astype(np.float32), "logit")


def by_hand(said: Scores) -> np.ndarray:
    return log_softmax(np.asarray(said.values, dtype=np.float64), axis=-1).sum(axis=1).argmax(axis=-1)


def sed_eval_says(said: Scores, truth: pd.DataFrame) -> dict:
    """The plain documented use of the official tool."""
    metrics = sed_eval.scene.SceneClassificationMetrics(list(CLASSES))
    for item, place in zip(said.items, by_hand(said), strict=True):
        reference = [{"filename": item, "scene_label": truth["label"][item]}]
        estimated = [{"filename": item, "scene_label": CLASSES[place]}]
        metrics.evaluate(
            dcase_util.containers.MetaDataContainer(reference), dcase_util.containers.MetaDataContainer(estimated)
        )
    return metrics.results()


def test_both_accuracies_are_those_of_the_official_tool(said, truth):
    official = sed_eval_says(said, truth)
    assert 50 < 100 * official["overall"]["accuracy"] < 100
    plain, classwise = (metric_named(name).compute(said, truth) for name in (PLAIN, CLASSWISE))
    assert plain.value == pytest.approx(100 * official["overall"]["accuracy"], abs=1e-12)
    assert classwise.value == pytest.approx(100 * official["class_wise_average"]["accuracy"]["accuracy"], abs=1e-12)
    assert plain.value != classwise.value


def test_items_add_up_to_the_value(said, truth):
    for name in (PLAIN, CLASSWISE):
        value = metric_named(name).compute(said, truth)
        assert 100 * value.per_item.mean() == pytest.approx(value.value)
    right = [CLASSES[place] == label for place, label in zip(by_hand(said), truth["label"], strict=True)]
    assert metric_named(PLAIN).compute(said, truth).correct == sum(right)


def test_logs_are_summed_and_not_probabilities_averaged():
    """One segment that all but excludes a class outweighs two that favour it a little (equation 21)."""
    probabilities = np.array([[[0.6, 0.4], [0.6, 0.4], [0.01, 0.99]]])
    said = Scores(("1.wav",), CLASSES[:2], np.log(probabilities).astype(np.float32), "logit")
    assert log_posterior_decisions(said).tolist() == [1]
    kinder = Scores(("1.wav",), CLASSES[:2], np.array([[[0.7, 0.3], [0.7, 0.3], [0.2, 0.8]]]), "probability")
    assert log_posterior_decisions(kinder).tolist() == [0]
    assert softmax(said.values, axis=-1).mean(axis=1).argmax() == 1


def test_probabilities_and_logits_say_the_same(said, truth):
    given = Scores(said.items, said.classes, said.probabilities().astype(np.float32), "probability")
    assert metric_named(PLAIN).compute(given, truth).value == metric_named(PLAIN).compute(said, truth).value


def test_a_probability_of_zero_excludes_a_class_and_breaks_nothing():
    said = Scores(("1.wav",), CLASSES[:2], np.array([[[0.0, 1.0], [1.0, 0.0], [0.1, 0.9]]]), "probability")
    assert log_posterior_decisions(said).tolist() == [1]


def test_log_likelihoods_are_summed_as_they_are():
    said = Scores(("1.wav", "2.wav"), CLASSES, np.array([[-900.0, -800, -850], [-10, -20, -5]]), "log_likelihood")
    assert log_posterior_decisions(said).tolist() == [1, 2]
    frames = Scores(("1.wav",), CLASSES, np.array([[[-1.0, -9, -5], [-8, -1, -2]]]), "log_likelihood")
    assert log_posterior_decisions(frames).tolist() == [2]


def test_the_mean_over_classes_is_over_those_that_are_tested(said, truth):
    some = truth[truth["label"] != "park"]
    chosen = said.select(list(some.index))
    value = metric_named(CLASSWISE).compute(chosen, some)
    right = by_hand(chosen) == [CLASSES.index(label) for label in some["label"]]
    assert value.value == pytest.approx(50 * (right[:30].mean() + right[30:].mean()))


@pytest.mark.parametrize("name", [PLAIN, CLASSWISE])
def test_decisions_alone_have_no_posteriors(name, truth, said):
    given = Scores(said.items, CLASSES, said.values[:, 0], "decision")
    with pytest.raises(InputError, match="no probabilities"):
        metric_named(name).compute(given, truth)
    with pytest.raises(InputError, match="without a reference"):
        metric_named(name).compute(said, truth.iloc[:-1])


def test_ties_are_counted_and_go_to_the_first_class(truth, said):
    level = Scores(said.items, CLASSES, np.zeros((60, 2, 3), dtype=np.float32), "logit")
    value = metric_named(PLAIN).compute(level, truth)
    assert value.counts == {"ties": 60} and value.value == 50
