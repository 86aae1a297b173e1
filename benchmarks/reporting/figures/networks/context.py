"""What a network attends to around a second: its weights by time, and what is heard there."""

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from benchmarks.reporting import wording
from benchmarks.reporting.drawing.lines.contexts import Surrounded, draw_contexts
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.probes.chosen_seconds import Second, is_whole, labels_around, surest_of_each_class
from benchmarks.reporting.probes.kept import Kept, kept_by_fold
from benchmarks.reporting.told import InColumn, ProbeName, RowName
from benchmarks.runs.scores import Scores
from datasets.acquire.telling import enumerated

#: Classes whose soft label stays below this all around are left out.
HEARD = 0.1


class Context(FigureKind):
    """Some seconds of test recordings: the weights of the rows' networks over the context, and its soft labels."""

    rows: tuple[RowName, ...] = Field(min_length=1)
    column: InColumn
    #: the array that runs keep, (seconds, frames of the context)
    weights: ProbeName = "attention_weights"
    #: how the names of the recordings begin
    begins: str = ""
    #: so many seconds at most, of one class each
    most: int = Field(default=3, gt=0)

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One, of the first fold of which each row that keeps its weights has a run."""
        kept = self._kept(asked)
        if not kept:
            return
        first = next(iter(kept.values()))
        scores = Scores.load(first.run.scores_path(first.one.cell.test_set))
        assert scores.hop is not None
        around = int(round(first.array(self.weights).shape[1] * scores.hop) - 1) // 2
        chosen = self._chosen(kept, first, around)
        if not chosen:
            return
        drawn = [self._surrounded(item, kept, first, around, scores.classes) for item in chosen]
        names = enumerated(kept)
        yield Figure(
            f"context_{asked.result.table_id}_{self.column}_{asked.variant.name}",
            f"Weights over the context of a second (grey) by time from its beginning; dotted: all alike. Below: soft "
            f"labels, from white, 0, to black, 1; brown: outside the recording. {names}; fold {first.run.run.fold}, "
            f"seed {first.run.run.seed}, {wording.conditions(asked.variant)}",
            [[run.digest for run in kept.values()], self.weights, names, chosen, scores.hop, [*map(_plain, drawn)]],
            lambda: draw_contexts(drawn, scores.hop or 1.0),
        )

    def _kept(self, asked: Asked) -> Mapping[str, Kept]:
        """A run of each row that keeps its weights, all of one fold, by the row's label."""
        cells = {one.cell.row: one for one in asked.all if one.cell.column == self.column}
        by_row = {cells[row].cell.label: kept_by_fold(cells[row], self.weights) for row in self.rows if row in cells}
        folds = {label: {run.run.run.fold: run for run in runs} for label, runs in by_row.items() if runs}
        shared = set.intersection(*map(set, folds.values())) if folds else set()
        return {label: of_row[min(shared)] for label, of_row in folds.items()} if shared else {}

    def _chosen(self, kept: Mapping[str, Kept], first: Kept, around: int) -> list[str]:
        """Seconds that all runs show, the surest of each class; with the whole context where there are any such."""
        shown = set.intersection(*(set(run.items) for run in kept.values()))
        able = [item for item in first.items if item in shown and item.startswith(self.begins)]
        whole = [item for item in able if is_whole(item, first.truth, around)]
        return surest_of_each_class(whole or able, first.truth, self.most)

    def _surrounded(
        self, item: str, kept: Mapping[str, Kept], first: Kept, around: int, classes: tuple[str, ...]
    ) -> Surrounded:
        second = Second.of(item)
        weights = {label: run.array(self.weights)[run.items.index(item)] for label, run in kept.items()}
        labels = labels_around(item, first.truth, around, classes)
        heard = {label: values for label, values in labels.items() if np.nanmax(values) >= HEARD}
        title = f"{second.recording}, second {second.number}: most of all {wording.plain(second.label)}"
        return Surrounded(title, weights, {wording.plain(label): values for label, values in heard.items()})


def _plain(one: Surrounded) -> list[object]:
    """The labels, which are of no run's file; not a number, where there is no recording, is no JSON."""
    return [one.title, {label: np.nan_to_num(values, nan=-1.0).tolist() for label, values in one.labels.items()}]
