"""What the stored runs say about every cell of a table: evidence, spread, verdict, item noise, claims."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.audit.isolated import table_checks
from benchmarks.judge.aside import LeftAside, left_aside
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.evidence import Evidence, device_kinds
from benchmarks.judge.numerics.study import Study, study
from benchmarks.judge.own.rows import OwnEvaluator, own_rows
from benchmarks.judge.spread import Alike, item_noise, repeats, spread_of
from benchmarks.judge.states import FilesHere, State
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.judge.table_claims import asked_once, table_claims
from benchmarks.judge.verdict import DETERMINISTIC, ItemInterval, PooledSpread, judge
from benchmarks.runs.plan import Choice
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, Paper, Table, load_paper
from benchmarks.spec.equivalence import Other

if TYPE_CHECKING:
    from benchmarks.audit.checks import Check


class Results:
    """Reads the ledger once for every variant, and judges tables."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._here = FilesHere(workspace)
        self._evaluators: dict[Variant, Evaluator] = {}
        self._own_evaluators: dict[Variant, OwnEvaluator] = {}
        self._evidence: dict[tuple[Variant, str, object], Evidence] = {}
        self._noise: dict[tuple[str, object], ItemInterval] = {}
        self._studies: dict[tuple[str, Other], Study] = {}

    @cached_property
    def _variants(self) -> dict[str, set[Variant]]:
        found: dict[str, set[Variant]] = {}
        for finished in self.workspace.ledger.finished():
            run = finished.run
            found.setdefault(run.paper, set()).add(Variant(run.tier, run.corpus, run.numerics))
        return found

    def table(self, table_id: str) -> TableResult:
        """All that is known of a table, by its id (`acrnn.t3`)."""
        paper_id, name = table_id.split(".")
        paper = load_paper(paper_id)
        checks = tuple(table_checks(paper, name, self.workspace.cache))
        if paper.tables[name].kind == "audit":
            audited = tuple(CellResult(cell, Variant()) for cell in paper.table_cells(name))
            return TableResult(paper, name, _checked(paper, audited, checks), checks=checks)
        main = _checked(paper, self._column_results(paper, name, Variant()), checks)
        fed = {(one.cell.id, Variant(numerics=one.numerics)) for one in main}
        others: dict[Variant, tuple[CellResult, ...]] = {}
        ran = {Variant(): self._controls(paper, name, Variant(), main)}
        for variant in sorted(self._variants.get(paper_id, set()) - {Variant()}, key=lambda variant: variant.rank):
            results = self._column_results(paper, name, variant)
            results = tuple(one for one in results if (one.cell.id, variant) not in fed)  # runs that feed a verdict
            shown = without_doubles(paper.tables[name], results)
            controls = self._controls(paper, name, variant, shown)
            if any(result.n_runs for result in (*shown, *controls)):
                others[variant], ran[variant] = shown, controls
        ran = {variant: rows for variant, rows in ran.items() if rows}
        by_variant = {Variant(): main, **others}
        apart = {
            variant: table_claims(paper, name, variant, (*results, *ran.get(variant, ())))
            for variant, results in others.items() if variant.tier != "smoke"
        }  # fmt: skip
        apart = {variant: asked_once(tests, apart.get(variant.in_float32, ())) for variant, tests in apart.items()}
        claims = table_claims(paper, name, Variant(), (*main, *ran.get(Variant(), ())))
        derived = {variant: self._derived(paper, name, variant) for variant in by_variant}
        unscored = self._unscored(paper, [*paper.table_cells(name), *paper.control_cells(name)])
        states = self._states(paper, name, by_variant)
        own = own_rows(paper, name, by_variant, self.workspace, self._own_evaluator)
        studies = {numerics: self.study(paper, numerics) for numerics in paper.equivalence}
        return TableResult(
            paper, name, main, others, checks, claims, ran, apart, unscored, derived, states, own, studies
        )  # fmt: skip

    def study(self, paper: Paper, numerics: Other) -> Study:
        """What a paper's study says of other numerics than float32."""
        if (paper.id, numerics) not in self._studies:
            tier = paper.equivalence[numerics].tier
            self._studies[paper.id, numerics] = study(
                paper, numerics, lambda cell, made_in: self._evidence_of(paper, cell, Variant(tier, numerics=made_in))
            )
        return self._studies[paper.id, numerics]

    def _fed_by(self, paper: Paper, cell: Cell) -> tuple[Evidence, str]:
        """The runs of the paper's experiment behind a cell, and their numerics.

        Those in numerics that were shown to give the same, where more complete seeds are there than in float32; before
        any seed is complete, where more runs are.
        """
        found, made_in = self._evidence_of(paper, cell, Variant()), "float32"
        for numerics in paper.equivalence:
            other = self._evidence_of(paper, cell, Variant(numerics=numerics))
            if other.progress <= found.progress:
                continue
            study, kinds = self.study(paper, numerics), device_kinds(other.scored)
            if all(study.speaks_for(source.setting, kinds) for source in cell.sources):
                found, made_in = other, numerics
        return found, made_in

    def _states(self, paper: Paper, table_id: str, variants: Iterable[Variant]) -> dict[Variant, dict[str, State]]:
        """The files that the runs behind a table were made with, by variant and dataset."""
        datasets = dict.fromkeys(
            dataset for cell in paper.table_cells(table_id) for source in cell.sources if (dataset := source.dataset)
        )
        return {
            variant: {name: state for name in datasets if (state := self._evaluator(variant).state(paper, name))}
            for variant in variants if variant in self._variants.get(paper.id, set())
        }  # fmt: skip

    def _derived(self, paper: Paper, table_id: str, variant: Variant) -> dict[str, tuple[CellResult, ...]]:
        """The cells of which the lines below a table show the best."""
        found = {}
        for name, line in paper.tables[table_id].derived.items():
            cells = [cell for cell in paper.table_cells(line.table) if cell.row in line.best_of]
            found[name] = tuple(
                CellResult(cell, variant, self._evidence_of(paper, cell, variant))
                for cell in cells if cell.recipe == "train"
            )  # fmt: skip
        return found

    def _unscored(self, paper: Paper, cells: Iterable[Cell]) -> dict[str, str]:
        """The stored runs behind cells that cannot be scored here, under whatever variant, and why."""
        asked = {(paper.id, cell.question) for cell in cells}
        found = [one.unscored for (_, *key), one in self._evidence.items() if tuple(key) in asked]
        return {run: why for unscored in found for run, why in unscored.items()}

    def _controls(
        self, paper: Paper, table_id: str, variant: Variant, rows: tuple[CellResult, ...]
    ) -> tuple[CellResult, ...]:
        """The controls of which there are runs and which say more than the rows do.

        None on another list of items where that list has the same items.
        """
        results = (
            CellResult(cell, variant, self._evidence_of(paper, cell, variant)) for cell in paper.control_cells(table_id)
        )
        ran = [one for one in results if one.n_runs]
        said = {one.answer for one in rows}
        new = {one.cell.row for one in ran if one.answer not in said}
        shown = tuple(one for one in ran if one.cell.row in new)
        return shown if variant.earns_verdict else without_doubles(paper.tables[table_id], shown)

    def left_aside(self, tables: Iterable[TableResult]) -> list[LeftAside]:
        """Stored runs of these tables' settings that feed no cell: other recipes, versions or files than today's."""
        return left_aside(tables, self.workspace.ledger.finished())

    def _column_results(self, paper: Paper, table_id: str, variant: Variant) -> tuple[CellResult, ...]:
        cells = list(paper.table_cells(table_id))
        trained = [cell for cell in cells if cell.recipe == "train"]
        if not variant.earns_verdict:
            evidence = {cell.id: self._evidence_of(paper, cell, variant) for cell in trained}
            return tuple(CellResult(cell, variant, evidence.get(cell.id)) for cell in cells if cell.recipe != "audit")
        fed = {cell.id: self._fed_by(paper, cell) for cell in trained}
        evidence = {cell: one for cell, (one, _) in fed.items()}
        alike = {cell.id: Alike.of(paper, cell, *fed[cell.id]) for cell in trained}
        spreads = {one: self._spread(paper, [cell for cell in trained if alike[cell.id] == one], evidence, one)
                   for one in set(alike.values())}  # fmt: skip
        judged = []
        for cell in cells:
            spread = spreads[alike[cell.id]] if cell.id in alike else None
            one = self._judged(paper, cell, evidence.get(cell.id), spread)
            judged.append(replace(one, numerics=fed[cell.id][1]) if cell.id in fed else one)
        return tuple(judged)

    def _spread(self, paper: Paper, cells: list[Cell], evidence: dict[str, Evidence], alike: Alike) -> PooledSpread:
        """The spread of cells that are alike; where it is less in their numerics, it is taken for that of float32."""
        found = spread_of(cells, evidence)
        if alike.numerics == "float32":
            return found
        less = min(1.0, self.study(paper, alike.numerics).ratio)  # type: ignore[arg-type]
        return replace(found, sd_fold=found.sd_fold / less)

    def _evidence_of(self, paper: Paper, cell: Cell, variant: Variant) -> Evidence:
        key = (variant, paper.id, cell.question)
        if key not in self._evidence:
            assert cell.setting is not None
            settings = [paper.settings[source.setting] for source in cell.sources if source.setting]
            has_tier = variant.tier == "full" or all(variant.tier in setting.tiers for setting in settings)
            known = variant in self._variants.get(paper.id, set())
            self._evidence[key] = self._evaluator(variant).evidence(cell) if has_tier and known else Evidence(())
        return self._evidence[key]

    def _evaluator(self, variant: Variant) -> Evaluator:
        if variant not in self._evaluators:
            choice = Choice(variant.tier, variant.corpus, variant.numerics)
            self._evaluators[variant] = Evaluator(self.workspace, choice, self._here)
        return self._evaluators[variant]

    def _own_evaluator(self, variant: Variant) -> OwnEvaluator:
        if variant not in self._own_evaluators:
            choice = Choice(variant.tier, variant.corpus, variant.numerics)
            self._own_evaluators[variant] = OwnEvaluator(self.workspace, choice, self._here)
        return self._own_evaluators[variant]

    def _judged(self, paper: Paper, cell: Cell, evidence: Evidence | None, spread: PooledSpread | None) -> CellResult:
        folds, readings = paper.audit.folds_of(cell.id), self._readings(paper, cell)
        if evidence is None or evidence.mean is None or spread is None:
            return CellResult(cell, Variant(), evidence, published_folds=folds, readings=readings)
        if repeats(evidence):
            spread = DETERMINISTIC
        elif not evidence.shares_draws:
            spread = replace(spread, folds=len(evidence.parts))
        noise = self._item_noise(paper, cell, evidence)
        test_list = cell.protocol.get("test_list")
        items_unknown = test_list is not None and test_list.status == "unknown"
        verdict = judge(
            evidence.mean, len(evidence.complete_seeds), spread, cell.target, 10.0**-cell.decimals, cell.margin,
            cell.truncates, item_sd=noise.sd if items_unknown else 0.0,
            begun_runs=0 if evidence.shares_draws else len(evidence.measured) - len(evidence.complete),
        )  # fmt: skip
        return CellResult(cell, Variant(), evidence, verdict, noise, published_folds=folds, readings=readings)

    def _readings(self, paper: Paper, cell: Cell) -> tuple[CellResult, ...]:
        """What came out under the other readings of a cell's protocol."""
        controls = paper.tables[cell.table].controls
        if not any(control.reading_of == cell.row for control in controls.values()):
            return ()
        others = [
            one for one in paper.control_cells(cell.table)
            if one.column == cell.column and controls[one.row].reading_of == cell.row
        ]  # fmt: skip
        return tuple(CellResult(one, Variant(), self._evidence_of(paper, one, Variant())) for one in others)

    def _item_noise(self, paper: Paper, cell: Cell, evidence: Evidence) -> ItemInterval:
        key = (paper.id, cell.question)
        if key not in self._noise:
            self._noise[key] = item_noise(cell, evidence)
        return self._noise[key]


def _checked(paper: Paper, results: tuple[CellResult, ...], checks: Iterable["Check"]) -> tuple[CellResult, ...]:
    """The results with what the audit says of the cells that it computes."""
    by_id = {check["id"]: check for check in checks}

    def checked(one: CellResult) -> CellResult:
        fitted = paper.audit.fitted(one.cell.table, one.cell.column)
        return replace(one, check=by_id.get(one.cell.id), fitted_check=fitted)

    return tuple(checked(one) if one.cell.recipe == "audit" else one for one in results)


def without_doubles(table: Table, results: tuple[CellResult, ...]) -> tuple[CellResult, ...]:
    """Without the cells of added columns that say what another column says: there both test lists are the same."""
    known = {(one.cell.row, one.cell.column): one for one in results}

    def is_double(one: CellResult) -> bool:
        others = [name for name in table.columns if name != one.cell.column]
        twins = [twin for name in others if (twin := known.get((one.cell.row, name)))]
        return table.columns[one.cell.column].added is not None and any(twin.answer == one.answer for twin in twins)

    return tuple(one for one in results if not is_double(one))
