"""What a study of two numerics says, step by step."""

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.judge.numerics.study import Study
from benchmarks.judge.verdict import t_quantile
from benchmarks.reporting.render.blocks import Block, Bullets, Folded, Grid, Heading, Text
from datasets.acquire.telling import count_of, enumerated

ANSWERS = {
    "shown": "**shown** within the bounds below, at this tier: runs in {numerics} may feed verdicts, and are marked",
    "refuted": "**refuted**: what was asked is certainly not so",
    "undecided": "**undecided**, so only runs in float32 earn verdicts",
    "not measured": "**not measured** in full, so only runs in float32 earn verdicts",
}


def link_sentence(study: Study) -> str:
    """What the page of a paper says of it: "Whether bf16 may stand for float32: undecided; see numerics"."""
    found = f" ({_found(study)}, tier {study.asked.tier})" if study.answer in ("shown", "refuted") else ""
    return f"Whether {study.numerics} may stand for float32: {study.answer}{found}; see [numerics](numerics.md)."


def _found(study: Study) -> str:
    """The mean difference's interval and how the spreads compare."""
    return f"mean difference {study.low:+.2f} … {study.high:+.2f}, {study.ratio:.2f} times the spread"


def study_blocks(study: Study) -> Iterator[Block]:
    """The answer, what was asked, what was found, how to run it again."""
    yield Heading(study.numerics)
    yield Text(f"The answer: {ANSWERS[study.answer].format(numerics=study.numerics)}.")
    yield Bullets(list(_asked(study)))
    if study.pairs:
        yield _by_recipe(study)
        yield Text(
            "Values are means over folds and seeds, ± the standard deviation of one fold's value over seeds; *spread* "
            f"is how many times as large that is in {study.numerics}, with its 90 % interval. The bounds are asked of "
            "all recipes together."
        )
        if study.dof:
            yield Text(_steps(study))
        yield Folded("Every pair", [_pairs(study)])
    command = f"python -m benchmarks equivalence {study.paper.id} --numerics {study.numerics} --yes"
    yield Text(
        f"What is missing of it is run by `{command}`, further seeds by `--seeds`; `run` makes stored runs of a cell "
        "anew with `--again`."
    )


def _asked(study: Study) -> Iterator[str]:
    asked = study.asked
    unit = "points" if study.cells[0].unit == "%" else study.cells[0].unit
    folds = study.wanted // (2 * asked.seeds * len(study.cells))
    labels = enumerated([f"“{cell.label}”" for cell in study.cells])
    yield (
        f"Run: {labels} on {study.paper.datasets[str(study.cells[0].dataset)].title}, tier {asked.tier}, "
        f"{count_of(folds, 'fold')} × {count_of(asked.seeds, 'seed')}, in float32 and {study.numerics}: "
        f"{study.there} of {study.wanted} runs are there"
        + (f", and {study.further} of further seeds." if study.further else ".")
    )
    if len(study.kinds) > 1:
        yield (
            f"They are of several kinds of device ({enumerated(study.kinds)}), which together measure nothing: make "
            "those of one kind anew."
        )
    reached = "" if study.low is None else f": {study.low:+.2f} … {study.high:+.2f} here"
    yield f"Asked: the 90 % interval of the mean difference lies within ± {asked.margin:g} {unit}{reached};"
    yield f"and the spread over seeds differs by no more than a factor of {asked.factor:g}{_ratio(study)}."
    if study.further and study.planned.dof:
        yield f"The seeds that were fixed beforehand, alone: {_in_short(study.planned)}. They count by themselves."
        if study.added.dof:
            yield (
                f"Those that were added, alone: {_in_short(study.added)}. Where the first ones leave it undecided, "
                "these have to show it by themselves, and all together."
            )
    if study.seeds_needed:
        more = "" if study.is_alike else "; about the spreads they decide only where these come out more alike"
        yield f"If mean and spread stay, {count_of(study.seeds_needed, 'seed')} would decide about the interval{more}."
    if with_what := [f"{name} with {enumerated(used)}" for name, used in study.devices.items() if used]:
        yield f"Computed: {enumerated(with_what)}."
    speaks = "It speaks" if study.answer == "shown" else "Shown, it would speak"
    if asked.history:
        yield f"How it went: {asked.history}."
    yield f"{speaks} for the settings {', '.join(f'`{name}`' for name in asked.speaks_for)}: {asked.because}."


def _in_short(study: Study) -> str:
    """Interval and spread of a part of the pairs, and whether both bounds hold."""
    bounds = "both bounds hold" if study.holds else "not both bounds hold, so that they leave it undecided"
    return f"{study.low:+.2f} … {study.high:+.2f}, and {study.ratio:.2f} times the spread: {bounds}"


def _ratio(study: Study) -> str:
    """How many times as large the spread is, and how well that is known."""
    if not study.dof:
        return ""
    reached = study.ratio_interval
    known = f" (90 % interval {reached[0]:.2f} … {reached[1]:.2f})" if reached else ""
    low, high = 1 / study.asked.factor, study.asked.factor
    is_within = "within" if study.is_alike else f"not within {low:.2f} … {high:.2f}"
    return f": in {study.numerics} it is {study.ratio:.2f} times as large here{known}, {is_within}"


def _by_recipe(study: Study) -> Grid:
    """What each recipe gave in both."""
    rows = []
    for cell in study.cells:
        pairs = tuple(one for one in study.pairs if one.cell == cell.id)
        if not pairs:
            continue
        unlike = sum(one.difference != 0 for one in pairs)
        alone = Study(study.paper, study.numerics, study.asked, (cell,), pairs)
        values = [sum(of) / len(pairs) for of in zip(*((one.float32, one.other) for one in pairs), strict=True)]
        spreads = (alone.sd_float32, alone.sd_other) if alone.dof else ()
        told = [f"{value:.2f}" + (f" ± {spreads[place]:.2f}" if spreads else "") for place, value in enumerate(values)]
        reached = alone.ratio_interval
        spread = f"{alone.ratio:.2f} ({reached[0]:.2f} … {reached[1]:.2f})" if reached else "–"
        rows.append((cell.label, *told, f"{alone.difference:+.2f}", spread, str(len(pairs)), str(unlike)))
    head = ("recipe", "float32", study.numerics, "difference", "spread", "pairs", "of these unequal")
    return Grid(head, rows)


def _steps(study: Study) -> str:
    """How the interval comes about, with its numbers."""
    assert study.difference is not None and study.low is not None
    number, t = len(study.pairs), t_quantile(study.dof)
    return (
        f"The mean difference ({study.numerics} less float32) of {number} pairs is {study.difference:+.3f}. Within "
        f"recipe and fold a pair's difference varies over seeds with s = {study.sd_difference:.3f} "
        f"({study.dof} degrees of freedom), so half of the interval is {t:.3f} × {study.sd_difference:.3f} / "
        f"√{number} = {t * study.sd_difference / number**0.5:.3f}. A fold's value varies over seeds with "
        f"{study.sd_float32:.3f} in float32 and {study.sd_other:.3f} in {study.numerics}, {study.ratio:.2f} times as "
        "much."
    )


def _pairs(study: Study) -> Grid:
    labels = {cell.id: cell.label for cell in study.cells}
    grouped: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for one in sorted(study.pairs, key=lambda one: (str(one.part), one.seed)):
        values = (f"{one.float32:.2f}", f"{one.other:.2f}", f"{one.difference:+.2f}")
        grouped[one.cell].append((labels[one.cell], str(one.part), str(one.seed), *values))
    rows = [row for cell in study.cells for row in grouped[cell.id]]
    return Grid(("recipe", "fold", "seed", "float32", study.numerics, "difference"), rows)
