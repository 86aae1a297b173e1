"""Rows that are not the paper's, from stored runs alone: whatever is stored of them is shown, whoever may train it now.

A row is the runs of one recipe. It is scored by the rules of its column and tested against the rows of the table that
ran under the same conditions, on the folds that both have.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.judge.comparison import Rival
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.evidence import Evidence, Part
from benchmarks.judge.pairs.compared import compare_rows, holm
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.states import FilesHere, State, state_of
from benchmarks.judge.table import CellResult, Variant
from benchmarks.judge.table_claims import outcomes_of
from benchmarks.metrics import metric_of
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.own.names import is_own, label_of
from benchmarks.runs.own.place import own_cell, template
from benchmarks.runs.plan import Choice
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper

#: Characters of a recipe that tell rows of one name apart.
DIGITS = 8


@dataclass(frozen=True)
class OwnRow:
    """A row that is not the paper's, in one column, and the paper's rows beside it."""

    result: CellResult
    #: one of its runs, which says what was trained
    run: Run
    #: the rows of the table that ran under the same conditions, each with its test where both have items in common
    rivals: tuple[Rival, ...] = ()


class OwnEvaluator(Evaluator):
    """Scores settings that no paper file has: of one recipe each, under whichever name (`key_of`)."""

    def __init__(self, workspace: Workspace, choice: Choice, here: FilesHere | None = None) -> None:
        super().__init__(workspace, choice, here)
        self.groups: dict[tuple[str, str, str], list[Finished]] = defaultdict(list)
        for runs in self._by_recipe.values():
            for one in runs:
                where = (one.run.tier, one.run.corpus, one.run.numerics)
                if is_own(one.run.setting) and where == (choice.tier, choice.corpus, choice.numerics):
                    self.groups[one.run.paper, one.run.dataset, key_of(one.run)].append(one)

    def state(self, paper: Paper, dataset: str) -> State | None:
        """The state of the files that the paper's rows show; where nothing of those is stored, that of these rows."""
        if super().state(paper, dataset) is None:
            runs = [one for key, group in self.groups.items() if key[:2] == (paper.id, dataset) for one in group]
            found = state_of(runs, paper.datasets[dataset], self.choice.corpus, self._here)
            self._states[paper.id, dataset] = found
        return self._states[paper.id, dataset]

    def _of_recipe(self, paper: Paper, setting: str, dataset: str) -> list[Finished]:
        return self.groups.get((paper.id, dataset, setting)) or (
            [] if is_own(setting) else super()._of_recipe(paper, setting, dataset)
        )

    def _folds(self, paper: Paper, cell: Cell, runs: Sequence[Finished]) -> tuple[int, ...]:
        """The folds that were run, with the seed that has the most: what was stopped is shown as far as it came."""
        if cell.fold is not None:
            return (cell.fold,)
        by_seed: dict[int, set[int]] = defaultdict(set)
        for one in runs:
            by_seed[one.run.seed].add(one.run.fold)
        most: list[int] = max((sorted(folds) for folds in by_seed.values()), key=len, default=[])
        return tuple(most)


def key_of(run: Run) -> str:
    """What the runs of one recipe are called here."""
    return f"{run.setting}@{run.recipe[:DIGITS]}"


def own_rows(
    paper: Paper,
    table: str,
    shown: Mapping[Variant, Sequence[CellResult]],
    workspace: Workspace,
    evaluator_of: Callable[[Variant], OwnEvaluator],
) -> dict[Variant, tuple[OwnRow, ...]]:
    """The rows of a table that are not the paper's, by the conditions of their runs, which have no others beside them.

    shown: the rows of the table itself, under each of their conditions. evaluator_of: what scores the runs under some
    conditions, of all tables.
    """
    runs = [one.run for one in workspace.ledger.finished() if one.run.paper == paper.id and is_own(one.run.setting)]
    found = {}
    for variant in sorted({Variant(run.tier, run.corpus, run.numerics) for run in runs}, key=lambda one: one.rank):
        evaluator = evaluator_of(variant)
        rows = [row for column in paper.tables[table].columns for row in _of_column(paper, table, column, evaluator)]
        if rows:
            found[variant] = tuple(
                _tested(rows, [_as_far(one, evaluator) for one in shown.get(variant, ()) if one.n_runs])
            )
    return found


def _as_far(one: CellResult, evaluator: OwnEvaluator) -> CellResult:
    """A row of the table that ran, as far as it came: over the folds that were run, where it has no value otherwise."""
    return one if one.mean is not None else replace(one, evidence=evaluator.evidence(one.cell))


def _of_column(paper: Paper, table: str, column: str, evaluator: OwnEvaluator) -> Iterable[OwnRow]:
    """The rows that have runs for a column, by name, of one name the newest first."""
    choice = evaluator.choice
    variant = Variant(choice.tier, choice.corpus, choice.numerics)
    by_key: dict[str, dict[str, list[Finished]]] = defaultdict(dict)
    for (paper_id, dataset, key), runs in evaluator.groups.items():
        if paper_id == paper.id:
            by_key[key][dataset] = runs
    named: set[str] = set()

    def age(key: str) -> tuple[str, str]:
        return max(str(one.result.get("ended", "")) for runs in by_key[key].values() for one in runs), key

    for key in sorted(by_key, key=age, reverse=True):
        setting = key.partition("@")[0]
        cell = _place(paper, table, column, setting)
        if cell is None or not {source.dataset for source in cell.sources} <= set(by_key[key]):
            continue
        label = label_of(setting) if setting not in named else f"{label_of(setting)} ({key.partition('@')[2]})"
        named.add(setting)
        evidence = evaluator.evidence(own_cell(cell, key, label))
        if evidence.scored or evidence.unscored:
            run = next(iter(by_key[key].values()))[0].run
            yield OwnRow(CellResult(own_cell(cell, key, label), variant, evidence), run)


def _place(paper: Paper, table: str, column: str, setting: str) -> Cell | None:
    """The cell of a column that a row is scored like; of changed settings of the paper, one that the setting feeds."""
    base = setting.partition("+")[0]
    found = template(paper, table, column, base if base in paper.settings else None)
    is_fed = found is not None and (base not in paper.settings or all(one.setting == base for one in found.sources))
    return found if is_fed else None


def _tested(rows: Sequence[OwnRow], beside: Sequence[CellResult]) -> list[OwnRow]:
    """The rows with the paper's beside them; p-values are corrected (Holm) over all tests of a column."""
    made = []
    for row in rows:
        rivals = [one for one in beside if _stands_beside(row.result.cell, one.cell)]
        made.append(replace(row, rivals=tuple(_against(row.result, one) for one in rivals)))
    corrected: dict[tuple[str, str], float] = {}
    for column in {row.result.cell.column for row in made}:
        tested = [
            (row.result.cell.id, rival)
            for row in made if row.result.cell.column == column for rival in row.rivals if rival.p is not None
        ]  # fmt: skip
        values = holm([float(rival.p or 0.0) for _, rival in tested])
        corrected |= {(name, rival.result.cell.id): float(p) for (name, rival), p in zip(tested, values, strict=True)}
    return [
        replace(
            row,
            rivals=tuple(
                replace(rival, p_holm=corrected.get((row.result.cell.id, rival.result.cell.id))) for rival in row.rivals
            ),
        )
        for row in made
    ]


def _stands_beside(cell: Cell, other: Cell) -> bool:
    """Whether another cell of the table answers the same question: in the same column, about the same folds."""
    return (cell.column, cell.fold) == (other.column, other.fold)


def _against(mine: CellResult, its: CellResult) -> Rival:
    """A row of the table, tested on the folds whose items both have."""
    first, second = _outcomes(mine), _outcomes(its)
    if first is None or second is None:
        return Rival(its)
    parts = [part for part, items in first.items.items() if second.items.get(part) == items]
    if not parts:
        return Rival(its)
    first, second = (_of_parts(one, parts) for one in (first, second))
    found = compare_rows(first, second)
    about = f"{found.about}: {found.test}"
    return Rival(its, found.p, difference=found.difference, low=found.low, high=found.high, test=about)


def _outcomes(one: CellResult) -> Outcomes | None:
    """What the items add to the value of a row's complete seeds; above is more, whether better or not."""
    metric = metric_of(one.cell)
    assert metric is not None
    return outcomes_of(one.evidence or Evidence(()), metric.scale)


def _of_parts(one: Outcomes, parts: Sequence[Part]) -> Outcomes:
    return replace(
        one,
        added={part: one.added[part] for part in parts},
        items={part: one.items[part] for part in parts},
        units={part: one.units[part] for part in parts},
    )
