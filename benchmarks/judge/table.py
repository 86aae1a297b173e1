"""A table with what is known about it: the plain data that every page is made from."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.judge.evidence import Evidence
from benchmarks.judge.spread import repeats
from benchmarks.judge.verdict import CONFIDENCE, ItemInterval, Verdict, t_quantile
from benchmarks.spec import CORPORA, NUMERICS, TIERS, Cell, Claim, Paper, Table
from benchmarks.spec.equivalence import Other

if TYPE_CHECKING:
    from benchmarks.audit.checks import Check
    from benchmarks.judge.claims import ClaimResult
    from benchmarks.judge.numerics.study import Study
    from benchmarks.judge.own.rows import OwnRow
    from benchmarks.judge.states import State
    from benchmarks.metrics import MetricValue
    from benchmarks.spec.audit import Mean
    from benchmarks.spec.claims import Ordering


#: Values that are nearer to each other are one: a share of clips need not be a binary number.
TIED = 1e-9
#: How verdicts end that the published values themselves had a say in.
FITTED = " under a fitted reading"


@dataclass(frozen=True, order=True)
class Variant:
    """Under which conditions runs were made; runs of two variants never stand in one column."""

    tier: str = "full"
    corpus: str = "real"
    numerics: str = "float32"

    @property
    def earns_verdict(self) -> bool:
        """Only the paper's schedule on the real files, in the default precision, is held against the paper.

        Runs in another precision count among those of the paper where a study has shown it equivalent (Results).
        """
        return self == Variant()

    @property
    def in_float32(self) -> "Variant":
        """The same but for the precision."""
        return Variant(self.tier, self.corpus)

    @property
    def rank(self) -> tuple[int, int, int]:
        """The order in which variants are shown: the nearest to the paper first."""
        return CORPORA.index(self.corpus), TIERS.index(self.tier), NUMERICS.index(self.numerics)  # type: ignore[arg-type]

    @property
    def in_words(self) -> str:
        """For sentences: "tier full, real files"."""
        files = {"real": "real files", "miniature": "generated miniature", "standin": "stand-in files"}[self.corpus]
        return f"tier {self.tier}, {files}" + ("" if self.numerics == "float32" else f", {self.numerics}")

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
    #: what of the audit's computation the printed numbers had a say in
    fitted_check: str | None = None
    #: the values of the folds that the published one is the mean of, where they are known
    published_folds: "Mean | None" = None
    #: what came out under other readings of what the paper leaves open
    readings: tuple["CellResult", ...] = ()
    #: what the runs were computed in; of a verdict other than float32 only where a study has shown that to be alike
    numerics: str = "float32"

    @property
    def made_in(self) -> str:
        """The numerics of the cell's runs."""
        return self.numerics if self.variant.earns_verdict else self.variant.numerics

    @property
    def mean(self) -> float | None:
        """The reproduced value: the mean over complete seeds, or what the audit computes."""
        if self.check is not None:
            return self.check["computed"]
        return self.evidence.mean if self.evidence else None

    @property
    def answer(self) -> tuple[object, ...]:
        """What the cell says by which rule, whatever the list of its items."""
        asked = tuple((*source.asked, source.fold) for source in self.cell.sources)
        return asked, tuple(self.evidence.seed_values.items()) if self.evidence else ()

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
        """Where one more run of the recipe, printed as the paper prints, is expected in 90 of 100 cases.

        None where nothing is drawn, for a further run would be the same.
        """
        verdict = None if self.draws_nothing else self.verdict
        if verdict is None or verdict.difference is None or verdict.low is None or verdict.high is None:
            return None
        assert self.mean is not None
        return self.mean + verdict.low - verdict.difference, self.mean + verdict.high - verdict.difference

    @property
    def correct(self) -> tuple[int, int] | None:
        """Right decisions over all complete seeds and folds, where the value is exactly their share."""
        used = self._counted
        if self.mean is None or not all(value.is_share for value in used):
            return None
        right, n = sum(value.correct for value in used), sum(value.n for value in used)
        return (right, n) if math.isclose(100 * right / n, self.mean, abs_tol=1e-9) else None

    @property
    def ties(self) -> int:
        """Of the decisions that `correct` counts those of which several classes had the highest score."""
        return sum(value.counts.get("ties", 0) for value in self._counted)

    @property
    def _counted(self) -> "list[MetricValue]":
        """The values whose decisions are counted: of all complete seeds, or of one, where all say the same."""
        if self.evidence is None or not self.evidence.complete_seeds:
            return []
        first = self.evidence.complete_seeds[0]
        return [one.value for one in self.evidence.complete if not self.draws_nothing or one.seed == first]

    @property
    def counts(self) -> dict[str, int]:
        """What was counted for the value (of events: tp, fp, fn, ...), over all complete seeds; nothing for shares."""
        total: Counter[str] = Counter()
        for one in self.evidence.complete if self.evidence else ():
            total.update(one.value.counts)
        return dict(total)

    @property
    def differing_fields(self) -> list[str]:
        """Fields of the protocol in which the published number was made otherwise than ours: no verdict."""
        return [name for name, item in self.cell.protocol.items() if item.ours is not None]

    @property
    def open_fields(self) -> list[str]:
        """Fields of the protocol that the paper does not state."""
        return [name for name, item in self.cell.protocol.items() if item.status != "stated"]

    @property
    def fitted_fields(self) -> list[str]:
        """Fields of the protocol that were read in several ways, between which the published values decided."""
        return [name for name, item in self.cell.protocol.items() if item.status == "fitted"]

    @property
    def protocol(self) -> str:
        """`stated`, `our reading`, `fitted reading`, or `differs`."""
        if self.differing_fields:
            return "differs"
        return "fitted reading" if self.fitted_fields else "our reading" if self.open_fields else "stated"

    @property
    def flaw(self) -> str | None:
        """What sets the files behind the value apart from the official ones, which alone earn a verdict."""
        return self.evidence.flaw if self.evidence else None

    @property
    def partial(self) -> str | None:
        """Of which folds alone the value is, where it is not of all that the paper has: "fold 1 of 4"."""
        return self.evidence.partial if self.evidence and self.mean is not None else None

    @property
    def draws_nothing(self) -> bool:
        """Whether another seed was measured to give the same scores."""
        return self.evidence is not None and repeats(self.evidence)

    @property
    def fold_reach(self) -> float | None:
        """How far from our mean on a fold one more run of ours is expected, on all folds together in 90 of 100 cases.

        By the spread that the verdict goes by (Bonferroni over folds); None where nothing tells of it, as one seed.
        """
        if self.draws_nothing:
            return 0.0
        if self.evidence is None or self.verdict is None or not self.verdict.sd or not self.verdict.dof:
            return None
        folds, seeds = len(self.evidence.folds), len(self.evidence.complete_seeds)
        quantile = t_quantile(self.verdict.dof, 1 - (1 - CONFIDENCE) / folds)
        return quantile * self.verdict.sd * math.sqrt(folds) * math.sqrt(1 / seeds + 1)

    @property
    def folds_are_its_own(self) -> bool:
        """Whether the published folds that are known average to the published value, and are not of another run."""
        known, printed, step = self.published_folds, self.cell.target, 10.0**-self.cell.decimals
        if known is None or printed is None:
            return False
        low, high = (statistics.fmean(ends) for ends in zip(*known.ends(self.cell.id), strict=True))
        return low - step <= printed <= high + step

    @property
    def folds_beside(self) -> list[tuple[float, float, bool]] | None:
        """Of every fold the published value, of one decimal, our mean, and whether ours reaches it; None if unknown."""
        reach = self.fold_reach
        if self.published_folds is None or self.evidence is None or self.mean is None or reach is None:
            return None
        published, folds = self.published_folds.values[self.cell.id], self.evidence.folds
        if len(published) != len(folds):
            return None
        runs = [[one.value.value for one in self.evidence.complete if one.part == fold] for fold in folds]
        ours = [statistics.fmean(values) for values in runs]
        ends = self.published_folds.ends(self.cell.id)
        return [
            (value, one, bottom - reach - TIED <= one <= top + reach + TIED)
            for value, one, (bottom, top) in zip(published, ours, ends, strict=True)
        ]

    @property
    def folds_off(self) -> tuple[int, int] | None:
        """On how many folds the published value is none that our recipe is expected to give, and of how many."""
        beside = self.folds_beside
        return None if beside is None else (sum(not reached for *_, reached in beside), len(beside))

    @property
    def mean_alone(self) -> tuple[int, int] | None:
        """Where the verdict is one on the mean alone: on how many folds ours differs, and of how many."""
        return self.folds_off if self.status == "reproduced" and self.folds_off and self.folds_off[0] else None

    @property
    def status(self) -> str:
        """The word for the cell: reproduced, deviates, undecided, not comparable, incomplete, quoted, holds...

        "not comparable" is what ran where the published number was made otherwise. "flawed files" are those that lack
        official items, or have altered ones: they earn no verdict. "not scored here" is a cell whose runs are
        stored, but of whose test items nothing is known on this machine.
        """
        if self.cell.recipe == "quoted":
            return "quoted"
        if self.cell.recipe == "audit":
            holds = self.check["holds"] if self.check else None
            return "not audited" if holds is None else "holds" if holds else "fails"
        if self.mean is None:
            is_unscored = self.evidence is not None and bool(self.evidence.unscored)
            return "incomplete" if self.n_runs else "not scored here" if is_unscored else "not yet run"
        if not self.variant.earns_verdict:
            return "no verdict"
        if self.flaw:
            return "flawed files"
        return "not comparable" if self.differing_fields else self.verdict.kind if self.verdict else "not judged"

    @property
    def counted(self) -> str:
        """The status as it is counted: what comes out under a fitted reading is no test of the reading."""
        words = {"reproduced", "deviates", "undecided"} if self.fitted_fields else {"holds", "fails"}
        fitted = bool(self.fitted_fields or self.fitted_check)
        return f"{self.status}{FITTED}" if fitted and self.status in words else self.status


@dataclass(frozen=True)
class ClaimTest:
    """A sentence of the paper about a table: in the paper's own numbers, and in ours."""

    claim: Claim
    variant: Variant
    in_print: "Ordering"
    ours: "ClaimResult"

    @property
    def answer(self) -> str:
        """`holds`, `fails`, `undecided` or `not measured`.

        What is not the paper's experiment says nothing about its sentence: there the same question is asked of that
        corpus and schedule, and answered by `seen` or `not seen`, which is said where the opposite is shown. Where it
        is of two trained models alone, other seeds may turn it, and of the method it is undecided.
        """
        word = self.ours.status
        if self.variant.earns_verdict:
            return word
        decided = {"holds": "seen", "fails": "not seen"}
        return "undecided" if word in decided and self.ours.kind != "method" else decided.get(word, word)


@dataclass(frozen=True)
class TableResult:
    """A table: every cell under the paper's conditions, and apart from it the cells that ran under others."""

    paper: Paper
    table_id: str
    main: tuple[CellResult, ...]
    others: dict[Variant, tuple[CellResult, ...]] = field(default_factory=dict)
    checks: tuple["Check", ...] = ()
    claims: tuple[ClaimTest, ...] = ()
    #: rows of ours beside the paper's, of which there are runs, by the conditions of those
    controls: dict[Variant, tuple[CellResult, ...]] = field(default_factory=dict)
    #: the same questions, asked of what ran on other files or schedules, tier smoke apart
    claims_apart: dict[Variant, tuple[ClaimTest, ...]] = field(default_factory=dict)
    #: stored runs of any variant that cannot be scored on this machine, and why
    unscored: Mapping[str, str] = field(default_factory=dict)
    #: the cells of which the lines below the table show the best, by their conditions and the line
    derived: Mapping[Variant, Mapping[str, tuple[CellResult, ...]]] = field(default_factory=dict)
    #: the files that the runs were made with, by the conditions of those and the dataset
    states: Mapping[Variant, Mapping[str, "State"]] = field(default_factory=dict)
    #: rows that are not the paper's (judge.own), by the conditions of their runs
    own: Mapping[Variant, tuple["OwnRow", ...]] = field(default_factory=dict)
    #: what is known of other numerics than float32 (judge.numerics)
    studies: Mapping[Other, "Study"] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Like `acrnn.t3`."""
        return f"{self.paper.id}.{self.table_id}"

    @property
    def table(self) -> Table:
        """The table as the paper file has it."""
        return self.paper.tables[self.table_id]

    def columns(self, results: tuple[CellResult, ...]) -> dict[str, list[CellResult]]:
        """The cells of each column."""
        return {column: [one for one in results if one.cell.column == column] for column in self.table.columns}
