"""Which classes are taken for which, where every clip has one class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import kind_of, metric_of
from benchmarks.metrics.accuracy import confusion_matrix
from benchmarks.metrics.kinds import ONE_CLASS_PER_CLIP
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import matrices
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.runs.build import import_class
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import listed

#: Groups of classes are marked where there are more classes than that.
FEW_CLASSES = 15


class Confusion(FigureKind):
    """The decisions of the row that the paper praises most: of its first complete seed, over all folds."""

    by_dataset = True

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset."""
        one = headline(asked.cells)
        if one is None:
            return
        result, setting = asked.result, str(one.cell.setting)
        use = result.paper.datasets[asked.dataset]
        found = decisions(result, one, asked.memo)
        sizes = {
            name: sum(label in found.classes for label in members)
            for name, members in import_class(use.class_path).groups.items()
        }
        groups = sizes if len(found.classes) > FEW_CLASSES else {}
        folds = "all folds" if one.cell.fold is None else f"fold {one.cell.fold}"
        title = f"{use.title}: {result.paper.settings[setting].title}, {wording.conditions(asked.variant)}"
        yield Figure(
            f"confusion_{setting}_{asked.dataset}_{asked.variant.name}",
            f"Clip decisions, seed {found.seed}, {folds}; {title}",
            {"title": title, "counts": found.counts.tolist(), "classes": found.classes, "groups": groups},
            lambda: matrices.draw_confusion(found.counts, found.classes, groups, title),
        )


@dataclass(frozen=True)
class Decisions:
    """Clip decisions of one seed, pooled over folds."""

    #: (classes, classes), true classes in rows
    counts: np.ndarray
    classes: tuple[str, ...]
    seed: int

    @property
    def recall(self) -> np.ndarray:
        """Share of each class that was found: (classes,)."""
        return np.diag(self.counts) / np.maximum(self.counts.sum(axis=1), 1)

    def worst(self, most: int = 8) -> list[tuple[int, str, str, int]]:
        """The most frequent confusions: (count, true, decided, clips of the true class)."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        totals = self.counts.sum(axis=1)
        pairs = [
            (int(wrong[i, j]), self.classes[i], self.classes[j], int(totals[i]))
            for i, j in zip(*np.nonzero(wrong), strict=True)
        ]
        return sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:most]


def headline(results: Sequence[CellResult]) -> CellResult | None:
    """The row whose confusions are shown: of those of clips with one class, the one that the paper praises most."""
    of_clips = [one for one in results if kind_of(one.cell) == ONE_CLASS_PER_CLIP and not one.cell.parts]
    able = [one for one in of_clips if one.cell.published is not None]
    return max(able, key=lambda one: one.cell.published or 0.0) if able else None


def decisions(result: TableResult, one: CellResult, memo: Memo) -> Decisions:
    """The decisions of the first complete seed of a cell, kept by the checksums of its scores."""
    evidence, cell, metric = one.evidence, one.cell, metric_of(one.cell)
    assert evidence is not None and metric is not None and metric.decide is not None
    decide = metric.decide
    seed = evidence.complete_seeds[0]
    of_seed = [scored for scored in evidence.scored if scored.seed == seed]
    paths = [scored.finished.scores_path(cell.test_set) for scored in of_seed]
    digests = [scored.finished.result["files"][path.name] for scored, path in zip(of_seed, paths, strict=True)]

    def counted() -> dict[str, object]:
        import pandas as pd

        items = [list(listed(one.truth, cell.items, one.finished).index) for one in of_seed]
        scores = [Scores.load(path).select(chosen) for path, chosen in zip(paths, items, strict=True)]
        counts = confusion_matrix(scores, pd.concat([scored.truth for scored in of_seed]), decide)
        return {"counts": counts.tolist(), "classes": scores[0].classes}

    kept = memo.json(
        "confusions", [result.paper.id, cell.dataset, cell.items, metric.id, metric.version, digests], counted
    )
    return Decisions(np.array(kept["counts"]), tuple(kept["classes"]), seed)
