"""New scores beside a table's rows, and tested against their stored runs on the same items."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.judge.evidence import Evidence, Part
from benchmarks.judge.pairs.compared import compare_rows, holm
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import Metric, MetricValue
from benchmarks.runs.ledger import Finished
from benchmarks.spec import Cell, DatasetUse
from datasets.contract import EVERY_FOLD

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rival:
    """A row of the table beside the new one: what is printed, what came out again, and the test of the difference."""

    result: CellResult
    #: first complete seed against the new scores, on the same items; None where nothing is stored
    p: float | None = None
    p_holm: float | None = None
    #: where items are right or wrong: how many only one side got right
    only_new_right: int | None = None
    only_row_right: int | None = None
    #: new value less the row's, with the 95 % interval, in the unit of the column
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    #: the name of the test
    test: str | None = None


@dataclass(frozen=True)
class Comparison:
    """New scores in one column of a table. Values are in the unit of the column."""

    name: str
    table: TableResult
    #: a cell of the column, whose protocol the new scores were judged by
    cell: Cell
    metric: Metric
    #: by fold, or for all folds together
    folds: Mapping[Part, MetricValue]
    rivals: Sequence[Rival]
    note: str | None = None
    #: what the table says besides of the same items, by column
    beside: Mapping[str, float] = field(default_factory=dict)
    #: the part of the folds that the scores are of, in words; None where they are of all
    part: str | None = None
    #: of a cell about one fold: the value on each of the folds that the scores are of, where these are several
    across: Mapping[int, float] = field(default_factory=dict)

    @property
    def mean_across(self) -> tuple[float, float] | None:
        """Mean and standard deviation over these folds; None where there are none."""
        values = list(self.across.values())
        return (float(np.mean(values)), float(np.std(values, ddof=1))) if values else None

    @property
    def column(self) -> str:
        """The name of the column."""
        return self.cell.column

    @property
    def dataset(self) -> DatasetUse:
        """What the scores are of."""
        return self.table.paper.datasets[str(self.cell.dataset)]

    @property
    def value(self) -> float:
        """The mean over folds, or over those that are there (`part`)."""
        return float(np.mean([value.value for value in self.folds.values()]))

    @property
    def is_share(self) -> bool:
        """Whether the value is the share of items that are right."""
        return all(value.is_share for value in self.folds.values())

    @property
    def counts(self) -> dict[str, int]:
        """What was counted for the value, over all folds: of events tp, fp, fn and so on, of shares the ties."""
        total: Counter[str] = Counter()
        for value in self.folds.values():
            total.update(value.counts)
        return dict(total)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "table": self.table.id,
            "column": self.column,
            "metric": self.metric.id,
            "value": None if self.part else self.value,
            "part": self.part,
            "folds": {str(fold): value.value for fold, value in self.folds.items()},
            "across": {str(fold): value for fold, value in self.across.items()},
            "mean_across": self.mean_across and self.mean_across[0],
            "sd_across": self.mean_across and self.mean_across[1],
            "n_items": sum(value.n for value in self.folds.values()),
            "counts": self.counts,
            "beside": dict(self.beside),
            "note": self.note,
            "rows": [
                {
                    "id": rival.result.cell.id,
                    "label": rival.result.cell.label,
                    "published": rival.result.cell.published,
                    "corrected": rival.result.cell.corrected,
                    "mean": rival.result.mean,
                    "tier": rival.result.variant.tier if rival.result.n_runs else None,
                    "only_new_right": rival.only_new_right,
                    "only_row_right": rival.only_row_right,
                    "difference": rival.difference,
                    "low": rival.low,
                    "high": rival.high,
                    "p": rival.p,
                    "p_holm": rival.p_holm,
                    "test": rival.test,
                }
                for rival in self.rivals
            ],
        }


def find_rivals(
    table: TableResult,
    cell: Cell,
    new: Mapping[Part, MetricValue],
    units: "pd.Series",
    scale: float,
    source: Finished | None = None,
) -> list[Rival]:
    """The rows beside a cell, each with its nearest stored variant on real files, tested against new scores by fold.

    They are those that have something in its column on its test set; beside a row of ours, those of ours.

    units: the bootstrap unit of each item. scale: from what items add to the unit of the column. source: the run that
    the new scores are of, which is not tested against itself. p-values are corrected (Holm) over the rows that are
    tested.
    """
    beside = _controls(table) if cell.row in table.table.controls else table.main
    found = [
        nearest_variant(table, one) for one in beside
        if (one.cell.column, one.cell.test_set) == (cell.column, cell.test_set) and not is_empty(one.cell)
    ]  # fmt: skip
    is_own = {
        one.cell.id for one in found
        if source is not None and one.evidence and source.run.id in [run.finished.run.id for run in one.evidence.scored]
    }  # fmt: skip
    rivals = [Rival(one) if one.cell.id in is_own else _tested(one, new, units, scale) for one in found]
    corrected = iter(holm([rival.p for rival in rivals if rival.p is not None]))
    return [replace(one, p_holm=float(next(corrected))) if one.p is not None else one for one in rivals]


def is_empty(cell: Cell) -> bool:
    """Whether a table has nothing in a place: neither a printed value nor a training."""
    return cell.recipe == "quoted" and cell.published is None


def _controls(table: TableResult) -> tuple[CellResult, ...]:
    """The rows of ours of which runs on real files are stored, each under the conditions nearest to the paper's."""
    found: dict[str, CellResult] = {}
    for variant, results in table.controls.items():
        if variant.corpus == "real" and variant.tier != "smoke":
            found = {**{one.cell.id: one for one in results}, **found}
    return tuple(found.values())


def nearest_variant(table: TableResult, main: CellResult) -> CellResult:
    """The cell as it ran under the paper's conditions; else as it ran on the real files otherwise."""
    if main.mean is not None:
        return main
    real = [
        results for variant, results in table.others.items() if variant.corpus == "real" and variant.tier != "smoke"
    ]
    for results in real:
        for one in results:
            if one.cell.id == main.cell.id and one.mean is not None:
                return one
    return main


def _tested(result: CellResult, new: Mapping[Part, MetricValue], units: "pd.Series", scale: float) -> Rival:
    """A row, tested by its first seed if something of it is stored on the same items; in one fold or in all of them."""
    if result.evidence is None or result.mean is None:
        return Rival(result)
    row = _first_seed(result.evidence)
    unit_of = dict(zip(map(str, units.index), map(str, units), strict=True))
    if set(new) == {EVERY_FOLD}:  # the row has a network for each fold, all tested on these items
        new = dict.fromkeys(row, new[EVERY_FOLD])
    mine, its = (
        _one_model(values, unit_of, scale) for values in (new, {fold: row[fold] for fold in new if fold in row})
    )
    if mine is None or its is None or mine.items != its.items:
        return Rival(result)
    found = compare_rows(mine, its)
    rival = Rival(result, found.p, difference=found.difference, low=found.low, high=found.high, test=found.test)
    if not (mine.is_share and its.is_share):
        return rival
    gains = [mine.added[fold][0] - its.added[fold][0] for fold in mine.added]
    only_new, only_row = (int(sum(np.sum(sign * gain > 0) for gain in gains)) for sign in (1, -1))
    return replace(rival, only_new_right=only_new, only_row_right=only_row)


def _first_seed(evidence: Evidence) -> dict[Part, MetricValue]:
    seed = evidence.complete_seeds[0]
    return {one.part: one.value for one in evidence.measured if one.seed == seed}


def _one_model(values: Mapping[Part, MetricValue], unit_of: Mapping[str, str], scale: float) -> Outcomes | None:
    """The new scores, or one seed of a row: a model of which nothing else is known."""
    units = {(fold, item): unit_of.get(item, item) for fold, value in values.items() for item in value.items}
    return Outcomes.collect([(fold, 0, value) for fold, value in values.items()], units, scale=scale)
