"""Figures of a table whose rows differ in how slowly a decay falls: values and ranges against it, and the decays."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import alpha as drawing_alpha
from benchmarks.reporting.drawing.alpha import Range, Sweep
from benchmarks.reporting.drawing.figure import Figure, published_label
from benchmarks.reporting.probes.conditioning import Conditioning, bound, conditioning, support
from benchmarks.reporting.sections.classes import is_of_tags

#: A column is a sweep from so many values of alpha on.
FEWEST = 3
#: The decays that are drawn (as in the supplement of the EDC paper), and over how many frames.
ALPHAS, FRAMES = (1, 2.5, 5, 7, 10, 20, 50, 100, 500), 100

#: The decay that these are of, as runs name it.
DECAY = "exp(-d/alpha)"

#: The cells of a column by alpha.
ByAlpha = dict[float, CellResult]


def alpha_figures(
    result: TableResult, variant: Variant, done: Sequence[CellResult], controls: Sequence[CellResult]
) -> Iterator[Figure]:
    """The sweep over alpha of a table of tagging, and once per table the decays; nothing where rows are no sweep."""
    swept = _sweeps(result, done)
    if not swept:
        return
    yield _sweep_figure(result, variant, swept, (*done, *controls))
    if variant == _first_swept(result):
        yield Figure(
            f"decay_{result.table_id}_{variant.name}",
            f"What the decay leaves of frames at a distance, exp(-d / α), and the frames per side down to 2 %, "
            f"floor(α ln 50). Drawn from the formula, whatever was run; {result.table.title}",
            [ALPHAS, FRAMES],
            lambda: drawing_alpha.draw_decays({alpha: support(alpha) for alpha in ALPHAS}, FRAMES),
        )


def _first_swept(result: TableResult) -> Variant | None:
    """The first conditions of the page under which the table's rows are a sweep."""
    for variant, results in {Variant(): result.main, **result.others}.items():
        tagging = [one for one in results if is_of_tags(one.cell) and one.mean is not None]
        if variant.corpus != "miniature" and variant.tier != "smoke" and _sweeps(result, tagging):
            return variant
    return None


def _sweeps(result: TableResult, done: Sequence[CellResult]) -> dict[str, ByAlpha]:
    """The cells of each column whose conditioning differs in alpha alone, by alpha; columns with enough of them."""
    known = [(one, how) for one in done if (how := conditioning(one)) and how.alpha]
    families = Counter(how.family for _, how in known)
    if not families:
        return {}
    family, _ = families.most_common(1)[0]
    columns: dict[str, ByAlpha] = {column: {} for column in result.table.columns}
    for one, how in known:
        if how.family == family and how.alpha:
            columns[one.cell.column].setdefault(how.alpha, one)
    return {column: dict(sorted(cells.items())) for column, cells in columns.items() if len(cells) >= FEWEST}


def _sweep_figure(
    result: TableResult, variant: Variant, swept: Mapping[str, ByAlpha], beside: Sequence[CellResult]
) -> Figure:
    """Values above, ranges below, a panel per dataset; `beside` are all cells, in which the unconditioned are."""
    paper = published_label(variant)
    above: dict[str, list[Sweep]] = {}
    below: dict[str, list[Range]] = {}
    reference = ""
    for column, cells in swept.items():
        described = result.table.columns[column]
        assert described.dataset is not None
        title = result.paper.datasets[described.dataset].title
        plain = next((one for one in beside if one.cell.column == column and conditioning(one) is None), None)
        reference = plain.cell.label if plain else reference
        above.setdefault(title, []).append(_sweep(described.label, cells, plain, bool(paper)))
        below.setdefault(title, _ranges([one for one in beside if one.cell.dataset == described.dataset]))
    first = next(iter(next(iter(swept.values())).values()))
    alphas = sorted({alpha for cells in swept.values() for alpha in cells})
    reach = _reach(conditioning(first), alphas)
    known = [how for one in beside if (how := conditioning(one)) and how.ranges]
    plain_data = [{title: [vars(one) for one in lines] for title, lines in part.items()} for part in (above, below)]
    return Figure(
        f"sweep_{result.table_id}_{variant.name}",
        f"{_caption(above, known[0].measured_on if known else 0, reach, reference)}; {wording.conditions(variant)}",
        [first.cell.unit, paper, reference, reach, *plain_data],
        lambda: drawing_alpha.draw_sweeps(above, below, reach, first.cell.unit, paper, reference),
    )


def _caption(above: Mapping[str, Sequence[Sweep]], clips: int, reach: Mapping[str, object], reference: str) -> str:
    """What a sweep shows, without its conditions; `clips` are those that ranges were measured on."""
    most = max(len(seeds) for lines in above.values() for line in lines for seeds in line.values.values())
    text = f"Area under the curve against α, {'mean and range over seeds' if most > 1 else 'seed 0'}"
    text += f"; dashed: {reference}" if reference else ""
    if clips:
        text += f". Below: how many frames per side a frame is averaged with, measured on {clips} training clips"
        text += ", beside those that the decay reaches (down to 2 %)" if reach else ""
        text += " and the most that is possible before rounding, α / e" if len(reach) > 1 else ""
    return text


def _sweep(label: str, cells: ByAlpha, plain: CellResult | None, with_published: bool) -> Sweep:
    """The line of a column."""
    values = {alpha: list(one.evidence.seed_values.values()) for alpha, one in cells.items() if one.evidence}
    published = {alpha: one.cell.target for alpha, one in cells.items() if one.cell.target is not None}
    return Sweep(label, values, published if with_published else {}, plain.mean if plain else None)


def _ranges(results: Sequence[CellResult]) -> list[Range]:
    """The measured ranges of each kind of conditioning on a dataset that has several alphas, as released first."""
    kinds: dict[str, dict[float, Conditioning]] = {}
    for one in results:
        how = conditioning(one)
        if how and how.alpha and how.ranges:
            kinds.setdefault(how.kind, {}).setdefault(how.alpha, how)
    found = []
    for kind, by_alpha in sorted(kinds.items()):
        if len(by_alpha) > 1:
            ordered = sorted(by_alpha.items())
            sides = ({alpha: how.ranges[f"{side}_mean"] for alpha, how in ordered} for side in ("past", "future"))
            found.append(Range(kind, *sides))
    return found


def _reach(how: Conditioning | None, alphas: Sequence[float]) -> dict[str, list[tuple[float, float]]]:
    """Frames per side that the decay reaches, and the most that is possible, by alpha; as far as they are known."""
    if how is None or how.params.get("decay", DECAY) != DECAY:
        return {}
    found = {"decay, down to 2 %": [(alpha, float(support(alpha))) for alpha in alphas]}
    if not how.params.get("renormalise_decay"):
        found["most before rounding, α / e"] = [(alpha, round(bound(alpha), 6)) for alpha in alphas]
    return found
