"""What the stored runs say about every cell of a table: evidence, spread, verdict, item noise."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evaluate import Evaluator, Evidence, reference
from benchmarks.metrics import METRICS
from benchmarks.plan import Choice
from benchmarks.reporting.checks import table_checks
from benchmarks.spec import CORPORA, NUMERICS, TIERS, Cell, Claim, Paper, Table, load_paper
from benchmarks.verdict import DETERMINISTIC, ItemInterval, PooledSpread, Verdict, item_interval, judge, pooled_sd
from benchmarks.workspace import Workspace

if TYPE_CHECKING:
    from benchmarks.audit import Check
    from benchmarks.claim_form import Ordering
    from benchmarks.claims import ClaimResult, Outcomes


@dataclass(frozen=True, order=True)
class Variant:
    """Under which conditions runs were made; runs of two variants never stand in one column."""

    tier: str = "full"
    corpus: str = "real"
    numerics: str = "float32"

    @property
    def earns_verdict(self) -> bool:
        """Only the paper's schedule on the real files, in the default precision, is held against the paper."""
        return self == Variant()

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order in which variants are shown: the nearest to the paper first."""
        return CORPORA.index(self.corpus), TIERS.index(self.tier), NUMERICS.index(self.numerics)  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """For file names and headings: "reduced", "smoke-miniature"."""
        parts = (self.tier, "" if self.corpus == "real" else self.corpus)
        return "-".join(part for part in (*parts, "" if self.numerics == "float32" else self.numerics) if part)


@dataclass(frozen=True)
class CellResult:
    """A cell with what is known about it under one variant."""

    cell: Cell
    variant: Variant
    evidence: Evidence | None = None
    verdict: Verdict | None = None
    item_noise: ItemInterval | None = None
    check: "Check | None" = None

    @property
    def mean(self) -> float | None:
        """The reproduced value: the mean over complete seeds, or what the audit computes."""
        if self.check is not None:
            return self.check["computed"]
        return self.evidence.mean if self.evidence else None

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation of the value over seeds; None below two seeds, where nothing is known of it."""
        values = list(self.evidence.seed_values.values()) if self.evidence else []
        return float(np.std(values, ddof=1)) if len(values) >= 2 else None

    @property
    def n_runs(self) -> int:
        """Stored runs that feed the cell."""
        return len(self.evidence.scored) if self.evidence else 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where one more run of the recipe, printed as the paper prints, is expected in 90 of 100 cases."""
        verdict = self.verdict
        if verdict is None or verdict.difference is None or verdict.low is None or verdict.high is None:
            return None
        assert self.mean is not None
        return self.mean + verdict.low - verdict.difference, self.mean + verdict.high - verdict.difference

    @property
    def correct(self) -> tuple[int, int] | None:
        """Right decisions over all complete seeds and folds, where the value is exactly their share."""
        if self.evidence is None or self.mean is None:
            return None
        used = [one.value for one in self.evidence.scored if one.seed in self.evidence.complete_seeds]
        right, n = sum(value.correct for value in used), sum(value.n for value in used)
        return (right, n) if math.isclose(100 * right / n, self.mean, abs_tol=1e-9) else None

    @property
    def differing_fields(self) -> list[str]:
        """Fields of the protocol in which the paper is known to have done otherwise: no verdict."""
        return [name for name, item in self.cell.protocol.items() if item.ours is not None]

    @property
    def open_fields(self) -> list[str]:
        """Fields of the protocol that the paper does not state."""
        return [name for name, item in self.cell.protocol.items() if item.status != "stated"]

    @property
    def protocol(self) -> str:
        """`stated`, `our reading`, or `differs`."""
        return "differs" if self.differing_fields else "our reading" if self.open_fields else "stated"

    @property
    def status(self) -> str:
        """The word for the cell: reproduced, deviates, undecided, refused, incomplete, not yet run, quoted, holds..."""
        if self.cell.recipe == "quoted":
            return "quoted"
        if self.cell.recipe == "audit":
            holds = self.check["holds"] if self.check else None
            return "not audited" if holds is None else "holds" if holds else "fails"
        if self.mean is None:
            return "incomplete" if self.n_runs else "not yet run"
        if not self.variant.earns_verdict:
            return "no verdict"
        return "refused" if self.differing_fields else self.verdict.kind if self.verdict else "not judged"


@dataclass(frozen=True)
class ClaimTest:
    """A sentence of the paper about a table: in the paper's own numbers, and in ours."""

    claim: Claim
    in_print: "Ordering"
    ours: "ClaimResult"


@dataclass(frozen=True)
class TableResult:
    """A table: every cell under the paper's conditions, and apart from it the cells that ran under others."""

    paper: Paper
    table_id: str
    main: tuple[CellResult, ...]
    others: dict[Variant, tuple[CellResult, ...]] = field(default_factory=dict)
    checks: tuple["Check", ...] = ()
    claims: tuple[ClaimTest, ...] = ()

    @property
    def id(self) -> str:
        """Like `acrnn.t3`."""
        return f"{self.paper.id}.{self.table_id}"

    @property
    def table(self) -> Table:
        """The table as the paper file has it."""
        return self.paper.tables[self.table_id]

    @property
    def counts(self) -> Counter[str]:
        """Cells by status."""
        return Counter(result.status for result in self.main)

    def columns(self, results: tuple[CellResult, ...]) -> dict[str, list[CellResult]]:
        """The cells of each column."""
        return {column: [one for one in results if one.cell.column == column] for column in self.table.columns}


class Results:
    """Reads the ledger once for every variant, and judges tables."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._evaluators: dict[Variant, Evaluator] = {}
        self._evidence: dict[tuple[Variant, str, str | None, str | None, str | None], Evidence] = {}
        self._noise: dict[tuple[str, str | None, str | None, str | None], ItemInterval] = {}

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
            by_id = {check["id"]: check for check in checks}
            main = tuple(CellResult(cell, Variant(), check=by_id.get(cell.id)) for cell in paper.table_cells(name))
            return TableResult(paper, name, main, checks=checks)
        others = {}
        for variant in sorted(self._variants.get(paper_id, set()), key=lambda variant: variant.rank):
            results = self._column_results(paper, name, variant)
            if not variant.earns_verdict and any(result.n_runs for result in results):
                others[variant] = results
        main = self._column_results(paper, name, Variant())
        return TableResult(paper, name, main, others, checks, _claims(paper, name, main))

    def left_aside(self, tables: Iterable[TableResult]) -> int:
        """Stored runs of these tables' settings that feed no cell: other recipes, versions or files than today's."""
        fed, used = set(), set()
        for table in tables:
            for one in (*table.main, *(one for results in table.others.values() for one in results)):
                used.add((table.paper.id, one.cell.setting, one.cell.dataset))
                fed |= {scored.finished.run.id for scored in (one.evidence.scored if one.evidence else ())}
        runs = [finished.run for finished in self.workspace.ledger.finished()]
        return sum((run.paper, run.setting, run.dataset) in used and run.id not in fed for run in runs)

    def _column_results(self, paper: Paper, table_id: str, variant: Variant) -> tuple[CellResult, ...]:
        cells = list(paper.table_cells(table_id))
        evidence = {cell.id: self._evidence_of(paper, cell, variant) for cell in cells if cell.recipe == "train"}
        if not variant.earns_verdict:
            return tuple(CellResult(cell, variant, evidence.get(cell.id)) for cell in cells)
        spreads = {column: _spread(paper, cells, evidence, column) for column in paper.tables[table_id].columns}
        return tuple(self._judged(paper, cell, evidence.get(cell.id), spreads[cell.column]) for cell in cells)

    def _evidence_of(self, paper: Paper, cell: Cell, variant: Variant) -> Evidence:
        key = (variant, paper.id, cell.setting, cell.dataset, cell.metric)
        if key not in self._evidence:
            assert cell.setting is not None
            has_tier = variant.tier == "full" or variant.tier in paper.settings[cell.setting].tiers
            known = variant in self._variants.get(paper.id, set())
            self._evidence[key] = self._evaluator(variant).evidence(cell) if has_tier and known else Evidence(())
        return self._evidence[key]

    def _evaluator(self, variant: Variant) -> Evaluator:
        if variant not in self._evaluators:
            choice = Choice(variant.tier, variant.corpus, variant.numerics)
            self._evaluators[variant] = Evaluator(self.workspace, choice)
        return self._evaluators[variant]

    def _judged(self, paper: Paper, cell: Cell, evidence: Evidence | None, spread: PooledSpread) -> CellResult:
        if evidence is None or evidence.mean is None:
            return CellResult(cell, Variant(), evidence)
        assert cell.setting is not None
        if paper.settings[cell.setting].deterministic:
            spread = DETERMINISTIC
        noise = self._item_noise(paper, cell, evidence)
        test_list = cell.protocol.get("test_list")
        items_unknown = test_list is not None and test_list.status == "unknown"
        verdict = judge(
            evidence.mean, len(evidence.complete_seeds), spread, cell.target, 10.0**-cell.decimals, cell.margin,
            cell.truncates, item_sd=noise.sd if items_unknown else 0.0,
        )  # fmt: skip
        return CellResult(cell, Variant(), evidence, verdict, noise)

    def _item_noise(self, paper: Paper, cell: Cell, evidence: Evidence) -> ItemInterval:
        key = (paper.id, cell.setting, cell.dataset, cell.metric)
        if key not in self._noise:
            assert cell.dataset and cell.metric
            by_item: dict[str, list[float]] = {}
            for one in evidence.scored:
                if one.seed in evidence.complete_seeds:
                    for item, value in zip(one.value.items, one.value.per_item, strict=True):
                        by_item.setdefault(item, []).append(float(value))
            items = sorted(by_item)
            scale = 100.0 if METRICS[cell.metric].unit == "%" else 1.0
            values = np.array([scale * float(np.mean(by_item[item])) for item in items])
            units = reference(paper, cell.dataset, items)["unit"].to_numpy()
            self._noise[key] = item_interval(values, units)
        return self._noise[key]


def _spread(paper: Paper, cells: list[Cell], evidence: dict[str, Evidence], column: str) -> PooledSpread:
    """The spread over seeds of a column's runs; deterministic fits and settings already counted are left out."""
    import pandas as pd

    rows: dict[tuple[str, int, int], float] = {}
    for cell in cells:
        if cell.column == column and cell.setting and not paper.settings[cell.setting].deterministic:
            for one in evidence[cell.id].scored:
                rows[cell.setting, one.fold, one.seed] = one.value.value
    if not rows:
        return PooledSpread(math.nan, 1, 0)
    frame = pd.DataFrame([(*key, value) for key, value in rows.items()], columns=["setting", "fold", "seed", "value"])
    return pooled_sd(frame)


def _claims(paper: Paper, table_id: str, results: tuple[CellResult, ...]) -> tuple[ClaimTest, ...]:
    """The claims about a table, tested on the complete seeds of its rows."""
    from benchmarks.claim_form import published_ordering
    from benchmarks.claims import Outcomes, judge_claims

    claims = [claim for claim in paper.claims if claim.table == table_id]
    outcomes: dict[tuple[str, str], Outcomes] = {}
    for one in results if claims else ():
        found = _outcomes(paper, one)
        if found is not None and one.cell.dataset is not None:
            outcomes[one.cell.dataset, one.cell.row] = found
    tests = []
    for claim, ours in zip(claims, judge_claims(claims, outcomes), strict=True):
        printed = {one.cell.row: one.cell.published for one in results if one.cell.dataset == claim.dataset}
        tests.append(ClaimTest(claim, published_ordering(claim.id, claim.test, printed), ours))
    return tuple(tests)


def _outcomes(paper: Paper, one: CellResult) -> "Outcomes | None":
    """What the complete seeds of a cell got right, item by item."""
    from benchmarks.claims import Outcomes

    if one.evidence is None or one.mean is None or one.cell.dataset is None or one.cell.setting is None:
        return None
    used = [scored for scored in one.evidence.scored if scored.seed in one.evidence.complete_seeds]
    items = sorted({item for scored in used for item in scored.value.items})
    units = dict(zip(items, reference(paper, one.cell.dataset, items)["unit"], strict=True))
    runs = [(scored.fold, scored.seed, scored.value) for scored in used]
    return Outcomes.collect(runs, units, paper.settings[one.cell.setting].deterministic)
