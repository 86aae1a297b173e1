"""Scikit-learn used plainly is the oracle."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from models.baselines.mixtures import LOWEST, GaussianMixtures


def clips(classes=3, per=5, frames=60, seed=0):
    """Frames (items, T, 4) of unlike scale, around two centres per class."""
    centres = np.random.default_rng(0).normal(0, 3, (classes, 2, 4))
    draw = np.random.default_rng(seed + 1)
    y = np.repeat(np.arange(classes), per)
    chosen = draw.integers(0, 2, (len(y), frames))
    X = (centres[y[:, None], chosen] + draw.normal(0, 1, (len(y), frames, 4))) * [0.01, 1.0, 30.0, 1.0]
    return X.astype(np.float32), y


def test_scores_are_sums_of_scikit_learns_log_likelihoods():
    (X, y), (unseen, truth) = clips(), clips(seed=1)
    frames = X.reshape(-1, 4).astype(np.float64)
    mean, std = frames.mean(0), frames.std(0, ddof=1)
    expected = np.empty((len(unseen), 3))
    for label in range(3):
        mixture = GaussianMixture(
            4, covariance_type="diag", tol=0.001, reg_covar=0.001, max_iter=40, n_init=1, init_params="kmeans",
            random_state=7,
        )  # fmt: skip
        mixture.fit((X[y == label].reshape(-1, 4) - mean) / std)
        for number, item in enumerate(unseen):
            expected[number, label] = sum(mixture.score_samples((item - mean) / std))
    scores = GaussianMixtures(3, seed=7, components=4).fit(X, y).scores(unseen)
    assert scores.shape == (15, 3) and scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert (scores.argmax(1) == truth).mean() == 1.0


def test_classes_missing_in_training_get_the_lowest_score():
    X, y = clips()
    scores = GaussianMixtures(5, components=2).fit(X[y != 1], y[y != 1]).scores(X)
    assert (scores[:, [1, 3, 4]] == LOWEST).all() and np.isfinite(scores).all()
    assert set(scores.argmax(1)) == {0, 2}


def test_the_settings_are_those_of_the_official_baseline():
    found = GaussianMixtures()._new().get_params()
    expected = {"n_components": 16, "covariance_type": "diag", "max_iter": 40, "tol": 0.001, "reg_covar": 0.001}
    assert expected.items() <= found.items() and found["random_state"] == 0 and found["n_init"] == 1


def test_only_the_seed_moves_the_scores():
    X, y = clips()
    first, again, other = (GaussianMixtures(3, seed, components=8).fit(X, y).scores(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_value_that_never_changes_does_no_harm():
    X, y = clips()
    X[..., 1] = -23.0
    assert np.isfinite(GaussianMixtures(3, components=2).fit(X, y).scores(X)).all()


def test_too_few_frames_and_scoring_before_learning_are_told():
    X, y = clips(per=1, frames=3)
    with pytest.raises(ValueError, match="n_samples"):
        GaussianMixtures(3).fit(X, y)
    with pytest.raises(ValueError, match="call fit first"):
        GaussianMixtures(3).scores(X)
