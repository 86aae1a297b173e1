"""Recipes drawn as the official synthesizer draws them, and drawn again where the June 2017 patch withdraws one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from datasets.dcase2017_rare.mixtures.draws import Draw, draw_all
from datasets.dcase2017_rare.mixtures.mixing import scaling_factor
from datasets.dcase2017_rare.mixtures.names import MixtureName
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.sources import Sources, screening_name
from datasets.errors import DataError
from datasets.seeds import derive

if TYPE_CHECKING:
    from datasets.dcase2017_rare.mixtures.decoded import SourceAudio


def draw_recipes(
    sources: Sources,
    params: MixingParams,
    fresh_onsets: bool = False,
    events: Collection[str] = CLASSES,
    audio: "SourceAudio | None" = None,
) -> dict[str, tuple[Recipe, ...]]:
    """The recipes of a subset by class, from one generator for all classes.

    The scaling factors need the sound of backgrounds and events; so the names of mixtures with an event are the
    official ones only where resampling is (files of 44.1 kHz: the same; others: see `decoded`).

    fresh_onsets: see draws.draw_all. events: the classes that are wanted; the draws of the others are made, and only
    their sounds are left alone. audio: where the sources' sound comes from (default: decoded, not kept).

    Raises DataError for lists or sources that cannot be used.
    """
    from datasets.dcase2017_rare.mixtures.decoded import SourceAudio

    audio = audio if audio is not None else SourceAudio(sources)
    draws = {label: drawn for label, drawn in draw_all(sources, params, fresh_onsets).items() if label in events}
    factors: dict[tuple[str, int], float] = {}
    places = [(label, number) for label, drawn in draws.items() for number, one in enumerate(drawn) if one.event]
    # Background by background, so that each is decoded once.
    for label, number in sorted(places, key=lambda place: draws[place[0]][place[1]].background.filepath):
        factors[label, number] = _factor(draws[label][number], audio)
    return {
        label: tuple(
            _recipe(one, factors.get((label, number))).named(sources.subset, label, number)
            for number, one in enumerate(drawn)
        )
        for label, drawn in draws.items()
    }


def _factor(draw: Draw, audio: "SourceAudio") -> float:
    event, onset = draw.event, draw.onset
    assert event is not None and onset is not None
    background = audio.background(draw.background.filepath)
    where = f"{event.path} in {draw.background.filepath}"
    return scaling_factor(background, audio.event(event.path, event.segment), onset, draw.ebr, where)


def _recipe(draw: Draw, factor: float | None) -> Recipe:
    """The recipe of a draw, without its name."""
    recipe = Recipe(draw.background.filepath, draw.background.classname, draw.ebr, "")
    if draw.event is None:
        return recipe
    return replace(
        recipe,
        event_path=draw.event.path,
        event_class=draw.event.label,
        event_start_in_mixture_seconds=draw.onset,
        event_length_seconds=draw.event.seconds,
        scaling_factor=factor,
        segment_start_seconds=draw.event.segment[0],
        segment_end_seconds=draw.event.segment[1],
    )


def is_flagged(recipe: Recipe, sources: Sources) -> bool:
    """Whether the mixture's own class is heard in its background: the June 2017 patch withdraws it."""
    label = MixtureName.parse(recipe.name).label
    return screening_name(recipe.bg_path) in sources.flagged.get(label, frozenset())


def replace_flagged(
    recipes: Sequence[Recipe], sources: Sources, seed: int, audio: "SourceAudio | None" = None
) -> tuple[Recipe, ...]:
    """The same mixtures, those with a flagged background on another one.

    Only the background is drawn again (assumed: it is independent of all other draws), from a generator of its own,
    so that the other mixtures stay the official ones. The new ones get a scaling factor and a name of their own.

    Raises DataError where every background is flagged.
    """
    from datasets.dcase2017_rare.mixtures.decoded import SourceAudio

    audio = audio if audio is not None else SourceAudio(sources)
    replaced = list(recipes)
    generators: dict[str, np.random.Generator] = {}
    for place, recipe in enumerate(recipes):
        if not is_flagged(recipe, sources):
            continue
        name = MixtureName.parse(recipe.name)
        flagged = sources.flagged[name.label]
        clean = [one for one in sources.backgrounds if screening_name(one.filepath) not in flagged]
        if not clean:
            raise DataError(
                f"{sources.folder}: bg_screening.csv marks every background of {sources.subset} for {name.label}; "
                "compare it with the official one"
            )
        if name.label not in generators:
            generators[name.label] = np.random.default_rng(derive(seed, sources.subset, name.label, "replace flagged"))
        background = clean[generators[name.label].integers(len(clean))]
        new = replace(recipe, bg_path=background.filepath, bg_classname=background.classname)
        if recipe.event_path is not None and recipe.segment is not None and recipe.onset is not None:
            event = audio.event(recipe.event_path, recipe.segment)
            sound = audio.background(background.filepath)
            where = f"{recipe.event_path} in {background.filepath}"
            new = replace(new, scaling_factor=scaling_factor(sound, event, recipe.onset, recipe.ebr, where))
        replaced[place] = new.named(name.subset, name.label, name.number)
    return tuple(replaced)
