"""Figures of tables of clip tagging: how states lie to each other, and what networks get and say of one clip."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import tags as drawing_tags
from benchmarks.reporting.drawing.figure import Figure
from benchmarks.reporting.drawing.tags import Panel
from benchmarks.reporting.figures.alpha import alpha_figures
from benchmarks.reporting.probes.states import MOST_STATES, PERPLEXITY, SEED, state_map
from benchmarks.reporting.probes.tags import ATTENDED, INPUT, MIXED, PROBABILITY, STATES, Cast, Shown, shown_runs
from benchmarks.reporting.sections.classes import is_of_tags
from benchmarks.runs.scores import Scores

#: What the caption says of the shades of maps.
SHADES = "each map from white, its 1st percentile, to black, its 99th (both in its title)"


def tag_figures(result: TableResult, variant: Variant, done: Sequence[CellResult], cache: Path) -> Iterator[Figure]:
    """What a table of tagging shows under one variant, beside its values; the table's controls help to explain it."""
    tagging = [one for one in done if is_of_tags(one.cell)]
    controls = [one for one in result.controls.get(variant, ()) if is_of_tags(one.cell) and one.mean is not None]
    yield from alpha_figures(result, variant, tagging, controls)
    for dataset in result.paper.datasets:
        of_dataset = [one for one in (*tagging, *controls) if one.cell.dataset == dataset]
        columns = [
            Cast(shown_runs([one for one in of_dataset if one.cell.column == column]))
            for column in result.table.columns
        ]
        cast = max(columns, key=lambda one: one.richness)
        if cast.attending:  # what conditioning is compared with
            yield from _states_figure(result, variant, cast, cache)
            yield from _clip_figure(result, variant, cast)
            yield from _inputs_figure(result, variant, cast)


def _states_figure(result: TableResult, variant: Variant, cast: Cast, cache: Path) -> Iterator[Figure]:
    """Fig. 3 of the EDC paper: the states of self-attention beside those of the best conditioned run, if there is one.

    Else beside those of the unconditioned run.
    """
    asked = [one for one in (cast.attending, cast.conditioned, cast.plain) if one and STATES in one.names]
    pair = list({one.run.run.id: one for one in asked}.values())[:2]
    maps = [state_map(one.array(STATES), one.digest, cache) for one in pair]
    found = [(_name(one), of_run) for one, of_run in zip(pair, maps, strict=True) if of_run]
    if len(found) < 2:
        return
    ratios = ", ".join(f"{name} {of_run.ratio:.3f}" for name, of_run in found)
    first = found[0][1]
    yield Figure(
        f"states_{_place(result, variant, cast)}",
        f"States of the network's frames by t-SNE (PCA start, perplexity {PERPLEXITY:g}, random state {SEED}): at most "
        f"{MOST_STATES} states of whole test clips, here of {first.clips}. Mean distance of two states of one clip "
        f"over that of states of two clips, in the network and not on the map, over {first.all_clips} clips: {ratios}. "
        f"{_conditions(result, variant, cast)}",
        [[name, one.digest] for (name, _), one in zip(found, pair, strict=True)],
        lambda: drawing_tags.draw_states({name: of_run.points for name, of_run in found}),
    )


def _clip_figure(result: TableResult, variant: Variant, cast: Cast) -> Iterator[Figure]:
    """Fig. 4 of the EDC paper: one clip as it is, attended to and conditioned, and what is said of its frames."""
    maps = [
        _panel(cast.plain, INPUT, "log mel, standardised by band"),
        _panel(cast.attending, ATTENDED, "output of the self-attention", "unit"),
        _panel(cast.conditioned, INPUT, "conditioned"),
    ]
    panels = [panel for panel in maps if panel]
    speaker = cast.conditioned or cast.attending
    if len(panels) < 2 or speaker is None or PROBABILITY not in speaker.names:
        return
    classes = Scores.load(speaker.run.scores_path(speaker.one.cell.test_set)).classes
    labels = _labels(speaker)
    yield Figure(
        f"clip_{_place(result, variant, cast)}",
        f"{speaker.item} ({_listed(labels)}), {SHADES}, and the probability of each class in each frame by "
        f"{_name(speaker)}, before the maximum over frames; thick: what the clip holds. "
        f"{_conditions(result, variant, cast)}",
        [[panel.source for panel in panels], speaker.digest, labels],
        lambda: drawing_tags.draw_clip(
            panels, speaker.array(PROBABILITY)[0], classes, labels, f"probability by class, {_name(speaker)}"
        ),
    )


def _inputs_figure(result: TableResult, variant: Variant, cast: Cast) -> Iterator[Figure]:
    """Fig. 5 of the EDC paper: the same clip, its frames mixed by self-attention and by each kind of conditioning."""
    mixed = _panel(cast.attending, MIXED, "frames mixed by the weights of the self-attention")
    kinds = [_panel(one, INPUT, "conditioned") for one in (cast.conditioned, *cast.otherwise)]
    panels = [panel for panel in (_panel(cast.plain, INPUT, "log mel, standardised by band"), mixed, *kinds) if panel]
    if len(panels) < 2 or not (mixed or cast.otherwise):
        return
    shown = cast.conditioned or cast.runs[0]
    yield Figure(
        f"inputs_{_place(result, variant, cast)}",
        f"{shown.item} ({_listed(_labels(shown))}) as networks get it, {SHADES}; self-attention works on what the "
        f"convolutions give, so here its weights are laid on the input. {_conditions(result, variant, cast)}",
        [panel.source for panel in panels],
        lambda: drawing_tags.draw_inputs(panels),
    )


def _panel(one: Shown | None, name: str, title: str, axis: str = "mel band") -> Panel | None:
    """A map of a run with what conditioned it in its title; None without such a run."""
    if one is None or name not in one.names:
        return None
    how = f", {one.conditioning.name}" if one.conditioning else ""
    return Panel(f"{title}{how}", axis, one.array(name)[0], [one.digest, name, title, how])


def _name(one: Shown) -> str:
    """The row of a run, and what it was conditioned with where the row does not say so."""
    label, how = one.one.cell.label, one.conditioning.name if one.conditioning else ""
    return label if not how or how in label else f"{label} ({how})"


def _labels(one: Shown) -> list[str]:
    """The classes of the shown clip."""
    assert one.one.evidence is not None
    truth = one.one.evidence.scored[0].truth
    return [name for name in str(truth["label"].get(one.item, "")).split(",") if name]


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(label.replace("_", " ") for label in labels) or "no class"


def _place(result: TableResult, variant: Variant, cast: Cast) -> str:
    return f"{result.table_id}_{cast.runs[0].one.cell.dataset}_{variant.name}"


def _conditions(result: TableResult, variant: Variant, cast: Cast) -> str:
    """Corpus, column, tier and seed of what is shown."""
    first = cast.runs[0]
    title = result.paper.datasets[first.run.run.dataset].title
    label = result.table.columns[first.one.cell.column].label
    return f"{title}, {label}, {wording.conditions(variant)}, seed {first.run.run.seed}"
