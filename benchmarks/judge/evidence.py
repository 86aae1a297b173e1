"""From stored scores to the values of cells: every metric is computed at report time, from what the runs said."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.judge.memo import MetricCache
from benchmarks.judge.official_items import TruthsHere
from benchmarks.metrics import MetricValue, metric_named
from benchmarks.runs.ledger import Finished
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import NoTruth
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, load_paper

if TYPE_CHECKING:
    import pandas as pd

#: What a cell's value is the mean over: the folds of its dataset, or the columns of which it is the mean.
Part = int | str


@dataclass(frozen=True)
class Scored:
    """A finished run and the value of one metric on the items of one of its test sets."""

    finished: Finished
    value: MetricValue
    #: what is true of all items of the test set (benchmarks.runs.truth)
    truth: "pd.DataFrame" = field(repr=False, compare=False)
    #: the column that the run stands for, in a mean of columns
    column: str | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """The bootstrap unit of each item of the value."""
        return tuple(self.truth.loc[list(self.value.items), "unit"])

    @property
    def fold(self) -> Part:
        """The part of the mean that the run stands for: its test fold, or its column."""
        return _part(self.column, self.finished.run.fold)

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.finished.run.seed


@dataclass(frozen=True)
class Evidence:
    """All runs that feed a cell, scored. Values are in the cell's unit."""

    folds: tuple[Part, ...]
    scored: tuple[Scored, ...] = field(default=())
    #: runs that would belong here, but of whose items nothing is known here: run id -> why
    unscored: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete_seeds(self) -> tuple[int, ...]:
        """The seeds of which every fold is there."""
        by_seed: dict[int, set[Part]] = defaultdict(set)
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
    def fold_values(self) -> dict[Part, float]:
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
        self.truths = TruthsHere(workspace)
        self._by_recipe: dict[tuple[str, str], list[Finished]] = defaultdict(list)
        for finished in workspace.ledger.finished():
            self._by_recipe[finished.run.setting, finished.run.recipe].append(finished)

    def evidence(self, cell: Cell) -> Evidence:
        """The scored runs behind a cell that is trained. Runs of other recipes or other files are left aside.

        A run that cannot be scored here does not count; the evidence says why.
        """
        if cell.parts:
            return self._mean_of(cell)
        assert cell.setting and cell.dataset and cell.metric
        paper = load_paper(cell.id.split(".")[0])
        runs = self.stored(paper, cell.setting, cell.dataset)
        folds = sorted({run.fold for run in setting_runs(paper, cell.setting, cell.dataset, self.choice)})
        scored, unscored = [], {}
        for run in runs:
            if run.run.fold in folds:
                try:
                    scored.append(self._scored(run, cell))
                except NoTruth as error:
                    unscored[run.run.id] = str(error)
        return Evidence(tuple(folds), tuple(scored), unscored)

    def _mean_of(self, cell: Cell) -> Evidence:
        """The evidence of all cells of which this one is the mean."""
        found = {part.column: self.evidence(part) for part in cell.parts}
        return Evidence(
            tuple(_part(column, int(fold)) for column, of_part in found.items() for fold in of_part.folds),
            tuple(replace(one, column=column) for column, of_part in found.items() for one in of_part.scored),
            {run: why for of_part in found.values() for run, why in of_part.unscored.items()},
        )

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

    def _scored(self, finished: Finished, cell: Cell) -> Scored:
        assert cell.metric is not None
        metric, test_set = metric_named(cell.metric), cell.test_set
        digest = finished.result["files"][f"scores_{test_set}.npz"]

        def compute() -> MetricValue:
            finished.verify()
            scores = Scores.load(finished.scores_path(test_set))
            truth = self.truths.of(finished, test_set, cell.items, scores)
            return metric.compute(scores if cell.items == "all" else scores.select(list(truth.index)), truth)

        value = self.cache.get(digest if cell.items == "all" else f"{digest}-{cell.items}", metric, compute)
        return Scored(finished, value, self.truths.of(finished, test_set))


def _part(column: str | None, fold: int) -> Part:
    """What a run stands for: its test fold, or its column where a mean is over columns."""
    return fold if column is None else column if fold == 1 else f"{column}, fold {fold}"
