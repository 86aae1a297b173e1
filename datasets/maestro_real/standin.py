"""A stand-in for MAESTRO Real: its layout, with recordings of three minutes mixed from everyday sounds of ESC-50.

Every class of the real set is played by one of ESC-50 that sounds somewhat like it, and keeps the real name; it is no
such sound. Clips that sound without pauses follow one another for as long as an event lasts; vehicles swell, and a
metro comes or leaves by its level alone. The recordings that a fold tests share no source recording with those of
other folds. What is heard when, and what annotators make of it, is drawn as for the miniature. All of it is assumed.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from datasets.acquire.telling import Progress
from datasets.audio import write_wav
from datasets.errors import DataError
from datasets.generated import count_files, has_its_files, write_once
from datasets.maestro_real.layout import CLASSES, FOLDS, RATE, Layout
from datasets.maestro_real.scenes.annotators import annotate, told
from datasets.maestro_real.scenes.events import SCENES, Event, draw_events, presence
from datasets.maestro_real.writing import (
    Recording,
    counts,
    make_folders,
    make_recordings,
    write_lists,
    write_papers,
    write_soft,
)
from datasets.seeds import derive
from datasets.sounds.ambience import as_background, joined, rms
from datasets.sounds.collections import Collections, fingerprint_of, shared_out
from datasets.sounds.collections import Recording as Clip
from datasets.sounds.parametric import fade
from datasets.sounds.sounding import sounding_parts

VERSION = 1
SEED = 0
#: One recording of every scene for each fold to test, so long, give or take SPREAD, in seconds.
SECONDS, SPREAD = 183.0, 2.5
#: The class of ESC-50 that plays each class.
SOUNDS = dict(
    zip(
        CLASSES,
        (
            *("chirping_birds", "engine", "laughing", "footsteps", "crying_baby", "wind", "door_wood_creaks"),
            *("helicopter", "glass_breaking", "hand_saw", "vacuum_cleaner", "train", "train", "door_wood_knock"),
            *("church_bells", "keyboard_typing", "clock_alarm"),
        ),
        strict=True,
    )
)
#: The class of ESC-50 that is the background of each scene.
BEDS = {
    "cafe_restaurant": "pouring_water",
    "city_center": "airplane",
    "grocery_store": "washing_machine",
    "metro_station": "thunderstorm",
    "residential_area": "crickets",
}
#: How far a sound is from the middle: gain of one ear over the other, dB either way.
ASIDE = 6.0
#: Rise and fall of an event, seconds; parts of a clip without pauses that are taken: how many, and from what length on.
EDGE, PARTS, SHORTEST = 0.02, 3, 0.3
#: How many clips follow one another at most.
MOST_CLIPS = 1000
NOTES = "A stand-in for MAESTRO Real in the official layout, mixed from clips of ESC-50.\n"
LICENCE = "Real clips of ESC-50, each under its own licence; CREDITS.txt names them.\n"

Samples = NDArray[np.float64]


def write(
    root: Path, data: Path, progress: Progress | None = None, seconds: float = SECONDS, spread: float = SPREAD
) -> None:
    """Write the stand-in into `root` from `esc50` in `data`, unless it is there already (0.8 GB, about two minutes).

    progress: is told (recordings done, in all). Raises DataError where ESC-50 is absent or too small, and where `root`
    cannot be written.
    """
    collections = Collections(data)
    kinds = {kind: collections.ambience(kind) for kind in dict.fromkeys((*SOUNDS.values(), *BEDS.values()))}
    draw = np.random.default_rng(derive(SEED, "standin", "maestro_real", "recordings"))
    recordings = make_recordings(1, 0, seconds, spread, draw)
    declared = {
        "corpus": "standin",
        "dataset": "maestro_real",
        "version": VERSION,
        "seed": SEED,
        "collections": fingerprint_of(one for some in kinds.values() for one in some),
        "seconds": seconds,
        "recordings": counts(recordings),
        "sounds": SOUNDS,
        "backgrounds": BEDS,
        "annotators": told(),
    }

    def fill(folder: Path) -> dict[str, Any]:
        layout = Layout(folder)
        shares = shared_out(kinds, {str(fold): 1 / len(FOLDS) for fold in FOLDS}, SEED)
        make_folders(layout, recordings)
        soft = _write_recordings(layout, recordings, shares, collections, progress)
        write_lists(layout, soft, recordings)
        write_papers(layout, NOTES, LICENCE)
        clips = sorted({one for share in shares.values() for some in share.values() for one in some})
        (folder / "CREDITS.txt").write_text(_credits(clips))
        sources = {
            fold: sorted({one.source for some in share.values() for one in some}) for fold, share in shares.items()
        }
        return {"sources": sources, "files": count_files(folder) + 1}

    write_once(root, "standin.json", declared, fill, has_its_files)


def _write_recordings(
    layout: Layout,
    recordings: Sequence[Recording],
    shares: Mapping[str, Mapping[str, Sequence[Clip]]],
    collections: Collections,
    progress: Progress | None,
) -> dict[str, NDArray[np.float64]]:
    """Write sound and labels of all recordings, a fold at a time: its clips are read once. The labels by item."""

    def write_fold(fold: str) -> dict[str, NDArray[np.float64]]:
        stock = _Stock(shares[fold], collections)
        return {one.item: _write_recording(layout, one, stock) for one in recordings if str(one.fold) == fold}

    soft: dict[str, NDArray[np.float64]] = {}
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(write_fold, fold) for fold in shares]
        try:
            for future in as_completed(futures):
                soft |= future.result()
                if progress is not None:
                    progress(len(soft), len(recordings))
        finally:
            pool.shutdown(cancel_futures=True)
    return soft


def _write_recording(layout: Layout, one: Recording, stock: "_Stock") -> NDArray[np.float64]:
    """Write a recording and its soft labels, which are returned."""
    draw = np.random.default_rng(derive(SEED, "standin", "maestro_real", one.item))
    events = draw_events(one.scene, one.seconds, draw)
    write_wav(layout.audio(one.item), stock.render(one, events, draw), RATE, "PCM_16")
    soft = annotate(presence(events, one.complete), SCENES[one.scene], draw)
    write_soft(layout.labels(one.item), soft)
    return soft


class _Stock:
    """The clips of a fold, by their class in ESC-50: whole for backgrounds, their sounding parts for events."""

    def __init__(self, clips: Mapping[str, Sequence[Clip]], collections: Collections) -> None:
        self.clips = {
            kind: [collections.trimmed(one, RATE).astype(np.float32) for one in some] for kind, some in clips.items()
        }
        self.parts = {kind: _sounding(self.clips[kind], kind) for kind in dict.fromkeys(SOUNDS.values())}

    def render(self, one: Recording, events: Sequence[Event], draw: Generator) -> Samples:
        """A recording (frames, 2): a background of its own in each ear, and events on top."""
        clips = [clip for clip in self.clips[BEDS[one.scene]] if len(clip) > SHORTEST * RATE]
        samples = np.stack([_following(clips, one.frames, draw) for _ in range(2)], axis=1)
        bed = rms(samples)
        for event in events:
            start, end = round(event.onset * RATE), min(one.frames, round(event.offset * RATE))
            sound = self._event(event.label, end - start, draw)
            aside = draw.uniform(-ASIDE, ASIDE) / 2
            gains = 10 ** ((event.level + np.array([aside, -aside])) / 20) * bed / rms(sound)
            samples[start:end] += sound[:, np.newaxis] * gains
        return as_background(samples, draw)

    def _event(self, label: str, frames: int, draw: Generator) -> Samples:
        """A class that sounds all the time: (frames,)."""
        sound = _following(self.parts[SOUNDS[label]], frames, draw)
        place = np.linspace(0, 1, frames)
        if label in ("car", "large_vehicle"):
            sound *= 0.15 + np.sin(np.pi * place) ** 1.5
        if label in ("metro approaching", "metro leaving"):
            sound *= (place if label == "metro approaching" else 1 - place) ** 1.2
        return sound * fade(frames, int(EDGE * RATE))


def _sounding(clips: Sequence[NDArray[np.float32]], kind: str) -> list[NDArray[np.float32]]:
    """The parts of clips between pauses. Raises DataError where there are none."""
    found = [
        clip[round(start * RATE) : round(end * RATE)]
        for clip in clips
        for start, end in sounding_parts(clip, RATE, at_most=PARTS, shortest=SHORTEST)
    ]
    long = [part for part in found if len(part) >= 0.9 * SHORTEST * RATE]
    if not long:
        raise DataError(f"{kind}: too little sound in the clips of a fold; put all clips of ESC-50 into the data root")
    return long


def _following(clips: Sequence[NDArray[np.float32]], frames: int, draw: Generator) -> Samples:
    """Clips in random order, again and again: (frames,)."""
    order = draw.permutation(len(clips))
    samples = joined((clips[order[number % len(order)]] for number in range(MOST_CLIPS)), frames, RATE, draw)
    if len(samples) < frames:
        raise DataError("too little sound in the clips of a fold; put all clips of ESC-50 into the data root")
    return samples


def _credits(clips: Sequence[Clip]) -> str:
    """One line per clip: name, licence, author and address, as ESC-50 tells them."""
    lines = ["\t".join((one.name, one.licence, one.author, one.url)) for one in clips]
    return "\n".join((LICENCE, "clip\tlicence\tauthor\taddress", *lines)) + "\n"
