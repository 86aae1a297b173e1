"""The three classifiers that the ESC dataset was published with: k-NN, a linear SVM, a random forest.

Source: K. J. Piczak, "ESC: Dataset for environmental sound classification" (ACM Multimedia 2015), cited as [21] by the
ACRNN paper; the settings are those of public copies of its notebook, the notebook itself was not at hand. Each clip is
one vector of unscaled features.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Kind = Literal["knn", "svm", "rf"]
#: The notebook's seed, as public copies have it, like the numbers below.
NOTEBOOK_SEED = 20150420
NEIGHBOURS, SVM_C, TREES = 8, 0.1, 500


class ClassicalClassifier:
    """One of the three classifiers over vectors (n, features).

    kind: knn (8 neighbours, equal votes), svm (SVC with a linear kernel and C = 0.1, that is one machine per pair of
        classes, as in those copies; not LinearSVC) or rf (500 trees).
    num_classes: classes that scores are given for, among them those that the training items lack.
    seed: added to the notebook's seed 20150420; only the forest draws anything.
    random_state: taken as it is instead, whatever the seed.
    """

    version = 1

    def __init__(self, kind: Kind, num_classes: int = 10, seed: int = 0, random_state: int | None = None) -> None:
        self.kind, self.num_classes = kind, num_classes
        self.random_state = (NOTEBOOK_SEED + seed) % 2**32 if random_state is None else random_state
        self._classifier: ClassifierMixin | None = None

    @property
    def kind_of_scores(self) -> Literal["probability", "decision"]:
        """What `scores` are: shares of neighbours or trees, or votes, of which only the largest counts."""
        return "decision" if self.kind == "svm" else "probability"

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> "ClassicalClassifier":
        """Learn from vectors X (n, features) and class numbers y (n,).

        Raises ValueError if X has values that are not finite or y is of one class only.
        """
        self._seen = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.int64)
        self._classifier = self._new().fit(*self._seen)
        return self

    def keep(self) -> dict[str, np.ndarray]:
        """What it was fitted to, vectors and class numbers. Raises ValueError before `fit`."""
        self._fitted()
        return {"X": self._seen[0], "y": self._seen[1]}

    def recall(self, kept: Mapping[str, np.ndarray]) -> None:
        """Be fitted as what was kept: the fit is made again, with the same draws."""
        self.fit(kept["X"], kept["y"])

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Class numbers (n,) of vectors X, as scikit-learn decides."""
        return self._fitted().predict(np.asarray(X, dtype=np.float64))

    def scores(self, X: npt.ArrayLike) -> np.ndarray:
        """Scores (n, 1, classes), float32; their largest, the first of equals, is what `predict` says."""
        classifier = self._fitted()
        X = np.asarray(X, dtype=np.float64)
        found = self._votes(classifier, X) if self.kind == "svm" else classifier.predict_proba(X)
        values = np.zeros((len(X), 1, self.num_classes), dtype=np.float32)
        values[:, 0, classifier.classes_] = found
        return values

    def _new(self) -> "ClassifierMixin":
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.svm import SVC

        if self.kind == "knn":
            return KNeighborsClassifier(n_neighbors=NEIGHBOURS)
        if self.kind == "svm":
            return SVC(C=SVM_C, kernel="linear", decision_function_shape="ovo", random_state=self.random_state)
        return RandomForestClassifier(n_estimators=TREES, random_state=self.random_state)

    def _fitted(self) -> "ClassifierMixin":
        if self._classifier is None:
            raise ValueError(f"the classifier {self.kind} has learnt nothing yet; call fit first")
        return self._classifier

    @staticmethod
    def _votes(classifier: "ClassifierMixin", X: np.ndarray) -> np.ndarray:
        """Votes (n, classes) of the machines for each pair of classes; by them libsvm decides."""
        count = len(classifier.classes_)
        decisions = classifier.decision_function(X)
        if count == 2:  # here alone, scikit-learn turns the sign: positive speaks for the second class
            decisions = -decisions[:, None]
        votes = np.zeros((len(X), count))
        pairs = [(first, second) for first in range(count) for second in range(first + 1, count)]
        for column, (first, second) in enumerate(pairs):
            won = decisions[:, column] > 0
            votes[:, first] += won
            votes[:, second] += ~won
        return votes
