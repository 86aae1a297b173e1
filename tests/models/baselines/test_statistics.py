"""The control on statistics of clips: a perceptron with numpy's products is the oracle for its probabilities."""

import numpy as np
import pytest
from scipy.special import softmax

from models.baselines.statistics import UNITS, StatisticsMLP


def rings(n=200, seed=0):
    """Two classes that no plane divides: a disc and the ring around it; features of very different scales."""
    draw = np.random.default_rng(seed)
    radius, angle = draw.uniform(0, 2, n), draw.uniform(0, 2 * np.pi, n)
    return np.stack([radius * np.cos(angle), 1e4 * radius * np.sin(angle)], axis=1), (radius > 1).astype(int)


def test_it_learns_what_no_plane_divides_whatever_the_scale():
    X, y = rings()
    unseen, expected = rings(seed=1)
    scores = StatisticsMLP(2).fit(X, y).scores(unseen)
    assert scores.shape == (200, 1, 2) and scores.dtype == np.float32
    assert (scores[:, 0].argmax(-1) == expected).mean() > 0.95


def test_scores_are_the_probabilities_of_one_hidden_layer():
    X, y = rings()
    model = StatisticsMLP(2).fit(X, y)
    (first, last), (b_first, b_last) = model._classifier[-1].coefs_, model._classifier[-1].intercepts_
    hidden = np.maximum((X - X.mean(0)) / X.std(0) @ first + b_first, 0)
    assert hidden.shape == (200, UNITS)
    logits = hidden @ last + b_last
    expected = softmax(np.hstack([np.zeros_like(logits), logits]), axis=-1)
    np.testing.assert_allclose(model.scores(X)[:, 0], expected, atol=1e-6)


def test_a_seed_is_a_training_and_another_one_another():
    X, y = rings()
    first, again, other = (StatisticsMLP(2, seed).fit(X, y).scores(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_that_was_not_there_to_learn_has_no_probability():
    X, y = rings()
    scores = StatisticsMLP(4).fit(X, 2 * y).scores(X)[:, 0]
    assert not scores[:, [1, 3]].any()
    np.testing.assert_allclose(scores.sum(-1), 1, atol=1e-6)


def test_nothing_is_said_before_anything_is_learnt():
    with pytest.raises(ValueError, match="has learnt nothing yet; call fit first"):
        StatisticsMLP().scores(np.zeros((1, 2)))
