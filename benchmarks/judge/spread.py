"""How far the values of cells may vary: over seeds, and with the choice of test items."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.judge.evidence import ALL_FOLDS, Evidence, Measured, Part
from benchmarks.judge.verdict import ItemInterval, PooledSpread, item_interval, pooled_sd
from benchmarks.metrics import metric_of
from benchmarks.runs.scores import Scores
from benchmarks.spec import Cell, Paper


@dataclass(frozen=True)
class Alike:
    """Which rows of a column are taken to have one spread over seeds: what this says of them is the same."""

    column: str
    #: networks; else estimators, whose fits and trainings are not of one spread
    is_trained: bool
    #: where the folds of a seed have draws in common, how many they are: then their mean is what has a spread
    bound: int | None
    numerics: str

    @classmethod
    def of(cls, paper: Paper, cell: Cell, evidence: Evidence, numerics: str = "float32") -> "Alike":
        """Those that a cell is one of."""
        is_trained = bool(cell.setting and paper.settings[cell.setting].trainer)
        return cls(cell.column, is_trained, len(evidence.parts) if evidence.shares_draws else None, numerics)


def spread_of(cells: Iterable[Cell], evidence: Mapping[str, Evidence]) -> PooledSpread:
    """The spread over seeds of cells that are alike; fits that draw nothing and settings already counted are left out.

    It is that of a fold, and where folds have draws in common, that of their mean, which then counts as one fold.
    """
    import pandas as pd

    # A row about one fold and a row about all of them have runs in common.
    rows: dict[tuple[object, Part, int], float] = {}
    for cell in cells:
        found = evidence[cell.id]
        if repeats(found):
            continue
        asked = str([(*source.asked, source.items) for source in cell.sources])
        if found.shares_draws:
            rows |= {(asked, ALL_FOLDS, seed): value for seed, value in found.seed_values.items()}
        else:
            rows |= {(asked, one.part, one.seed): one.value.value for one in found.measured}
    if not rows:
        return PooledSpread(math.nan, 1, 0)
    frame = pd.DataFrame([(*key, value) for key, value in rows.items()], columns=["setting", "fold", "seed", "value"])
    return pooled_sd(frame)


def item_noise(cell: Cell, evidence: Evidence) -> ItemInterval:
    """How the value would vary with other test items: the bootstrap over units of what each item adds to it."""
    found: list[tuple[tuple[str, str], float, str]] = []
    for part in evidence.parts:
        runs = [one for one in evidence.complete if one.part == part]
        named = {one.value.items: one.units for one in runs}  # of many runs the same
        units = {item: unit for items, of_items in named.items() for item, unit in zip(items, of_items, strict=True)}
        means = _mean_by_item(runs)
        found += [((str(part), item), means[item], units[item]) for item in units]
    found.sort()
    scale = abs(signed_scale(cell)) * len(found) / len(evidence.parts)
    return item_interval(np.array([scale * value for _, value, _ in found]), np.array([unit for *_, unit in found]))


def _mean_by_item(runs: Sequence[Measured]) -> dict[str, float]:
    """What each item adds to the value of one part, the mean over the runs that were tested on it."""
    by_items: dict[tuple[str, ...], list[np.ndarray]] = defaultdict(list)
    for one in runs:
        # Each part counts alike in a mean over parts, whatever the number of its items.
        by_items[one.value.items].append(one.value.per_item / one.value.n)
    sums: dict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for items, added in by_items.items():
        for item, value in zip(items, np.sum(added, axis=0).tolist(), strict=True):
            sums[item] += value
            counts[item] += len(added)
    return {item: total / counts[item] for item, total in sums.items()}


def signed_scale(cell: Cell) -> float:
    """From what items add to a value to the unit of the cell's metric; negative where lower is better."""
    metric = metric_of(cell)
    assert metric is not None
    return metric.scale if metric.higher_is_better else -metric.scale


def repeats(evidence: Evidence) -> bool:
    """Whether a fit draws nothing: on every fold there are runs of two seeds, or more, with the same scores."""
    by_fold = evidence.runs
    if not by_fold or any(len(runs) < 2 for runs in by_fold.values()) or _values_differ(evidence):
        return False
    pairs = ((runs[0].folder, other.folder) for runs in by_fold.values() for other in runs[1:])
    return all(same_scores(one, other) for one, other in pairs)


def _values_differ(evidence: Evidence) -> bool:
    """Whether the runs of two seeds have another value of the same items: then their scores are others, unread."""
    first: dict[Part, Measured] = {}
    for one in evidence.measured:
        other = first.setdefault(one.part, one)
        if one.value.items == other.value.items and not np.array_equal(
            one.value.per_item, other.value.per_item, equal_nan=True
        ):
            return True
    return False


@cache
def same_scores(one: Path, other: Path) -> bool:
    """Whether two finished runs, by their folders, say the same of the same items of every test set."""
    names = {path.name for path in one.glob("scores_*.npz")}
    if names != {path.name for path in other.glob("scores_*.npz")}:
        return False
    pairs = [(Scores.load(one / name), Scores.load(other / name)) for name in sorted(names)]
    return all(
        (first.items, first.classes) == (second.items, second.classes) and np.array_equal(first.values, second.values)
        for first, second in pairs
    )
