"""From stored scores to the values of cells: every metric is computed at report time, from what the runs said."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.judge.evidence import ALL_FOLDS, Evidence, Measured, Part, Scored
from benchmarks.judge.states import State, alike, state_of
from benchmarks.judge.truth_here import TruthsHere
from benchmarks.metrics import Chosen, Metric, MetricValue, metric_named
from benchmarks.runs.ledger import ANNOTATIONS, Finished, Run
from benchmarks.runs.memo import Memo
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores, joined
from benchmarks.runs.truth import NoTruth
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, load_paper

if TYPE_CHECKING:
    import pandas as pd


class Evaluator:
    """Scores the stored runs of one choice of tier, corpus and numerics; each value is computed once, ever."""

    def __init__(self, workspace: Workspace, choice: Choice) -> None:
        self.workspace, self.choice = workspace, choice
        self.memo = Memo(workspace.cache)
        self.truths = TruthsHere(workspace)
        self._known: dict[tuple[str, str, str], list[Run]] = {}
        self._states: dict[tuple[str, str], State | None] = {}
        self._by_recipe: dict[tuple[str, str], list[Finished]] = defaultdict(list)
        for finished in workspace.ledger.finished():
            self._by_recipe[finished.run.setting, finished.run.recipe].append(finished)
        self._runs = [runs[0].run for runs in self._by_recipe.values()]

    def evidence(self, cell: Cell) -> Evidence:
        """The scored runs behind a cell that is trained. Runs of other recipes or other files are left aside.

        A run that cannot be scored here does not count; the evidence says why.
        """
        if cell.parts:
            return self._mean_of(cell)
        assert cell.setting and cell.dataset and cell.metric
        paper, metric = load_paper(cell.id.split(".")[0]), metric_named(cell.metric)
        runs = self.stored(paper, cell.setting, cell.dataset)
        folds = self._folds(paper, cell, runs)
        scored: list[Scored] = []
        measured: list[Measured] = []
        unscored: dict[str, str] = {}
        for run in runs:
            if run.run.fold not in folds:
                continue
            try:
                one = Scored(run, run.run.fold, self.truths.of(run, cell.test_set))
                if metric.chosen_on:
                    self.truths.of(run, metric.chosen_on)
                measured += [] if metric.kind.pooled else [self._measured(one.fold, [one], cell, metric)]
            except NoTruth as error:
                unscored[run.run.id] = str(error)
                continue
            scored.append(one)
        found = Evidence(folds, tuple(scored), tuple(measured), unscored)
        return replace(found, measured=self._pooled(found, cell, metric)) if metric.kind.pooled else found

    def _folds(self, paper: Paper, cell: Cell, runs: Sequence[Finished]) -> tuple[int, ...]:
        """The folds that a value is of: all of the tier, or where others were chosen, those that were run."""
        if cell.fold is not None:
            return (cell.fold,)
        assert cell.setting and cell.dataset
        planned = {run.fold for run in self._wanted(paper, cell.setting, cell.dataset)}
        chosen = {one.run.fold for one in runs}
        return tuple(sorted(planned if chosen <= planned else chosen))

    def _pooled(self, found: Evidence, cell: Cell, metric: Metric) -> tuple[Measured, ...]:
        """One value for each seed of which every fold is there."""
        return tuple(
            self._measured(ALL_FOLDS, [one for one in found.scored if one.seed == seed], cell, metric)
            for seed in found.complete_seeds
        )

    def _mean_of(self, cell: Cell) -> Evidence:
        """The evidence of all cells of which this one is the mean."""
        found = {part.column: self.evidence(part) for part in cell.parts}

        def named(column: str, part: Part) -> Part:
            """What a fold of a column is called here: a column alone where it has one part, or its first fold."""
            return column if part in (1, ALL_FOLDS) or len(found[column].folds) == 1 else f"{column}, fold {part}"

        return Evidence(
            tuple(named(column, fold) for column, one in found.items() for fold in one.folds),
            tuple(
                replace(scored, fold=named(column, scored.fold), column=column)
                for column, one in found.items() for scored in one.scored
            ),
            tuple(
                replace(measured, part=named(column, measured.part))
                for column, one in found.items() for measured in one.measured
            ),
            {run: why for one in found.values() for run, why in one.unscored.items()},
        )  # fmt: skip

    def stored(self, paper: Paper, setting: str, dataset: str) -> list[Finished]:
        """The finished runs of a setting on the files that are shown (`state`), by seed and fold."""
        state = self.state(paper, dataset)
        runs = self._of_recipe(paper, setting, dataset)
        shown = [finished for finished in runs if state is not None and finished.run.fingerprint == state.shown]
        return sorted(alike(shown), key=lambda finished: (finished.run.seed, finished.run.fold))

    def state(self, paper: Paper, dataset: str) -> State | None:
        """The one state of a dataset's files whose runs are shown in all rows; None where nothing is stored."""
        if (paper.id, dataset) not in self._states:
            stored = {run.setting for run in self._runs if (run.paper, run.dataset) == (paper.id, dataset)}
            settings = [name for name in paper.settings if name in stored and self._has_tier(paper, name)]
            runs = [one for name in settings for one in self._of_recipe(paper, name, dataset)]
            use, corpus = paper.datasets[dataset], self.choice.corpus
            self._states[paper.id, dataset] = state_of(runs, use, corpus, self.workspace)
        return self._states[paper.id, dataset]

    def _has_tier(self, paper: Paper, setting: str) -> bool:
        return self.choice.tier == "full" or self.choice.tier in paper.settings[setting].tiers

    def _of_recipe(self, paper: Paper, setting: str, dataset: str) -> list[Finished]:
        """The finished runs of a setting as the paper file has it today, whatever the files."""
        return self._by_recipe.get((setting, self._wanted(paper, setting, dataset)[0].recipe), [])

    def _wanted(self, paper: Paper, setting: str, dataset: str) -> list[Run]:
        """The runs of a setting as the paper file has it today, whatever the files."""
        asked = (paper.id, setting, dataset)
        if asked not in self._known:
            self._known[asked] = setting_runs(paper, setting, dataset, self.choice)
        return self._known[asked]

    def _measured(self, part: Part, runs: Sequence[Scored], cell: Cell, metric: Metric) -> Measured:
        """The value of the metric on the scores of all these runs, computed or as it was kept."""
        truths = [one.truth for one in runs]
        value = remembered(self.memo, _key(runs, cell, metric), partial(self._compute, runs, cell, metric))
        return Measured(part, runs[0].seed, value, truths[0] if len(truths) == 1 else _stacked(truths))

    def _compute(self, runs: Sequence[Scored], cell: Cell, metric: Metric) -> MetricValue:
        said = [self._said(one, cell.test_set, cell.items) for one in runs]
        scores, truths = joined([one for one, _ in said]), [truth for _, truth in said]
        reference = truths[0] if len(truths) == 1 else _stacked(truths)
        if not metric.chosen_on:
            return metric.compute(scores, reference)
        chosen = [
            Chosen(of_run.items, *self._said(one, metric.chosen_on, cell.items))
            for one, (of_run, _) in zip(runs, said, strict=True)
        ]
        return metric.compute(scores, reference, chosen)

    def _said(self, one: Scored, test_set: str, items: str) -> "tuple[Scores, pd.DataFrame]":
        """What a run says about the items of a test set, and what is true of them."""
        one.finished.verify()
        said = Scores.load(one.finished.scores_path(test_set))
        truth = self.truths.of(one.finished, test_set, items, said)
        return said if items == "all" else said.select(list(dict.fromkeys(truth.index))), truth


def remembered(memo: Memo, key: Any, compute: Callable[[], MetricValue]) -> MetricValue:
    """A metric's value as it was kept, or what `compute` says; what is kept of it is exact."""

    def packed() -> dict[str, Any]:
        value = compute()
        return {
            "value": float(value.value), "per_item": value.per_item.tolist(), "items": list(value.items),
            "counts": {name: int(count) for name, count in value.counts.items()}, "is_share": value.is_share,
        }  # fmt: skip

    kept = memo.json("metrics", key, packed)
    per_item = np.array(kept["per_item"], dtype=np.float64)
    return MetricValue(kept["value"], per_item, tuple(kept["items"]), kept["counts"], kept["is_share"])


def _key(runs: Sequence[Scored], cell: Cell, metric: Metric) -> list[Any]:
    """Changes with the scores, with what is true of their items, with the list of items and with the metric."""
    sets = dict.fromkeys([cell.test_set, metric.chosen_on or cell.test_set])
    names = [name for one in sets for name in (f"scores_{one}.npz", f"{ANNOTATIONS}{one}.csv")]
    digests = [[one.finished.result["files"].get(name) for name in names] for one in runs]
    return [digests, cell.items, cell.metric, metric.id, metric.version]


def _stacked(truths: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    return pd.concat(truths)
