"""A control of ours for tables of clips: a small multilayer perceptron over statistics of each clip.

What it reaches is what a network has to beat to show that it hears more than the long-time spectrum.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

#: Cells of the one hidden layer, and epochs at most; all else is scikit-learn's default.
UNITS, EPOCHS = 256, 500


class StatisticsMLP:
    """One hidden layer of ReLU cells over standardised vectors (n, features), trained by Adam on the cross-entropy.

    num_classes: classes that scores are given for, among them those that the training items lack.
    seed: of the first weights and of the order of the items.
    """

    version = 1
    kind_of_scores: ClassVar[Literal["probability"]] = "probability"

    def __init__(self, num_classes: int = 10, seed: int = 0) -> None:
        self.num_classes, self.seed = num_classes, seed
        self._classifier: Pipeline | None = None

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> "StatisticsMLP":
        """Learn from vectors X (n, features) and class numbers y (n,); the mean and deviation of X are learnt too.

        Raises ValueError if X has values that are not finite.
        """
        from sklearn.neural_network import MLPClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        network = MLPClassifier((UNITS,), max_iter=EPOCHS, random_state=self.seed)
        X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.int64)
        self._seen = X, y
        self._classifier = make_pipeline(StandardScaler(), network).fit(X, y)
        return self

    def keep(self) -> dict[str, np.ndarray]:
        """What it was fitted to, vectors and class numbers. Raises ValueError before `fit`."""
        if self._classifier is None:
            raise ValueError("the network has learnt nothing yet; call fit first")
        return {"X": self._seen[0], "y": self._seen[1]}

    def recall(self, kept: Mapping[str, np.ndarray]) -> None:
        """Be fitted as what was kept: the fit is made again, with the same draws."""
        self.fit(kept["X"], kept["y"])

    def scores(self, X: npt.ArrayLike) -> np.ndarray:
        """Class probabilities (n, 1, classes), float32. Raises ValueError before `fit`."""
        if self._classifier is None:
            raise ValueError("the network has learnt nothing yet; call fit first")
        values = np.zeros((len(np.asarray(X)), 1, self.num_classes), dtype=np.float32)
        values[:, 0, self._classifier.classes_] = self._classifier.predict_proba(np.asarray(X, dtype=np.float64))
        return values
