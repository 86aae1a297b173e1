"""The classifier of the official baseline of DCASE 2016 Task 1: a Gaussian mixture per class over frames.

Source: TUT-ARG, DCASE2016-baseline-system-python ("code" below), whose numbers are in task1_scene_classification.yaml.
"""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

#: The score of a class without training items: lower than any likelihood, and finite, as scores have to be.
LOWEST = float(np.finfo(np.float32).min)
#: What a fitted mixture is, in scikit-learn's names.
PARAMETERS = ("weights_", "means_", "covariances_", "precisions_cholesky_")


class GaussianMixtures:
    """One mixture with diagonal covariances per class, over frames with mean 0 and deviation 1 in training.

    num_classes: classes that scores are given for; one without training items gets the lowest number of float32.
    seed: of the k-means that each mixture starts from (code: 0).
    components, max_iter, tol, reg_covar: of each mixture (code, whose `min_covar` was added to every variance as well).
    """

    version = 1
    kind_of_scores: Literal["log_likelihood"] = "log_likelihood"

    def __init__(
        self,
        num_classes: int = 15,
        seed: int = 0,
        components: int = 16,
        max_iter: int = 40,
        tol: float = 0.001,
        reg_covar: float = 0.001,
    ) -> None:
        self.num_classes, self.seed = num_classes, seed
        self.components, self.max_iter, self.tol, self.reg_covar = components, max_iter, tol, reg_covar
        self._mixtures: dict[int, GaussianMixture] = {}

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> "GaussianMixtures":
        """Learn from frames X (items, T, d) and class numbers y (items,).

        Raises ValueError if X has values that are not finite, or a class fewer frames than components.
        """
        from sklearn.exceptions import ConvergenceWarning

        X, y = np.asarray(X, dtype=np.float32), np.asarray(y, dtype=np.int64)
        frames = X.reshape(-1, X.shape[-1])
        self._mean = frames.mean(axis=0, dtype=np.float64)
        deviation = frames.std(axis=0, dtype=np.float64, ddof=1)  # (code)
        self._std = np.where(deviation > 0, deviation, 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many iterations and no more are the recipe
            self._mixtures = {int(label): self._new().fit(self._scaled(X[y == label])) for label in np.unique(y)}
        return self

    def keep(self) -> dict[str, np.ndarray]:
        """The parameters of all mixtures, and the scale of the frames. Raises ValueError before `fit`."""
        if not self._mixtures:
            raise ValueError("the mixtures have learnt nothing yet; call fit first")
        labels = sorted(self._mixtures)
        parts = {name: np.stack([getattr(self._mixtures[one], name) for one in labels]) for name in PARAMETERS}
        return {"labels": np.array(labels), "mean": self._mean, "std": self._std, **parts}

    def recall(self, kept: Mapping[str, np.ndarray]) -> None:
        """Be what was kept."""
        self._mean, self._std = kept["mean"], kept["std"]
        self._mixtures = {}
        for number, label in enumerate(kept["labels"].tolist()):
            mixture = self._new()
            for name in PARAMETERS:
                setattr(mixture, name, kept[name][number])
            self._mixtures[label] = mixture

    def scores(self, X: npt.ArrayLike) -> np.ndarray:
        """Sums over the frames of their log-likelihoods, float32 (items, classes), of X (items, T, d)."""
        if not self._mixtures:
            raise ValueError("the mixtures have learnt nothing yet; call fit first")
        X = np.asarray(X, dtype=np.float32)
        values = np.full((len(X), self.num_classes), LOWEST, dtype=np.float32)
        for label, mixture in self._mixtures.items():
            values[:, label] = [mixture.score_samples(self._scaled(item)).sum() for item in X]
        return values

    def _new(self) -> "GaussianMixture":
        return diagonal_mixture(self.components, self.max_iter, self.tol, self.reg_covar, self.seed)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Frames (n, d) float64 of X (..., d), standardised."""
        return (X.reshape(-1, X.shape[-1]) - self._mean) / self._std


def diagonal_mixture(components: int, max_iter: int, tol: float, reg_covar: float, seed: int) -> "GaussianMixture":
    """A mixture with diagonal covariances, which begins at k-means and has not been fitted."""
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(
        components, covariance_type="diag", init_params="kmeans", max_iter=max_iter, tol=tol, reg_covar=reg_covar,
        random_state=seed,
    )  # fmt: skip
