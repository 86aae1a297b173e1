"""The random draws behind the recipes, in the official order (mixture synthesizer, core.py).

What the draws can be held against: the 13 mixtures that the patch of June 2017 withdraws, by number and partly by name
(tests), and the two that the README of the development record shows (README_NAMES). Both of these are mixtures 000, and
by our draws each has an event: devtrain's at 0 dB in background 224, devtest's at -6 dB in background 146. None of the
1560 scenes alone has a name with these hashes, so they do have one, which is all that follows without the sounds: the
rest of such a name hashes the file and segment of the event and its scaling factor. Whoever has the sources can compare
the names that `data synthesize` gives to these mixtures; equal ones prove events, onsets and scaling as well.
"""

from dataclasses import dataclass

import numpy as np

from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.sources import Background, Event, Sources
from datasets.errors import DataError

README_NAMES = (
    "mixture_devtrain_babycry_000_07a75692b15446e9fbf6cc3afaf96097.wav",
    "mixture_devtest_babycry_000_b8da9d93e4223b58e7b2117a9b4ac436.wav",
)


@dataclass(frozen=True)
class Draw:
    """What is drawn for one mixture: onset in seconds, ratio `ebr` in dB; no event, no onset, and a ratio of -inf."""

    background: Background
    event: Event | None
    onset: float | None
    ebr: float


def draw_all(
    sources: Sources, params: MixingParams, fresh_onsets: bool = False, seconds: float | None = None
) -> dict[str, tuple[Draw, ...]]:
    """The draws of all classes of a subset, in the order of mixtures; one legacy generator serves the classes in turn.

    seconds: the backgrounds' length (default: that of the sources).
    fresh_onsets: every mixture has its own onset. Officially the mixtures of a class that share an isolated event
        share the onset drawn last, because an onset is written into the event's record.

    Raises DataError for an empty list, and for an event longer than the backgrounds.
    """
    generator = np.random.RandomState(params.seed)  # legacy on purpose: the official sequence
    seconds = sources.background_seconds if seconds is None else seconds
    return {label: _draw_class(generator, sources, label, params, fresh_onsets, seconds) for label in CLASSES}


def _draw_class(
    generator: np.random.RandomState,
    sources: Sources,
    label: str,
    params: MixingParams,
    fresh_onsets: bool,
    seconds: float,
) -> tuple[Draw, ...]:
    events, count, wanted = sources.events.get(label, ()), params.mixtures_per_class, params.events_per_class
    if not sources.backgrounds or not events:
        raise DataError(
            f"{sources.folder}: no backgrounds or no events of class {label} for {sources.subset} in cv_setup"
        )
    chosen = generator.choice(len(events), wanted)
    backgrounds = generator.choice(len(sources.backgrounds), count)
    presence = generator.permutation(np.arange(count) < wanted)
    onsets = [_room(events[number], seconds) * generator.rand() for number in chosen]
    if not fresh_onsets:
        last = dict(zip(chosen.tolist(), onsets, strict=True))
        onsets = [last[number] for number in chosen.tolist()]
    ratios = [float(params.ebrs[number]) for number in generator.choice(len(params.ebrs), wanted)]
    drawn = iter(zip(chosen, onsets, ratios, strict=True))
    draws = []
    for background, is_present in zip(backgrounds, presence, strict=True):
        number, onset, ebr = next(drawn) if is_present else (None, None, -np.inf)
        event = None if number is None else events[number]
        draws.append(Draw(sources.backgrounds[background], event, onset, ebr))
    return tuple(draws)


def _room(event: Event, seconds: float) -> float:
    """How late an event may begin, in seconds."""
    room = seconds - event.seconds
    if room <= 0:
        raise DataError(
            f"{event.path}: the event {list(event.segment)} is longer than its background of {seconds:g} s; "
            "shorten the segment in cv_setup"
        )
    return room
