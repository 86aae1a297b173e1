"""Scikit-learn used plainly is the oracle; the sums are those of the official loop, written out."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from models.cited.frame_mixtures import THRESHOLD, WINDOW, FrameMixtures, summed


def recordings(items=6, frames=80, seed=0):
    """Frames (items, T, 4) of unlike scale, of which 30 to 49 are an event's in every other recording."""
    draw = np.random.default_rng(seed)
    active = np.zeros((items, frames), dtype=np.uint8)
    active[::2, 30:50] = 1
    X = draw.normal(0, 1, (items, frames, 4)) + 6.0 * active[:, :, None] * draw.choice([-1, 1], (items, frames, 1))
    return (X * [0.01, 1.0, 30.0, 1.0]).astype(np.float32), active


def test_sums_are_those_of_the_official_loop():
    values = np.random.default_rng(0).normal(size=(1, 60))
    wanted = values[0].copy()
    for stop in range(60):
        start = max(0, stop - WINDOW)
        wanted[start] = values[0, start:stop].sum() if start != stop else values[0, start]
    np.testing.assert_allclose(summed(values)[0], wanted)


def test_scores_are_scikit_learns_ratio_above_the_threshold():
    (X, y), (unseen, _) = recordings(), recordings(seed=1)
    frames = X.reshape(-1, 4).astype(np.float64)
    mean, std = frames.mean(0), frames.std(0)
    ratio = 0
    for sign, kind in ((1, y == 1), (-1, y == 0)):
        mixture = GaussianMixture(
            2, covariance_type="diag", tol=0.001, reg_covar=0, max_iter=40, init_params="kmeans", random_state=7
        ).fit((X[kind] - mean) / std)
        ratio = ratio + sign * np.stack([mixture.score_samples((one - mean) / std) for one in unseen])
    scores = FrameMixtures(seed=7, components=2).fit(X, y).scores(unseen)
    assert scores.shape == (6, 80, 1) and scores.dtype == np.float32
    np.testing.assert_allclose(scores[:, :, 0], (summed(ratio) - THRESHOLD) / WINDOW, rtol=1e-4, atol=1e-4)


def test_frames_of_events_score_higher():
    (X, y), (unseen, truth) = recordings(), recordings(seed=1)
    scores = FrameMixtures(components=2).fit(X, y).scores(unseen)[:, :, 0]
    assert scores[truth == 1].mean() > scores[truth == 0].mean() + 1


def test_the_settings_are_those_of_the_official_baseline():
    found = FrameMixtures()._new().get_params()
    expected = {"n_components": 16, "covariance_type": "diag", "max_iter": 40, "tol": 0.001, "reg_covar": 0}
    assert expected.items() <= found.items() and found["random_state"] == 0


def test_nothing_is_scored_before_a_fit():
    with pytest.raises(ValueError, match="call fit first"):
        FrameMixtures().scores(recordings()[0])
