"""The second system of the official baseline of DCASE 2017 Task 2: Gaussian mixtures of frames with and without events.

Source: the public repository DCASE2017-baseline-system, task2.defaults.yaml (set "gmm") and recognizers.py ("code").
"""

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from models.baselines.mixtures import diagonal_mixture

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

#: Frames whose log-likelihoods are added up, half a second, and what their sum must exceed (code).
WINDOW, THRESHOLD = 25, 200.0


class FrameMixtures:
    """One mixture with diagonal covariances of the frames that an event is active in, and one of all others.

    seed: of the k-means that each mixture starts from (code: 0).
    components, max_iter, tol, reg_covar: of each mixture (code).

    A score is a logit: the sums' difference less the threshold, per frame of the window, so that an event is where the
    probability exceeds one half.
    """

    version = 1
    kind_of_scores: Literal["logit"] = "logit"

    def __init__(
        self, seed: int = 0, components: int = 16, max_iter: int = 40, tol: float = 0.001, reg_covar: float = 0.0
    ) -> None:
        self.seed, self.components = seed, components
        self.max_iter, self.tol, self.reg_covar = max_iter, tol, reg_covar
        self._mixtures: list[GaussianMixture] = []

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> "FrameMixtures":
        """Learn from frames X (items, T, d) and whether an event is active in each, y (items, T).

        Raises ValueError if X has values that are not finite, or there are fewer frames of a kind than components.
        """
        from sklearn.exceptions import ConvergenceWarning

        X, active = np.asarray(X, dtype=np.float32), np.asarray(y).astype(bool)
        frames = X.reshape(-1, X.shape[-1])
        self._mean = frames.mean(axis=0, dtype=np.float64)
        deviation = frames.std(axis=0, dtype=np.float64)
        self._std = np.where(deviation > 0, deviation, 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many iterations and no more are the recipe
            self._mixtures = [self._new().fit(self._scaled(X[kind])) for kind in (active, ~active)]
        return self

    def scores(self, X: npt.ArrayLike) -> np.ndarray:
        """Logits (items, T, 1), float32, of frames X (items, T, d). Raises ValueError before `fit`."""
        if not self._mixtures:
            raise ValueError("the mixtures have learnt nothing yet; call fit first")
        X = np.asarray(X, dtype=np.float32)
        with_event, without = (
            np.stack([mixture.score_samples(self._scaled(item)) for item in X]) for mixture in self._mixtures
        )
        return ((summed(with_event - without) - THRESHOLD) / WINDOW).astype(np.float32)[:, :, None]

    def _new(self) -> "GaussianMixture":
        return diagonal_mixture(self.components, self.max_iter, self.tol, self.reg_covar, self.seed)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Frames (n, d) float64, standardised."""
        return (X - self._mean) / self._std


def summed(values: np.ndarray) -> np.ndarray:
    """Sums (items, T) of each value and those of the 24 frames behind it.

    The code, which means to look back, puts them where its window begins; the last 25 frames keep their own values.
    """
    sums = values.copy()
    last = values.shape[1] - WINDOW
    if last > 0:
        windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW, axis=1)
        sums[:, :last] = windows[:, :last].sum(axis=2)
    return sums
