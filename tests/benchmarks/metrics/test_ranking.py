import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.errors import InputError
from benchmarks.metrics import metric_named
from benchmarks.metrics.ranking import tags
from benchmarks.runs.scores import Scores

CLASSES = ("Cat", "Dog", "Speech")


def reference(labels) -> pd.DataFrame:
    index = pd.Index([f"clip{row}" for row in range(len(labels))], name="item")
    return pd.DataFrame({"label": labels, "unit": index, "fold": 1}, index=index)


def scores(values, classes=CLASSES, kind="logit", hop=None) -> Scores:
    values = np.asarray(values, dtype=np.float32)
    return Scores(tuple(f"clip{row}" for row in range(len(values))), classes, values, kind, hop)


@pytest.fixture
def drawn():
    draw = np.random.default_rng(4)
    truth = draw.random((60, 3)) < 0.3
    truth[0] = False
    labels = [",".join(name for name, there in zip(CLASSES, row, strict=True) if there) for row in truth]
    values = np.round(draw.normal(size=(60, 3)) + truth, 1)  # rounded, so that there are ties
    return truth, reference(labels), scores(values)


def test_macro_auc_is_that_of_scikit_learn(drawn):
    truth, labels, given = drawn
    value = metric_named("auc_macro").compute(given, labels)
    assert value.value == pytest.approx(100 * roc_auc_score(truth, given.values, average="macro"))
    assert value.counts == {"classes": 3, "skipped": 0} and not value.is_share


@pytest.mark.parametrize("column", range(3))
def test_one_class_alone(drawn, column):
    truth, labels, given = drawn
    value = metric_named(f"auc_of_{CLASSES[column]}").compute(given, labels)
    assert value.value == pytest.approx(100 * roc_auc_score(truth[:, column], given.values[:, column]))


@pytest.mark.parametrize("name", ["auc_macro", "auc_of_Dog"])
def test_the_mean_of_what_items_add_is_the_value(drawn, name):
    _, labels, given = drawn
    value = metric_named(name).compute(given, labels)
    assert 100 * value.per_item.mean() == pytest.approx(value.value)
    assert value.items == given.items


def test_the_order_of_the_reference_does_not_matter(drawn):
    _, labels, given = drawn
    shuffled = labels.sample(frac=1, random_state=0)
    ours, theirs = (metric_named("auc_macro").compute(given, one) for one in (labels, shuffled))
    assert ours.value == theirs.value and np.array_equal(ours.per_item, theirs.per_item)


def test_the_spread_of_what_items_add_is_that_of_a_bootstrap(drawn):
    truth, labels, given = drawn
    value = metric_named("auc_of_Cat").compute(given, labels)
    draw = np.random.default_rng(0)
    exact = []
    for _ in range(1000):
        rows = draw.integers(0, 60, 60)
        if 0 < truth[rows, 0].sum() < 60:
            exact.append(roc_auc_score(truth[rows, 0], given.values[rows, 0]))
    assert value.per_item.std() / 60**0.5 == pytest.approx(np.std(exact), rel=0.1)


def test_a_class_without_positives_is_left_out_and_counted():
    labels = reference(["Cat", "", "Cat,Dog", "Dog"])
    given = scores([[2, 0, 9], [1, 0, 9], [3, 1, 0], [0, 1, 0]])
    value = metric_named("auc_macro").compute(given, labels)
    assert value.value == pytest.approx(100.0) and value.counts == {"classes": 2, "skipped": 1}


def test_logits_and_their_probabilities_are_ranked_alike(drawn):
    _, labels, given = drawn
    probabilities = scores(1 / (1 + np.exp(-given.values.astype(np.float64))), kind="probability")
    ours, theirs = (metric_named("auc_macro").compute(one, labels).value for one in (given, probabilities))
    assert ours == pytest.approx(theirs)


def test_labels_become_columns():
    assert tags(scores(np.zeros((3, 3))), reference(["", "Dog,Cat", "Speech"])).tolist() == [
        [False, False, False], [True, True, False], [False, False, True],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["", ""], "no class has both"),
        (["Cat,Dog,Speech", "Cat,Dog,Speech"], "no class has both"),
        (["Cat", "Bird"], "'Bird'"),
        (["Cat"], "unknown"),
    ],
)
def test_what_cannot_be_judged_is_refused(labels, message):
    with pytest.raises(InputError, match=message):
        metric_named("auc_macro").compute(scores(np.zeros((2, 3))), reference(labels))


def test_scores_of_frames_are_no_scores_of_clips():
    with pytest.raises(InputError, match="one score per clip"):
        metric_named("auc_macro").compute(scores(np.zeros((2, 4, 3)), hop=0.02), reference(["Cat", ""]))


def test_an_unknown_class_is_named():
    with pytest.raises(InputError, match="'Bird'"):
        metric_named("auc_of_Bird").compute(scores(np.zeros((2, 3))), reference(["Cat", ""]))


def test_frames_of_events_against_frames_without():
    events = pd.DataFrame(
        {"label": ["x", "x", ""], "onset": [0.1, 0.3, np.nan], "offset": [0.2, 0.35, np.nan], "unit": "u"},
        index=pd.Index(["clip0", "clip0", "clip1"], name="item"),
    )
    values = np.random.default_rng(0).normal(size=(2, 10, 1))
    active = np.zeros((2, 10), dtype=bool)
    active[0, [2, 3, 6]] = True  # hop of 50 ms: 0.1 to 0.2 s and 0.3 to 0.35 s
    given = scores(values, ("x",), hop=0.05)
    value = metric_named("auc_frames").compute(given, events)
    assert value.value == pytest.approx(100 * roc_auc_score(active.ravel(), given.values.ravel()))
    assert 100 * value.per_item.mean() == pytest.approx(value.value) and len(value.per_item) == 2


def test_frames_need_events_and_a_hop():
    empty = pd.DataFrame(
        {"label": "", "onset": np.nan, "offset": np.nan, "unit": "u"}, index=pd.Index(["clip0"], name="item")
    )
    with pytest.raises(InputError, match="0 of 10 have it"):
        metric_named("auc_frames").compute(scores(np.zeros((1, 10, 1)), ("x",), hop=0.05), empty)
    with pytest.raises(InputError, match="per frame of one class"):
        metric_named("auc_frames").compute(scores(np.zeros((1, 3))), empty)
