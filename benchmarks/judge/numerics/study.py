"""The study of two numerics: the same recipes, folds and seeds in float32 and in another, held against each other.

A pair is one recipe on one fold with one seed: both runs begin with the same weights and see the same batches. The
folds are no sample, so what is drawn is the seed, and the spread of a difference is taken within recipe and fold, as
that of a verdict is. The mean difference over all pairs then has the variance s²/pairs, and its 90 % interval has to
lie within the margin: a test of equivalence, in which few or noisy runs end undecided.

How many seeds there are is fixed beforehand. Where those leave it undecided and more are added, these have to show it
by themselves: whoever looks again and again at what grows is right less often than in 90 of 100 cases.

Assumed: differences of seeds are normal, with one spread for all recipes and folds of the study.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from benchmarks.judge.evidence import ALL_FOLDS, Evidence, Part, device_kinds
from benchmarks.judge.verdict import CONFIDENCE, t_quantile
from benchmarks.runs.provenance import device_in_words
from benchmarks.spec import Cell, Paper
from benchmarks.spec.equivalence import Equivalence, Other

Answer = Literal["shown", "refuted", "undecided", "not measured"]
#: More seeds than anyone will run.
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Pair:
    """One recipe on one fold with one seed, in float32 and in the other numerics; in the unit of the cell."""

    cell: str
    part: Part
    seed: int
    float32: float
    other: float

    @property
    def difference(self) -> float:
        """The other less float32."""
        return self.other - self.float32


@dataclass(frozen=True)
class Study:
    """What a study says as far as it has been run."""

    paper: Paper
    numerics: Other
    asked: Equivalence
    cells: tuple[Cell, ...]
    pairs: tuple[Pair, ...] = field(default=())
    #: runs that the study asks for, and how many of them are there
    wanted: int = 0
    there: int = 0
    #: runs of further seeds, whose pairs count, too
    further: int = 0
    #: on what runs were computed, of each numerics
    devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: the kinds of those devices ("cpu", "cuda"): numerics of one name are computed otherwise on another kind
    kinds: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """`shown`: both bounds hold of the seeds that it asks for, or of further ones alone and of all together.

        `refuted`: of one bound the opposite is sure. Runs of several kinds of device together measure nothing.
        """
        if self.there < self.wanted or self.dof < 1 or len(self.kinds) > 1:
            return "not measured"
        assert self.low is not None and self.high is not None
        if self.low > self.asked.margin or self.high < -self.asked.margin or self._differs_in_spread:
            return "refuted"
        is_shown = self.planned.holds or (self.holds and self.added.holds)
        return "shown" if is_shown else "undecided"

    @property
    def holds(self) -> bool:
        """Whether both bounds hold of all pairs."""
        is_within = (
            self.low is not None
            and self.high is not None
            and (-self.asked.margin <= self.low and self.high <= self.asked.margin)
        )
        return is_within and self.is_alike

    @cached_property
    def planned(self) -> "Study":
        """The same of the seeds that were asked for."""
        return replace(self, pairs=tuple(one for one in self.pairs if one.seed < self.asked.seeds))

    @cached_property
    def added(self) -> "Study":
        """The same of further seeds alone."""
        return replace(self, pairs=tuple(one for one in self.pairs if one.seed >= self.asked.seeds))

    @cached_property
    def dof(self) -> int:
        """Degrees of freedom behind the spreads: the seeds of each recipe and fold but one."""
        return sum(len(group) - 1 for group in self._grouped)

    @property
    def difference(self) -> float | None:
        """The mean over all pairs; None without one."""
        return float(np.mean([one.difference for one in self.pairs])) if self.pairs else None

    @property
    def low(self) -> float | None:
        """The lower end of the 90 % interval of the mean difference."""
        return None if self.difference is None or self._half is None else self.difference - self._half

    @property
    def high(self) -> float | None:
        """The upper end."""
        return None if self.difference is None or self._half is None else self.difference + self._half

    @cached_property
    def sd_difference(self) -> float:
        """The spread of a pair's difference over seeds, within recipe and fold."""
        return self._spread(lambda one: one.difference)

    @cached_property
    def sd_float32(self) -> float:
        """The spread of one fold's value over seeds in float32."""
        return self._spread(lambda one: one.float32)

    @cached_property
    def sd_other(self) -> float:
        """The same in the other numerics."""
        return self._spread(lambda one: one.other)

    @property
    def ratio(self) -> float:
        """How many times as large the spread over seeds is in the other numerics."""
        return self.sd_other / self.sd_float32 if self.sd_float32 else math.inf if self.sd_other else 1.0

    @property
    def ratio_interval(self) -> tuple[float, float] | None:
        """Where that ratio lies in 90 of 100 cases, by the F distribution; None where a spread is none."""
        from scipy.special import fdtri

        if self.dof < 1 or not self.sd_float32 or not self.sd_other:
            return None
        reach = math.sqrt(float(fdtri(self.dof, self.dof, (1 + CONFIDENCE) / 2)))
        return self.ratio / reach, self.ratio * reach

    @property
    def is_alike(self) -> bool:
        """Whether the spreads differ by no more than the factor."""
        return 1 / self.asked.factor <= self.ratio <= self.asked.factor

    @property
    def _differs_in_spread(self) -> bool:
        """Whether the interval of the ratio lies wholly beyond the factor."""
        known = self.ratio_interval
        return known is not None and (known[0] > self.asked.factor or known[1] < 1 / self.asked.factor)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Those of which there are pairs."""
        return tuple(sorted({one.seed for one in self.pairs}))

    @property
    def seeds_needed(self) -> int | None:
        """With how many seeds the interval would lie within the margin, or clear of it, if mean and spread stay.

        None where it does so already, or the study is not complete.
        """
        if self.answer != "undecided" or self._decides(len(self.seeds)):
            return None
        return next((seeds for seeds in range(len(self.seeds) + 1, MOST_SEEDS) if self._decides(seeds)), None)

    def _decides(self, seeds: int) -> bool:
        assert self.difference is not None
        groups = len(self._grouped)
        half = t_quantile(groups * (seeds - 1)) * self.sd_difference / math.sqrt(groups * seeds)
        off = abs(self.difference)
        return off + half <= self.asked.margin or off - half > self.asked.margin

    @property
    def _half(self) -> float | None:
        if self.dof < 1:
            return None
        return t_quantile(self.dof) * self.sd_difference / math.sqrt(len(self.pairs))

    @cached_property
    def _grouped(self) -> list[list[Pair]]:
        groups: dict[tuple[str, Part], list[Pair]] = defaultdict(list)
        for one in self.pairs:
            groups[one.cell, one.part].append(one)
        return list(groups.values())

    def _spread(self, of: Callable[[Pair], float]) -> float:
        if self.dof < 1:
            return math.nan
        values = [np.array([of(one) for one in group]) for group in self._grouped]
        return math.sqrt(sum(float(((group - group.mean()) ** 2).sum()) for group in values) / self.dof)

    def speaks_for(self, setting: str | None, kinds: Iterable[str]) -> bool:
        """Whether runs of a setting in these numerics, on such kinds of device, may feed a verdict."""
        return self.answer == "shown" and setting in self.asked.speaks_for and {*kinds} <= {*self.kinds}


def study(paper: Paper, numerics: Other, evidence: Callable[[Cell, str], Evidence]) -> Study:
    """What has been run of a paper's study of `numerics`.

    evidence: of a cell in some numerics, under the study's tier on the real files.
    """
    asked = paper.equivalence[numerics]
    cells = tuple(cell for cell in paper.cells() if cell.id in asked.cells)
    pairs: list[Pair] = []
    used: dict[str, set[str]] = {"float32": set(), numerics: set()}
    kinds: set[str] = set()
    wanted = there = further = 0
    for cell in cells:
        both = evidence(cell, "float32"), evidence(cell, numerics)
        folds = {*_folds(paper, cell, asked)}
        wanted += 2 * asked.seeds * len(folds)
        pairs += (pair for pair in _paired(cell, *both) if pair.part in folds or pair.part == ALL_FOLDS)
        for name, side in zip(used, both, strict=True):
            runs = [one for one in side.scored if one.fold in folds]
            there += sum(one.seed < asked.seeds for one in runs)
            further += sum(one.seed >= asked.seeds for one in runs)
            used[name] |= {device_in_words(one.finished.result["device"]) for one in runs}
            kinds |= device_kinds(runs)
    told = {name: tuple(sorted(found)) for name, found in used.items()}
    return Study(paper, numerics, asked, cells, tuple(pairs), wanted, there, further, told, tuple(sorted(kinds)))


def _folds(paper: Paper, cell: Cell, asked: Equivalence) -> Sequence[int]:
    """Those that a cell's runs are of in the study's tier."""
    assert cell.dataset is not None and cell.setting is not None
    changes = paper.settings[cell.setting].tiers.get(asked.tier)
    every = paper.datasets[cell.dataset].folds
    of_tier = [fold for fold in (changes.folds or () if changes else ()) if fold in every]
    return [cell.fold] if cell.fold is not None else of_tier or every


def _paired(cell: Cell, float32: Evidence, other: Evidence) -> Iterable[Pair]:
    """The values of both that are of one fold and seed."""
    known = {(one.part, one.seed): one.value.value for one in other.measured}
    for one in float32.measured:
        if (value := known.get((one.part, one.seed))) is not None:
            yield Pair(cell.id, one.part, one.seed, one.value.value, value)
