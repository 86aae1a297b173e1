"""How the embeddings of the classes lie to each other: the frames of all folds on one map by t-SNE."""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps.scatter import draw_classes
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.probes.chosen_seconds import class_of
from benchmarks.reporting.probes.kept import Kept, kept_by_fold
from benchmarks.reporting.probes.tsne import PERPLEXITY, SEED, VERSION, placed
from benchmarks.reporting.told import InColumn, ProbeName, RowName


class Embeddings(FigureKind):
    """A panel for each class: its frames over those of all classes, in the test folds of the cell's first seed."""

    row: RowName
    column: InColumn
    #: the array that runs keep, (seconds, frames, size), for seconds that are named with their class
    shows: ProbeName = "embeddings"
    #: frames of a class at most
    most: int = Field(default=700, gt=0)

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the cell."""
        one = next((one for one in asked.all if (one.cell.row, one.cell.column) == (self.row, self.column)), None)
        kept = kept_by_fold(one, self.shows) if one else []
        if one is None or not kept:
            return
        by_class = self._by_class(kept)
        classes = sorted(by_class, key=lambda label: (-len(by_class[label]), label))
        digests = [run.digest for run in kept]
        vectors = np.concatenate([by_class[label] for label in classes])
        points = placed(vectors, [*digests, self.shows, self.most], asked.memo)
        ends = np.cumsum([len(by_class[label]) for label in classes])[:-1]
        drawn = dict(zip(classes, np.split(points, ends), strict=True))
        yield Figure(
            f"embeddings_{asked.result.table_id}_{self.row}_{self.column}_{asked.variant.name}",
            f"Embeddings of test frames by t-SNE (PCA start, perplexity {PERPLEXITY:g}, random state {SEED}), "
            f"{one.cell.label}: {_folds(kept)}, {len(vectors)} frames of seconds in which a class has the largest soft "
            f"label (of equal ones the first class), of no class more than {max(map(len, by_class.values()))}, and in "
            f"each panel one class over all; {wording.conditions(asked.variant)}, "
            f"seed {kept[0].run.run.seed}",
            [VERSION, digests, self.shows, self.most, {label: len(by_class[label]) for label in classes}],
            lambda: draw_classes(drawn),
        )

    def _by_class(self, kept: Sequence[Kept]) -> dict[str, np.ndarray]:
        """The vectors (frames, size) of each class, thinned evenly where there are too many."""
        found: dict[str, list[np.ndarray]] = {}
        for run in kept:
            for item, frames in zip(run.items, run.array(self.shows), strict=True):
                found.setdefault(class_of(item), []).append(frames)
        pooled = {label: np.concatenate(frames) for label, frames in found.items()}
        return {
            label: frames[np.linspace(0, len(frames) - 1, min(self.most, len(frames))).round().astype(int)]
            for label, frames in pooled.items()
        }


def _folds(kept: Sequence[Kept]) -> str:
    """Which folds are pooled; their networks differ."""
    folds = [str(run.run.run.fold) for run in kept]
    return f"fold {folds[0]}" if len(folds) == 1 else f"folds {', '.join(folds)}, each by its own network"
