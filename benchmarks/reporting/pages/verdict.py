"""The page on how a verdict is made, with the numbers of a cell that has one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.judge.verdict import published_interval, t_quantile
from benchmarks.reporting import wording
from benchmarks.reporting.pages import JoinedPage, Report
from benchmarks.reporting.render.blocks import Block, Bullets, Grid, Heading, Page, Text
from benchmarks.spec.audit import Mean
from datasets.acquire.telling import count_of

TITLE = "How a verdict is made"
QUESTION = (
    "The question is whether the same recipe on the same test items would give the published number. That number is "
    "one run of somebody else's, so even the same recipe would not hit it exactly. What is asked is whether the "
    "difference is certainly small: a test of equivalence, in which few or noisy runs end undecided, never reproduced."
)
WITHOUT = (
    "No cell has a verdict from runs whose seeds differ yet; with the first one, its numbers stand here as an example."
)
RULES = (
    "**reproduced**: the whole 90 % interval of the difference lies within the margin.",
    "**deviates**: the whole interval lies outside of it.",
    "**undecided**: it lies over an edge. The cell says how many more seeds would decide if mean and s stay, or that "
    "no number would, because the one published run alone is too uncertain.",
)
BEFORE = (
    "Only runs by the paper's own schedule (tier full), on the real files, in float32, or in numerics that a study "
    "lets stand for it, which is marked. A shorter schedule, another precision or stand-in files answer "
    "another question, and stand apart.",
    "Only official files, and all of them. A cell whose files lack clips, or have altered ones, says so instead.",
    "Only where the paper's protocol is not known to be another one than ours. What the paper leaves open is our "
    "reading, and the verdict says so; a reading that was chosen by the published values is marked fitted and counted "
    "apart. Networks of others that were built after an abstract, as their texts could not be read, have no recipe to "
    "be judged by. That a recipe is another one may come to light by a run: its row tells of an exclusion that was "
    "decided after runs.",
    "Margins were fixed before the first run in tier full. They are a judgement of how large a difference matters to "
    "whoever relies on a number, and estimated from nothing. The verdict at half and at double margin stands beside "
    "it.",
    "The folds are no sample: the same ones are always tested, so the spread between them is no noise. Test items are "
    "the same, too: how far the value would move with others is shown, and widens the interval only where the paper's "
    "test items are not known.",
    "The folds of a seed are taken to vary apart, as each draws its own weights and batches. Where they have draws in "
    "common, as copies of clips that are made once for all folds, they vary together: s is then that of the seeds' "
    "means, with one degree of freedom less than there are seeds in each row that is so.",
    "How many seeds there are was not fixed: more may be added to an undecided cell. Of recipes that differ by just "
    "the margin, 5 in 100 would be called reproduced by a number of seeds that was fixed, some 10 by whoever looks "
    "after each further seed, and up to 15 where s is that of the seeds' means.",
    "Where the values of the published folds are known, they are held beside ours: each must lie where one more run of "
    "ours is expected, on all folds together in 90 of 100 cases. A mean that agrees while its folds do not is a "
    "verdict on the mean alone.",
)

CLAIM = (
    "A claim is one or several differences of rows (links): it holds only if all are shown, and fails if the opposite "
    "of one is. A difference is that of two values, each a mean over folds and seeds. Two things could have come out "
    "otherwise, and both parts are added up over the folds:"
)
TESTED = (
    "*Seeds*: on each side, the variance of its seeds' values over their number; of their means over folds, where the "
    "folds of a seed have draws in common. Seeds are not paired.",
    "*Items*: how the difference of the two rows, of the means over seeds, varies between units of test items; all "
    "clips of one source, location or recording are one unit. A mixture of several recordings is in one unit, mostly "
    "that of its first event; what mixtures have in common besides is not reckoned with, and makes p too small. What "
    "single seeds do to single items is subtracted, as it is part of the seeds' variance. What remains is zero at "
    "least; then the note says `items (none found)`.",
    "Half of the 95 % interval is √(t² · items + t² · seeds), each t with the degrees of freedom of its part (Welch's "
    "formula over folds and sides). p is the level at which that interval would end at the difference that is asked "
    "about: none, or where a claim names a size, the edge of what is taken for that size, which the note then tells.",
    "Where no seed moves anything, or one side has fewer than three seeds, the units' differences are given random "
    "signs instead; for right and wrong items that is McNemar's test. Of fewer than three seeds the answer is about "
    "these two models alone, and decides no claim.",
    "p is corrected (Holm) over all different links that are asked of one table under the same conditions, those of "
    "the paper and our own questions apart. So the same two rows may have another p on another page, where more or "
    "less is asked. Intervals are those of the single test.",
    "In how many of 100 cases a test finds a difference is reckoned at the strictest step of that correction, as if "
    "the variances that were found were the true ones: of few seeds a rough guess.",
)


class VerdictPage(JoinedPage):
    """One page: the question, the steps with real numbers, what keeps a cell from a verdict."""

    def taken(self, report: Report) -> list[dict[str, Any]]:
        """The steps of the first cell that can be shown, in blocks as plain data; none where there is no such cell."""
        found = next(((table, one) for table in report.tables for one in table.main if _can_be_shown(one)), None)
        return [{"block": type(one).__name__, **asdict(one)} for one in _example(*found)] if found else []

    def joined(self, parts: Sequence[list[dict[str, Any]]]) -> Iterator[Page]:
        """The one page."""
        yield Page("verdict", TITLE, list(_blocks(next(filter(None, parts), []))))


#: What the steps are told in.
BLOCKS: dict[str, type[Block]] = {kind.__name__: kind for kind in (Heading, Text, Grid)}


def _blocks(example: Sequence[dict[str, Any]]) -> Iterator[Block]:
    yield Text(QUESTION)
    yield from (BLOCKS[told["block"]](**{name: told[name] for name in told if name != "block"}) for told in example)
    if not example:
        yield Text(WITHOUT)
    yield Heading("The three words")
    yield Bullets(RULES)
    yield Heading("Before there is any")
    yield Bullets(BEFORE)
    yield Heading("How a claim is tested")
    yield Text(CLAIM)
    yield Bullets(TESTED)


def _can_be_shown(one: CellResult) -> bool:
    """Whether the verdict is that of the steps: on a spread that was estimated, of items that the paper tested, too."""
    given = one.verdict
    if given is None or given.kind != one.status or one.cell.parts or not given.sd or not given.dof:
        return False
    if one.evidence is None or one.evidence.shares_draws:
        return False
    return math.isfinite(given.dof) and math.isclose(_steps(one).width, _half(one), rel_tol=1e-9)


@dataclass(frozen=True)
class Steps:
    """The numbers between what was printed, what came out, and the interval; in the cell's unit."""

    bottom: float
    top: float
    seeds: int
    folds: int
    sd_fold: float
    t: float
    width: float


def _steps(one: CellResult) -> Steps:
    """The steps from the cell's runs to its interval, taken once more."""
    evidence, given, cell = one.evidence, one.verdict, one.cell
    assert evidence and given and given.sd and given.dof and cell.target is not None
    bottom, top = published_interval(cell.target, 10.0**-cell.decimals, cell.truncates)
    seeds, folds, t = len(evidence.complete_seeds), len(evidence.parts), t_quantile(given.dof)
    width = (top - bottom) / 2 + t * given.sd * math.sqrt(1 / seeds + 1)
    return Steps(bottom, top, seeds, folds, given.sd * math.sqrt(folds), t, width)


def _half(one: CellResult) -> float:
    """Half of the interval behind the verdict."""
    assert one.verdict and one.verdict.low is not None and one.verdict.high is not None
    return (one.verdict.high - one.verdict.low) / 2


def _example(table: TableResult, one: CellResult) -> Iterator[Heading | Text | Grid]:
    """The steps, each with the numbers of this cell."""
    cell = one.cell
    yield Heading(f"An example: {cell.label}, {table.table.columns[cell.column].label}")
    unit = f", in {cell.unit}" if cell.unit else ""
    yield Text(f"The cell `{cell.id}` of [{table.id}]({table.paper.id}/{table.table_id}.md){unit}.")
    yield from _what_is_compared(one, _steps(one))
    yield from _how_certain(one, _steps(one))


def _what_is_compared(one: CellResult, steps: Steps) -> Iterator[Heading | Text | Grid]:
    cell, decimals = one.cell, one.cell.decimals + 2
    assert cell.target is not None and one.mean is not None
    yield Heading("1. What was printed", 3)
    yield Text(
        f"The paper prints {cell.target:.{cell.decimals}f}. It {'cuts' if cell.truncates else 'rounds'} its numbers, "
        f"so this stands for anything between {steps.bottom:.{decimals}f} and {steps.top:.{decimals}f}: the middle is "
        f"{(steps.bottom + steps.top) / 2:.{decimals}f}, and half of the width, "
        f"{(steps.top - steps.bottom) / 2:.{decimals}f}, is added to the uncertainty."
    )
    yield Heading("2. What came out", 3)
    yield Text(f"{count_of(steps.seeds, 'seed')}, each on {count_of(steps.folds, 'fold')}:")
    yield _values(one)
    yield Text(f"Ours is the mean of the last column, {one.mean:.{decimals}f}.")


def _how_certain(one: CellResult, steps: Steps) -> Iterator[Heading | Text | Grid]:
    given, decimals = one.verdict, one.cell.decimals + 2
    assert given and given.sd and given.difference is not None and given.margin is not None
    yield Heading("3. How far another seed would move it", 3)
    yield Text(
        "The variance over seeds is taken within each fold, and pooled, by degrees of freedom, over the folds and "
        "the rows of the column that are of one kind, trained networks or classical methods, and not deterministic; "
        f"what ran of a seed that lacks folds counts, too. Its root is {steps.sd_fold:.3f} for one fold, with "
        f"{given.dof:.0f} degrees of freedom. The mean over {steps.folds} folds then varies with s = "
        f"{steps.sd_fold:.3f} / √{steps.folds} = {given.sd:.3f}."
    )
    yield Heading("4. The interval", 3)
    yield Text(
        f"The published value is one run, ours the mean of {steps.seeds}: their difference has the variance "
        f"s² (1/{steps.seeds} + 1). With t = {steps.t:.3f} for 90 % and {given.dof:.0f} degrees of freedom, half of "
        f"the interval is {(steps.top - steps.bottom) / 2:.{decimals}f} + {steps.t:.3f} × {given.sd:.3f} × "
        f"√(1/{steps.seeds} + 1) = {steps.width:.3f}. Ours lies {given.difference:+.3f} from the middle of what was "
        f"printed, so the interval is {given.low:+.2f} … {given.high:+.2f}."
    )
    yield Heading("5. The verdict", 3)
    reading = f", by {one.protocol}" if one.protocol == "our reading" else ""
    yield Text(
        f"The margin of this column is ± {given.margin:g}. The cell is {wording.decided(one)}{reading}; at half the "
        f"margin the word would be {given.verdict_at_half}, at double {given.verdict_at_double}."
    )
    yield from _folds(one, steps)


def _whose(known: Mean) -> str:
    return f"Values of the folds of {known.rerun} are known" if known.rerun else "The published folds' values are known"


def _folds(one: CellResult, steps: Steps) -> Iterator[Heading | Text | Grid]:
    """The values of the folds beside ours, where somebody has published them."""
    if (beside := one.folds_beside) is None or one.published_folds is None or one.fold_reach is None:
        return
    yield Heading("6. The folds", 3)
    yield Text(
        f"{_whose(one.published_folds)} ({one.published_folds.where}). On a fold, one more run of ours "
        f"is expected within ± {one.fold_reach:.2f} of our mean: t × {steps.sd_fold:.3f} × √(1/{steps.seeds} + 1), "
        f"with t for 90 % on all {len(beside)} folds together."
    )
    rows = [
        ("rerun" if one.published_folds.rerun else "published", *(f"{value:.1f}" for value, *_ in beside)),
        ("ours", *(f"{ours:.2f}" for _, ours, _ in beside)),
        ("within", *("yes" if reached else "no" for *_, reached in beside)),
    ]  # fmt: skip
    yield Grid(("", *(f"fold {at}" for at in range(1, len(beside) + 1))), rows)
    off = sum(not reached for *_, reached in beside)
    outside = f"{off} of {len(beside)} {'lies' if off == 1 else 'lie'} outside"
    alone = f"{outside}, so the verdict is one on the mean alone: the recipe is not shown to be the same."
    yield Text(alone if off else "All lie within.")


def _values(one: CellResult) -> Grid:
    """The value of every seed on every fold."""
    assert one.evidence is not None
    evidence, decimals = one.evidence, one.cell.decimals + 1
    by_place = {(of.seed, of.part): of.value.value for of in evidence.complete}
    rows = [
        (str(seed), *(f"{by_place[seed, part]:.{decimals}f}" for part in evidence.parts), f"{mean:.{decimals + 1}f}")
        for seed, mean in evidence.seed_values.items()
    ]
    return Grid(("seed", *(f"fold {part}" for part in evidence.parts), "mean"), rows)
