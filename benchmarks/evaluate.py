"""From stored scores to the values of cells: every metric is computed at report time, from what the runs said."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.build import import_class
from benchmarks.ledger import Finished
from benchmarks.metrics import METRICS, MetricValue
from benchmarks.metrics.cache import MetricCache
from benchmarks.metrics.scores import Scores
from benchmarks.plan import Choice, setting_runs
from benchmarks.spec import Cell, Paper, load_paper
from benchmarks.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Scored:
    """A finished run and the value of one metric on its test items."""

    finished: Finished
    value: MetricValue

    @property
    def fold(self) -> int:
        """The run's test fold."""
        return self.finished.run.fold

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.finished.run.seed


@dataclass(frozen=True)
class Evidence:
    """All runs that feed a cell, scored. Values are in the cell's unit."""

    folds: tuple[int, ...]
    scored: tuple[Scored, ...] = field(default=())

    @property
    def complete_seeds(self) -> tuple[int, ...]:
        """The seeds of which every fold is there."""
        by_seed = defaultdict(set)
        for one in self.scored:
            by_seed[one.seed].add(one.fold)
        return tuple(sorted(seed for seed, folds in by_seed.items() if folds == set(self.folds)))

    @property
    def seed_values(self) -> dict[int, float]:
        """The mean over folds of each complete seed: what the paper prints one of."""
        return {
            seed: float(np.mean([one.value.value for one in self.scored if one.seed == seed]))
            for seed in self.complete_seeds
        }

    @property
    def mean(self) -> float | None:
        """The mean over complete seeds; None without one."""
        values = self.seed_values
        return float(np.mean(list(values.values()))) if values else None

    @property
    def fold_values(self) -> dict[int, float]:
        """The mean over seeds of each fold that has a run."""
        return {
            fold: float(np.mean(values))
            for fold in self.folds
            if (values := [one.value.value for one in self.scored if one.fold == fold])
        }


class Evaluator:
    """Scores the stored runs of one choice of tier, corpus and numerics; each scores file is read once."""

    def __init__(self, workspace: Workspace, choice: Choice) -> None:
        self.workspace, self.choice = workspace, choice
        self.cache = MetricCache(workspace.cache / "metrics")
        self._by_recipe: dict[tuple[str, str], list[Finished]] = defaultdict(list)
        for finished in workspace.ledger.finished():
            self._by_recipe[finished.run.setting, finished.run.recipe].append(finished)

    def evidence(self, cell: Cell) -> Evidence:
        """The scored runs behind a cell that is trained. Runs of other recipes or other files are left aside."""
        assert cell.setting and cell.dataset and cell.metric
        paper = load_paper(cell.id.split(".")[0])
        runs = self.stored(paper, cell.setting, cell.dataset)
        folds = sorted({run.fold for run in setting_runs(paper, cell.setting, cell.dataset, self.choice)})
        scored = [Scored(run, self._value(run, cell.metric, paper)) for run in runs if run.run.fold in folds]
        return Evidence(tuple(folds), tuple(scored))

    def stored(self, paper: Paper, setting: str, dataset: str) -> list[Finished]:
        """The finished runs of a setting, by seed and fold.

        Where runs on several states of the files are stored, those of the state with most runs count.
        """
        choice = Choice(self.choice.tier, self.choice.corpus, self.choice.numerics, seeds=1)
        recipe = setting_runs(paper, setting, dataset, choice)[0].recipe
        by_files: dict[str, list[Finished]] = defaultdict(list)
        for finished in self._by_recipe.get((setting, recipe), []):
            by_files[finished.run.fingerprint].append(finished)
        runs = max(sorted(by_files.items()), key=lambda item: len(item[1]))[1] if by_files else []
        return sorted(runs, key=lambda finished: (finished.run.seed, finished.run.fold))

    def _value(self, finished: Finished, metric_id: str, paper: Paper) -> MetricValue:
        metric = METRICS[metric_id]
        digest = finished.result["files"]["scores_test.npz"]

        def compute() -> MetricValue:
            finished.verify()
            scores = Scores.load(finished.scores_path())
            return metric.compute(scores, reference(paper, finished.run.dataset, scores.items))

        return self.cache.get(digest, metric, compute)


def reference(paper: Paper, dataset: str, items: Iterable[str]) -> "pd.DataFrame":
    """What is true of test items: a frame indexed by item with columns label, unit (for the bootstrap) and fold."""
    return import_class(paper.datasets[dataset].class_path).reference(list(items))
