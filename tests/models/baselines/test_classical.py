"""Scikit-learn's own decisions are the oracle for the scores."""

import numpy as np
import pytest

from models.baselines.classical import ClassicalClassifier


def clouds(classes, seed=0, n=12, spread=2.0):
    """Overlapping Gaussian clouds, 26 unscaled features as the ESC baselines have."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(0, 1.0, (classes, 26)) * draw.uniform(0.01, 30, 26)
    y = np.tile(np.arange(classes), n)
    return (centres[y] + draw.normal(0, spread, (len(y), 26)) * 5).astype(np.float32), y


@pytest.mark.parametrize("kind", ["knn", "svm", "rf"])
@pytest.mark.parametrize("classes", [2, 10])
def test_the_largest_score_is_what_scikit_learn_predicts(kind, classes):
    X, y = clouds(classes)
    unseen = clouds(classes, seed=1, spread=0.0)[0]
    classifier = ClassicalClassifier(kind, num_classes=classes).fit(X, y)
    scores = classifier.scores(np.vstack([unseen, X]))
    assert scores.shape == (2 * len(X), 1, classes)
    assert scores.dtype == np.float32
    predicted = classifier.predict(np.vstack([unseen, X]))
    assert len(np.unique(predicted)) == classes  # all classes are decided for, and so tested
    np.testing.assert_array_equal(scores[:, 0].argmax(-1), predicted)
    assert (predicted[len(X) :] == y).mean() > 1.5 / classes


def test_svm_decides_ties_between_votes_as_libsvm_does():
    X, y = clouds(10, spread=20.0)
    classifier = ClassicalClassifier("svm").fit(X, y)
    unseen = np.random.default_rng(2).normal(0, 40, (2000, 26))
    votes = classifier.scores(unseen)[:, 0]
    tied = (votes == votes.max(-1, keepdims=True)).sum(-1) > 1
    assert tied.any()
    np.testing.assert_array_equal(votes[tied].argmax(-1), classifier.predict(unseen)[tied])
    np.testing.assert_array_equal(votes.sum(-1), 45)


@pytest.mark.parametrize("kind", ["knn", "svm", "rf"])
def test_classes_missing_in_training_get_no_score(kind):
    X, y = clouds(4)
    scores = ClassicalClassifier(kind, num_classes=6).fit(X[y != 2], y[y != 2]).scores(X)
    assert scores.shape[-1] == 6
    assert not scores[..., [2, 4, 5]].any()


@pytest.mark.parametrize(("kind", "meaning"), [("knn", "probability"), ("rf", "probability"), ("svm", "decision")])
def test_kind_of_scores(kind, meaning):
    X, y = clouds(3)
    classifier = ClassicalClassifier(kind, num_classes=3).fit(X, y)
    assert classifier.kind_of_scores == meaning
    if meaning == "probability":
        np.testing.assert_allclose(classifier.scores(X).sum(-1), 1, rtol=1e-6)


def test_settings_are_those_of_the_published_baselines():
    X, y = clouds(3)
    knn, svm, forest = (ClassicalClassifier(kind, 3).fit(X, y)._fitted().get_params() for kind in ("knn", "svm", "rf"))
    assert (knn["n_neighbors"], knn["weights"], knn["metric"]) == (8, "uniform", "minkowski")
    assert (svm["kernel"], svm["C"]) == ("linear", 0.1)
    assert (forest["n_estimators"], forest["random_state"]) == (500, 20150420)


def test_only_the_seed_moves_the_forest():
    X, y = clouds(5, spread=8.0)
    unseen = clouds(5, seed=1, spread=8.0)[0]
    first, again, other = (ClassicalClassifier("rf", 5, seed).fit(X, y).scores(unseen) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_scoring_before_learning_says_what_to_do():
    with pytest.raises(ValueError, match="call fit first"):
        ClassicalClassifier("knn").scores(np.zeros((1, 26)))
