"""From stored scores to the values of cells: every metric is computed at report time, from what the runs said."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.errors import InputError
from benchmarks.judge.evidence import ALL_FOLDS, Evidence, Measured, Part, Scored
from benchmarks.judge.states import FilesHere, State, alike, state_of
from benchmarks.judge.truth_here import TruthsHere
from benchmarks.metrics import metric_named
from benchmarks.metrics.scoring import Question, Referenced, stacked, values
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.memo import Memo
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, load_paper


class Evaluator:
    """Scores the stored runs of one choice of tier, corpus and numerics; each value is computed once, ever."""

    def __init__(self, workspace: Workspace, choice: Choice, here: FilesHere | None = None) -> None:
        """here: what evaluators of one report share, so that the files of each dataset are looked at once."""
        self.workspace, self.choice = workspace, choice
        self.memo = Memo(workspace.cache)
        self.truths = TruthsHere(workspace)
        self._known: dict[tuple[str, str, str], list[Run]] = {}
        self._here = here or FilesHere(workspace)
        self._states: dict[tuple[str, str], State | None] = {}
        self._by_recipe: dict[tuple[str, str, str], list[Finished]] = defaultdict(list)
        for finished in workspace.ledger.finished():
            self._by_recipe[finished.run.paper, finished.run.setting, finished.run.recipe].append(finished)
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
        unscored: dict[str, str] = {}
        for run in runs:
            if run.run.fold not in folds:
                continue
            try:
                one = Scored(run, run.run.fold, self.truths.of(run, cell.test_set))
                if metric.chosen_on:
                    self.truths.of(run, metric.chosen_on)
            except InputError as error:
                unscored[run.run.id] = str(error)
                continue
            scored.append(one)
        every = 1 if cell.fold is not None else len(paper.datasets[cell.dataset].folds)
        found = Evidence(folds, tuple(scored), unscored=unscored, every=every)
        groups = [(one.fold, [one]) for one in scored]
        if metric.kind.pooled:  # one value for each seed of which every fold is there
            groups = [(ALL_FOLDS, [one for one in scored if one.seed == seed]) for seed in found.complete_seeds]
        try:
            return replace(found, measured=self._measured(groups, cell))
        except InputError:
            return self._without_unscored(found, groups, cell)

    def _without_unscored(self, found: Evidence, groups: Sequence[tuple[Part, list[Scored]]], cell: Cell) -> Evidence:
        """The evidence without the runs that the metric cannot judge."""
        measured: list[Measured] = []
        unscored = dict(found.unscored)
        for group in groups:
            try:
                measured += self._measured([group], cell)
            except InputError as error:
                unscored |= dict.fromkeys((one.finished.run.id for one in group[1]), str(error))
        scored = tuple(one for one in found.scored if one.finished.run.id not in unscored)
        return replace(found, scored=scored, measured=tuple(measured), unscored=unscored)

    def _folds(self, paper: Paper, cell: Cell, runs: Sequence[Finished]) -> tuple[int, ...]:
        """The folds that a value is of: all of the tier, or where others were chosen, those that were run."""
        if cell.fold is not None:
            return (cell.fold,)
        assert cell.setting and cell.dataset
        planned = {run.fold for run in self._wanted(paper, cell.setting, cell.dataset)}
        chosen = {one.run.fold for one in runs}
        return tuple(sorted(planned if chosen <= planned else chosen))

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
            sum(one.every for one in found.values()),
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
            self._states[paper.id, dataset] = state_of(runs, use, corpus, self._here)
        return self._states[paper.id, dataset]

    def _has_tier(self, paper: Paper, setting: str) -> bool:
        return self.choice.tier == "full" or self.choice.tier in paper.settings[setting].tiers

    def _of_recipe(self, paper: Paper, setting: str, dataset: str) -> list[Finished]:
        """The finished runs of a setting as the paper file has it today, whatever the files."""
        return self._by_recipe.get((paper.id, setting, self._wanted(paper, setting, dataset)[0].recipe), [])

    def _wanted(self, paper: Paper, setting: str, dataset: str) -> list[Run]:
        """The runs of a setting as the paper file has it today, whatever the files."""
        asked = (paper.id, setting, dataset)
        if asked not in self._known:
            self._known[asked] = setting_runs(paper, setting, dataset, self.choice)
        return self._known[asked]

    def _measured(self, groups: Sequence[tuple[Part, list[Scored]]], cell: Cell) -> tuple[Measured, ...]:
        """For each group of runs the value of the cell's metric on the scores of all of them."""
        question = Question(str(cell.metric), cell.test_set, cell.items)
        found = values(self.memo, question, [[self._referenced(one, question) for one in runs] for _, runs in groups])
        return tuple(
            Measured(part, runs[0].seed, value, stacked([one.truth for one in runs]))
            for (part, runs), value in zip(groups, found, strict=True)
        )

    def _referenced(self, one: Scored, question: Question) -> Referenced:
        truths = {name: self.truths.of(one.finished, name, question.items) for name in question.test_sets}
        return Referenced(one.finished, truths)
