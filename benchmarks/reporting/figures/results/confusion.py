"""Which classes are found, and which are taken for which, where every clip has one class."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import kind_of, metric_of
from benchmarks.metrics.accuracy import confusion_matrix
from benchmarks.metrics.kinds import ONE_CLASS_PER_CLIP
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.bars.classes import draw_class_bars
from benchmarks.reporting.drawing.maps import matrices
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.told import SideBySide
from benchmarks.runs.build import import_class
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores, scores_of
from benchmarks.runs.truth import listed
from benchmarks.spec import Cell

#: Groups of classes are marked where there are more classes than that.
FEW_CLASSES = 15


class Confusion(FigureKind):
    """The decisions of the row that the paper praises most: of its first complete seed, over all folds.

    Told of cells, it has these side by side: what share of each class is right, of all seeds, and the decisions.
    """

    by_dataset = True
    cells: SideBySide | None = None

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset; of cells side by side two."""
        if self.cells is not None:
            if chosen := self.cells.of(asked.result, filter(is_of_clips, asked.all)):
                yield _shares_by_class(asked, self.cells.name, chosen)
                yield _side_by_side(asked, self.cells.name, chosen)
            return
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
        title = f"{use.title}: {result.paper.settings[setting].title}, {wording.conditions(asked.variant, [one])}"
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
    able = [one for one in results if is_of_clips(one) and one.cell.published is not None]
    return max(able, key=lambda one: one.cell.published or 0.0) if able else None


def is_of_clips(one: CellResult) -> bool:
    """Whether a cell is about clips with one class each, and no mean of columns."""
    return kind_of(one.cell) == ONE_CLASS_PER_CLIP and not one.cell.parts


def decisions(result: TableResult, one: CellResult, memo: Memo, seed: int | None = None) -> Decisions:
    """The decisions of a complete seed of a cell, else of the first one, kept by the checksums of its scores."""
    assert one.evidence is not None
    seed = one.evidence.complete_seeds[0] if seed is None else seed
    said = Said.of(result, one, seed)

    def counted() -> dict[str, object]:
        import pandas as pd

        scores = [said.scores(scored) for scored in said.scored]
        counts = confusion_matrix(scores, pd.concat([scored.truth for scored in said.scored]), said.decide)
        return {"counts": counts.tolist(), "classes": scores[0].classes}

    kept = memo.json("confusions", said.key, counted)
    return Decisions(np.array(kept["counts"]), tuple(kept["classes"]), seed)


@dataclass(frozen=True)
class Said:
    """What the runs of one seed of a cell say about its clips, and how that is decided."""

    cell: Cell
    scored: tuple[Scored, ...]
    decide: Callable[[Scores], np.ndarray]
    #: changes with the scores, the items and the rule
    key: list[Any]

    @classmethod
    def of(cls, result: TableResult, one: CellResult, seed: int) -> "Said":
        """Those of a seed of a cell about clips with one class each."""
        evidence, cell, metric = one.evidence, one.cell, metric_of(one.cell)
        assert evidence is not None and metric is not None and metric.decide is not None
        scored = tuple(found for found in evidence.scored if found.seed == seed)
        name = f"scores_{cell.test_set}.npz"
        digests = [found.finished.result["files"][name] for found in scored]
        key = [result.paper.id, cell.dataset, cell.items, metric.id, metric.version, digests]
        return cls(cell, scored, metric.decide, key)

    def scores(self, scored: Scored) -> Scores:
        """Those of one run, of the cell's items."""
        items = list(listed(scored.truth, self.cell.items, scored.finished).index)
        return scores_of(scored.finished, self.cell.test_set).select(items)


def _shares_by_class(asked: Asked, name: str, chosen: Mapping[str, CellResult]) -> Figure:
    """The share of each class's clips, over all folds, that is right; classes without a test clip are left out."""
    found = {
        label: [decisions(asked.result, one, asked.memo, seed) for seed in one.evidence.complete_seeds]
        for label, one in chosen.items() if one.evidence
    }  # fmt: skip
    first = next(iter(found.values()))[0]
    tested = np.flatnonzero(first.counts.sum(axis=1))
    classes = [first.classes[place] for place in tested]
    shares = {label: np.array([100 * one.recall[tested] for one in seeds]) for label, seeds in found.items()}
    return Figure(
        f"classes_{asked.result.table_id}_{name}_{asked.dataset}_{asked.variant.name}",
        f"Accuracy by class, mean and each seed; {_tested_on(asked, chosen.values())}",
        [classes, {label: of_label.round(6).tolist() for label, of_label in shares.items()}],
        lambda: draw_class_bars(shares, classes, "clips of the class that are right (%)"),
    )


def _side_by_side(asked: Asked, name: str, chosen: Mapping[str, CellResult]) -> Figure:
    """The decisions of each cell's first complete seed."""
    found = {label: decisions(asked.result, one, asked.memo) for label, one in chosen.items()}
    counts, classes = {label: of_cell.counts for label, of_cell in found.items()}, next(iter(found.values())).classes
    seeds = ", ".join(dict.fromkeys(str(of_cell.seed) for of_cell in found.values()))
    return Figure(
        f"confusions_{asked.result.table_id}_{name}_{asked.dataset}_{asked.variant.name}",
        f"Clip decisions, seed {seeds}: share of each true class (row) that was taken for each class (column); shares "
        f"below {matrices.LEAST:g} are without their number; {_tested_on(asked, chosen.values())}",
        {"counts": {label: of_cell.tolist() for label, of_cell in counts.items()}, "classes": classes},
        lambda: matrices.draw_shares(counts, classes),
    )


def _tested_on(asked: Asked, cells: Iterable[CellResult]) -> str:
    """Dataset, test set, folds and conditions of cells, for captions."""
    shown = list(cells)
    sets = ", ".join(dict.fromkeys(one.cell.test_set for one in shown))
    folds = dict.fromkeys(str(fold) for one in shown if one.evidence for fold in one.evidence.folds)
    title = asked.result.paper.datasets[asked.dataset].title
    several = "s" if len(folds) > 1 else ""
    return f"{title}, test set {sets}, fold{several} {', '.join(folds)}, {wording.conditions(asked.variant, shown)}"
