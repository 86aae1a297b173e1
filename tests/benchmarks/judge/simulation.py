"""How often the tests of claims call equal methods different, and how often they find a difference of one margin.

    python -m tests.benchmarks.judge.simulation [trials]

prints the table of all designs. Two methods that are equally good in the population of seeds and test items are drawn
many times; what is told apart is a false positive. Every item is hard or easy for both methods alike, each method has
items of its own that it finds hard, items of a unit go together, a seed shifts all items of a fold, and every seed
flips items of its own. Where all folds are tested on the same items, half of what a method finds hard is that of all
its folds. All that is normal on a latent scale, and a threshold or a rank makes decisions and scores of it. Shifts are
in the unit of the metric: a seed standard deviation of 0.03 is three points of accuracy or area, or an error rate of
0.03.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import ndtri

from benchmarks.judge.bootstrap import unit_sums
from benchmarks.judge.pairs.difference import difference
from benchmarks.judge.pairs.signs import mcnemar, signs_p, subsets

LEVELS = (0.05, 0.005)
#: The share of false positives that a test may have at these levels.
LIMITS = (0.06, 0.01)
#: Trials drawn at once, so that arrays stay small.
CHUNK = 500


@dataclass(frozen=True)
class Design:
    """What is drawn: sizes, and standard deviations on the latent scale but for those of seeds."""

    draw: "Draw"
    seeds: int
    folds: int
    items: int
    per_unit: int
    #: accuracy, area, error rate or F1 of both methods
    level: float
    margin: float
    #: by how much a seed moves a fold's value: of both methods, on each fold or alike on all
    seed_sd: tuple[tuple[float, float], ...]
    difficulty: float = 1.5
    interaction: float = 0.5
    flips: float = 0.7
    #: whether all folds are tested on the same items
    shared: bool = False
    #: the share of what a seed moves, as a variance, that is common to all its folds
    bound: float = 0.0

    @property
    def name(self) -> str:
        """One line for the table."""
        sds = ", ".join(f"{first:g}/{second:g}" for first, second in dict.fromkeys(self.seed_sd))
        units = f" in {self.items // self.per_unit} units" if self.per_unit > 1 else ""
        own = f", items' own {self.interaction:g}, flips {self.flips:g}" if self.interaction != 0.5 else ""
        kind = self.draw.__name__.replace("_", " ")
        same = " the same" if self.shared else ""
        common = f", {self.bound:g} of it common to folds" if self.bound else ""
        return f"{kind} {self.level:g}, {self.folds} x{same} {self.items} items{units}, seed sd {sds}{common}{own}"

    @property
    def total(self) -> float:
        """Standard deviation of an item on the latent scale."""
        return float(np.sqrt(self.difficulty**2 + self.interaction**2 + self.flips**2))

    @property
    def unit(self) -> np.ndarray:
        """(items,) the unit of each item."""
        return np.arange(self.items) // self.per_unit


Pair = tuple[np.ndarray, np.ndarray]
#: draw(design, rng, trials, seed_sd of both methods, gain of the first) -> what items add, two (trials, seeds, items)
Draw = Callable[[Design, np.random.Generator, int, tuple[float, float], float], Pair]


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)


def _of_units(design: Design, rng: np.random.Generator, trials: int, sd: float) -> np.ndarray:
    """(trials, 1, items) with half of their variance from the unit."""
    of_units = _normal(rng, trials, 1, int(design.unit[-1]) + 1)[..., design.unit]
    return np.float32(sd * np.sqrt(0.5)) * (of_units + _normal(rng, trials, 1, design.items))


def _latent(design: Design, rng: np.random.Generator, trials: int, common: Pair | None = None) -> Pair:
    """How hard each item is for each seed of both methods: two (trials, seeds, items).

    common: what all folds have of that, for items that all of them are tested on.
    """
    given = common or _hard(design, rng, trials)
    own = [_of_units(design, rng, trials, design.interaction * np.sqrt(0.5)) if common else 0.0 for _ in range(2)]
    shape = (trials, design.seeds, design.items)
    first, second = (
        one + more + np.float32(design.flips) * _normal(rng, *shape) for one, more in zip(given, own, strict=True)
    )
    return first, second


def _hard(design: Design, rng: np.random.Generator, trials: int) -> Pair:
    """How hard each item is for both methods whatever the seed, and whatever the fold where folds share their items."""
    difficulty = _of_units(design, rng, trials, design.difficulty)
    share = np.sqrt(0.5) if design.shared else 1.0
    first, second = (difficulty + _of_units(design, rng, trials, design.interaction * share) for _ in range(2))
    return first, second


def _density(share: float) -> float:
    """By how much a share of normal items changes per standard deviation."""
    return float(np.exp(-(ndtri(share) ** 2) / 2) / np.sqrt(2 * np.pi))


def _seeds(
    design: Design, rng: np.random.Generator, trials: int, sd: float, slope: float, moved: np.ndarray | None = None
) -> np.ndarray:
    """(trials, seeds, 1) latent shifts that move the value by `sd`, where one unit of shift moves it by `slope`.

    moved: what all folds of a seed have of that, in standard deviations.
    """
    own = _normal(rng, trials, design.seeds, 1)
    if moved is not None:
        own = np.float32(np.sqrt(1 - design.bound)) * own + np.float32(np.sqrt(design.bound)) * moved
    return own * np.float32(sd / slope)


def accuracy(
    design: Design, rng: np.random.Generator, trials: int, sds: tuple[float, float], gain: float,
    common: Pair | None = None, moved: Pair | None = None,
) -> Pair:  # fmt: skip
    """1 where an item's class was found, 0 where not."""
    slope = _density(design.level) / design.total
    latent = _latent(design, rng, trials, common)
    shifts = [
        _seeds(design, rng, trials, sd, slope, of_side) for sd, of_side in zip(sds, moved or (None, None), strict=True)
    ]
    first, second = (
        (one + shift + np.float32(design.total * ndtri(level)) > 0).astype(np.float32)
        for one, shift, level in zip(latent, shifts, (design.level + gain, design.level), strict=True)
    )
    return first, second


def area(design: Design, rng: np.random.Generator, trials: int, sds: tuple[float, float], gain: float) -> Pair:
    """Pseudo-values of the macro area under the curve of two classes, which a fifth of the items have."""
    scale = np.sqrt(2) * design.total
    shifts = [_seeds(design, rng, trials, sd, _density(design.level) / scale) for sd in sds]
    gaps = [
        scale * ndtri(level) + shift for level, shift in zip((design.level + gain, design.level), shifts, strict=True)
    ]
    added: list[list[np.ndarray]] = [[], []]
    for _ in range(2):
        truth = _of_units(design, rng, trials, 1.0) > ndtri(0.8)
        truth[..., 0], truth[..., -1] = True, False  # every class is there, and not everywhere
        for of_method, one, gap in zip(added, _latent(design, rng, trials), gaps, strict=True):
            of_method.append(area_pseudo_values(one + gap.astype(np.float32) * truth, truth))
    first, second = (sum(of_method) / np.float32(len(of_method)) for of_method in added)
    return np.asarray(first), np.asarray(second)


def area_pseudo_values(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """DeLong's pseudo-values of the area (metrics.ranking), for many score lists at once; no score occurs twice."""
    order = np.argsort(scores, axis=-1)
    has = np.take_along_axis(np.broadcast_to(truth, scores.shape), order, axis=-1)
    n = scores.shape[-1]
    above = np.cumsum(has, axis=-1, dtype=np.float32)
    positives = above[..., -1:]
    below = np.arange(1, n + 1, dtype=np.float32) - above
    right = np.where(has, below / (n - positives), 1 - above / positives)
    value = (right * has).sum(axis=-1, keepdims=True) / positives
    parts = np.empty_like(right)
    np.put_along_axis(
        parts, order, value + np.where(has, n / positives, n / (n - positives)) * (right - value), axis=-1
    )
    return parts


def error_rate(design: Design, rng: np.random.Generator, trials: int, sds: tuple[float, float], gain: float) -> Pair:
    """Pseudo-values of (deletions + insertions) per event, negative because lower is better."""
    first, second = (ratio_pseudo_values(-errors, has) for errors, has, _ in _errors(design, rng, trials, sds, gain))
    return first, second


def f1(design: Design, rng: np.random.Generator, trials: int, sds: tuple[float, float], gain: float) -> Pair:
    """Pseudo-values of 2 tp / (events of the reference + events found); the level is that of the error rate."""
    first, second = (
        ratio_pseudo_values(2.0 * found, has + has - errors + 2 * (errors - has + found))
        for errors, has, found in _errors(design, rng, trials, sds, gain)
    )
    return first, second


def _errors(
    design: Design, rng: np.random.Generator, trials: int, sds: tuple[float, float], gain: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of both methods: errors, events of the reference and events found in each item, every other one with an event.

    Half of the errors are missed or misplaced events, half insertions; a misplaced event is two errors.
    """
    has = (np.arange(design.items) % 2 == 0).astype(np.float32)
    slope = 2 * _density(design.level / 2) / design.total
    for one, sd, level in zip(_latent(design, rng, trials), sds, (design.level - gain, design.level), strict=True):
        shifted = one + _seeds(design, rng, trials, sd, slope) + np.float32(design.total * ndtri(level / 2))
        wrong = (shifted > 0).astype(np.float32)
        yield wrong + (shifted > 2 * design.total), np.broadcast_to(has, wrong.shape), has * (1 - wrong)


def ratio_pseudo_values(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """MetricValue.ratio for many ratios of sums at once."""
    share = above.sum(axis=-1, keepdims=True) / below.sum(axis=-1, keepdims=True)
    return share + (above - share * below) / below.mean(axis=-1, keepdims=True)


def rejected(design: Design, trials: int, gain: float = 0.0, seed: int = 0) -> np.ndarray:
    """(levels,) the share of trials in which the test tells the two methods apart, at each of LEVELS."""
    rng = np.random.default_rng(seed)
    test = _signs if design.seeds == 1 else _t_test
    counts = [test(design, list(_folds(design, rng, min(CHUNK, trials), gain))) for _ in range(0, trials, CHUNK)]
    shares: np.ndarray = np.mean(counts, axis=0)
    return shares


def _folds(design: Design, rng: np.random.Generator, trials: int, gain: float) -> Iterator[tuple[np.ndarray, ...]]:
    draw = partial(accuracy, common=_hard(design, rng, trials)) if design.shared else design.draw
    if design.bound:
        draw = partial(draw, moved=tuple(_normal(rng, trials, design.seeds, 1) for _ in range(2)))
    for fold in range(design.folds):
        first, second = draw(design, rng, trials, design.seed_sd[fold % len(design.seed_sd)], gain)
        yield first, second, design.unit


def _t_test(design: Design, folds: list[tuple[np.ndarray, ...]]) -> np.ndarray:
    found = difference(folds, design.shared, (design.bound > 0,) * 2)  # type: ignore[arg-type]
    return np.array([np.mean(np.abs(found.value) > found.half_width(level)) for level in LEVELS])


def _signs(design: Design, folds: list[tuple[np.ndarray, ...]]) -> np.ndarray:
    """One model on each side; McNemar's test where items are right or wrong."""
    by_fold = [unit_sums(first[:, 0] - second[:, 0], unit) for first, second, unit in folds]
    gains = np.sum(by_fold, axis=0) if design.shared else np.concatenate(by_fold, axis=-1)
    if design.draw is accuracy:
        p = np.array([mcnemar(one) for one in gains])
    else:
        p = signs_p(subsets(gains.shape[-1], 2000) @ gains.T)
    return np.array([np.mean(p < level) for level in LEVELS])


def _designs() -> Iterator[Design]:
    esc10 = Design(accuracy, 3, 5, 80, 2, 0.9, 0.025, ((0.0, 0.0),))
    esc50 = replace(esc10, folds=1, items=400, level=0.8, margin=0.015)
    tagging = Design(area, 3, 1, 320, 4, 0.65, 0.015, ((0.0, 0.0),), difficulty=0.6, flips=0.5)
    events = Design(error_rate, 3, 1, 500, 5, 0.15, 0.04, ((0.0, 0.0),), difficulty=1.0)
    for sd in (0.0, 0.03):
        for base in (esc10, replace(esc10, folds=1), esc50, tagging, events):
            yield replace(base, seed_sd=((sd, sd),))
        yield replace(esc10, seeds=5, seed_sd=((sd, sd),))
        yield replace(esc10, seeds=10, folds=1, seed_sd=((sd, sd),))
        yield replace(events, seeds=5, seed_sd=((sd, sd),))
    for base in (esc10, replace(esc50, folds=5), events, replace(tagging, seeds=10, items=240)):
        yield replace(base, seed_sd=((0.01, 0.01),))
    # One side's seeds alone, or one column's; items that are hard for both alike, and seeds that flip many of them.
    yield replace(esc10, seed_sd=((0.03, 0.0),))
    yield replace(esc50, seed_sd=((0.03, 0.0),))
    yield replace(esc50, seed_sd=((0.03, 0.0),), interaction=0.0, flips=1.5)
    yield replace(esc10, folds=1, interaction=0.0, flips=1.5)
    yield replace(tagging, seed_sd=((0.03, 0.0),))
    yield replace(tagging, level=0.9, seed_sd=((0.01, 0.02),))
    yield replace(events, seed_sd=((0.1, 0.0),))
    yield replace(events, folds=3, margin=0.03, seed_sd=((0.03, 0.03),))
    yield replace(events, folds=3, margin=0.03, seed_sd=((0.1, 0.02), (0.02, 0.02), (0.02, 0.02)))
    yield replace(events, items=200, level=0.4, seed_sd=((0.2, 0.0),))
    yield replace(events, draw=f1, margin=0.02, seed_sd=((0.03, 0.03),))
    # An evaluation set that the networks of all folds are tested on, and one class of it.
    scenes = Design(accuracy, 3, 4, 390, 5, 0.87, 0.02, ((0.015, 0.015),), shared=True)
    yield scenes
    yield replace(scenes, folds=2, items=225, per_unit=3)
    yield replace(scenes, items=26, per_unit=5, level=0.8, seed_sd=((0.0, 0.0),))
    # Copies of clips that are made once for all folds of a seed.
    yield replace(esc10, seed_sd=((0.03, 0.03),), bound=0.2)
    yield replace(esc10, seed_sd=((0.03, 0.03),), bound=0.7)
    yield replace(esc10, seeds=5, seed_sd=((0.03, 0.01),), bound=0.5)
    # One model on each side.
    yield replace(scenes, seeds=1, seed_sd=((0.0, 0.0),))
    yield replace(esc10, seeds=1)
    yield replace(esc10, seeds=1, folds=1, level=0.95)
    yield replace(esc50, seeds=1, per_unit=4)
    yield replace(tagging, seeds=1)
    yield replace(events, seeds=1)


DESIGNS = tuple(_designs())


def main(trials: int) -> None:
    """Print the table."""
    head = ("seeds", "P(p < .05)", "P(p < .005)", "one margin, p < .05", "design")
    print("| " + " | ".join(head) + " |\n|" + " ---: |" * 4 + " --- |")
    for design in DESIGNS:
        at5, at05 = 100 * rejected(design, trials)
        power = 100 * rejected(design, trials, design.margin, seed=1)[0]
        print(f"| {design.seeds} | {at5:.1f} | {at05:.2f} | {power:.0f} | {design.name} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
