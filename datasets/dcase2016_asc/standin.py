"""A stand-in for TUT Acoustic Scenes 2016: its layout, with scenes of 30 s mixed from everyday sounds of ESC-50.

Textures are crossfaded from clips, two kinds at a time, and single events stand on top (scenes.mixtures). Every kind of
sound has a place of its own between the ears, which the location keeps. Locations share no source recording, so neither
folds nor development and evaluation set do. The scenes are called as the official ones; they are not such scenes.
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
from datasets.dcase2016_asc.layout import SECONDS, Layout
from datasets.dcase2016_asc.scenes.mixtures import SEED, Location, plan, stock_of
from datasets.dcase2016_asc.writing import Item, Sizes, make_items, write_lists, write_papers
from datasets.errors import DataError
from datasets.generated import count_files, has_its_files, write_once
from datasets.seeds import derive
from datasets.sounds.ambience import as_background, joined, rms
from datasets.sounds.collections import Collections, Recording, fingerprint_of
from datasets.sounds.sounding import sounding_parts

VERSION = 1
RATE = 44100
#: 16 items of each scene in 8 locations of the development set, and 15 in 5 locations of the evaluation set.
SIZES = Sizes(per_fold=2, items=2, evaluation=5, evaluation_items=3)
#: Length of an event, seconds; its root mean square over that of the textures, dB.
SHORTEST, LONGEST, OVER = 0.3, 4.0, (-3.0, 9.0)
#: How much a texture's level differs from item to item of a location, dB either way.
SWING = 2.0
#: How far a sound is from the middle: gain of one ear over the other, dB either way.
ASIDE = 6.0
#: Rise and fall of an event that was cut out of its clip, seconds.
FADE = 0.01
#: A clip with less sound, seconds, is left out; textures that so many clips do not fill are none.
SHORTEST_CLIP, MOST_CLIPS = 0.3, 400
NOTES = "A stand-in for TUT Acoustic Scenes 2016 in the official layout, mixed from clips of ESC-50.\n"
LICENCE = "Real clips of ESC-50, each under its own licence; CREDITS.txt beside the folders names them.\n"

Samples = NDArray[np.float64]


def write(
    root: Path, data: Path, progress: Progress | None = None, sizes: Sizes = SIZES, seconds: float = SECONDS
) -> None:
    """Write the stand-in into `root` from `esc50` in `data`, unless it is there already (3.7 GB, about two minutes).

    progress: is told (items done, in all). sizes: locations and items of each scene. seconds: length of the items.
    Raises DataError where ESC-50 is absent or too small, and where `root` cannot be written.
    """
    collections = Collections(data)
    stock = stock_of(collections)
    declared = {
        "corpus": "standin",
        "dataset": "dcase2016_asc",
        "version": VERSION,
        "seed": SEED,
        "collections": fingerprint_of(one for some in stock.values() for one in some),
        "clip_seconds": seconds,
        "per_class": sizes.per_class,
        "sizes": sizes._asdict(),
    }

    def fill(folder: Path) -> dict[str, Any]:
        layout = Layout(folder)
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "lists"))
        items = make_items(sizes, draw)
        locations = plan(stock, items)
        write_lists(layout, items, draw)
        write_papers(layout, NOTES, LICENCE)
        used = sorted({one for location in locations.values() for one in location.recordings})
        (folder / "CREDITS.txt").write_text(_credits(used))
        _write_audio(layout, items, locations, collections, seconds, progress)
        told = {name: _told(location) for name, location in locations.items()}
        return {"locations": told, "files": count_files(folder) + 1}

    write_once(root, "standin.json", declared, fill, has_its_files)


def _write_audio(
    layout: Layout,
    items: Sequence[Item],
    locations: Mapping[str, Location],
    collections: Collections,
    seconds: float,
    progress: Progress | None,
) -> None:
    """Write all items, a location at a time: its clips are read once."""

    def write_location(location: Location) -> int:
        stock = _Stock(location, collections)
        of_location = [item for item in items if item.location == location.name]
        for item in of_location:
            samples = stock.render(item, round(seconds * RATE))
            write_wav(layout.audio(item.name), samples, RATE, "PCM_24")
        return len(of_location)

    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(write_location, location) for location in locations.values()]
        done = 0
        try:
            for future in as_completed(futures):
                done += future.result()
                if progress is not None:
                    progress(done, len(items))
        finally:
            pool.shutdown(cancel_futures=True)


class _Stock:
    """The clips of a location, and what its items share."""

    def __init__(self, location: Location, collections: Collections) -> None:
        self.location = location
        self.clips = {one.name: collections.trimmed(one, RATE) for one in location.recordings}
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "places", location.name))
        self.aside = {sound: draw.uniform(-ASIDE, ASIDE) / 2 for sound in (*location.beds, *location.events)}

    def render(self, item: Item, frames: int) -> Samples:
        """An item (frames, 2): both textures, and events on top of them."""
        draw = np.random.default_rng(derive(SEED, "standin", "scenes", "item", item.original))
        samples = np.zeros((frames, 2))
        for number, (sound, recordings) in enumerate(self.location.beds.items()):
            level = (self.location.ratio if number else 0.0) + draw.uniform(-SWING, SWING)
            samples += 10 ** (level / 20) * self._aside(self._texture(recordings, frames, draw), sound)
        bed = rms(samples)
        for sound, recordings in self.location.events.items():
            for _ in range(draw.poisson(self.location.rates[sound] * frames / RATE)):
                event = self._event(recordings[int(draw.integers(len(recordings)))], frames)
                start = int(draw.integers(0, frames - len(event) + 1))
                level = 10 ** (draw.uniform(*OVER) / 20) * bed / rms(event)
                samples[start : start + len(event)] += level * self._aside(event, sound)
        return as_background(samples, draw)

    def _texture(self, recordings: Sequence[Recording], frames: int, draw: Generator) -> Samples:
        """Clips in random order, again and again, the first from within its first half: (frames,) of unit power."""
        order = [recordings[place].name for place in draw.permutation(len(recordings))]
        skipped = draw.uniform(0, 0.5)
        clips = [self.clips[name] for name in order if len(self.clips[name]) > SHORTEST_CLIP * RATE]
        if not clips:
            raise DataError(f"{recordings[0].path}: too little sound; fetch ESC-50 again")
        first = clips[0][int(skipped * len(clips[0])) :]
        rest = (clips[place % len(clips)] for place in range(1, MOST_CLIPS))
        samples = joined([first, *rest], frames, RATE, draw)
        if len(samples) < frames:
            raise DataError(f"{recordings[0].path}: too little sound; fetch ESC-50 again")
        return samples / rms(samples)

    def _event(self, recording: Recording, frames: int) -> Samples:
        """The strongest sounding part of a recording (n,), with soft ends; its beginning where nothing stands out."""
        clip = np.asarray(self.clips[recording.name], dtype=np.float64)
        clip = clip - clip.mean()
        parts = sounding_parts(clip, RATE, shortest=SHORTEST, longest=LONGEST)
        start, end = (round(time * RATE) for time in parts[0]) if parts else (0, round(LONGEST * RATE))
        event = clip[start : min(end, start + frames)].copy()
        edge = min(int(FADE * RATE), len(event) // 2)
        event[:edge] *= np.linspace(0, 1, edge)
        event[len(event) - edge :] *= np.linspace(1, 0, edge)
        return event

    def _aside(self, samples: Samples, sound: str) -> Samples:
        """Samples (n,) as both ears hear them (n, 2)."""
        gain = 10 ** (self.aside[sound] / 20)
        return np.stack([samples * gain, samples / gain], axis=1)


def _told(location: Location) -> dict[str, Any]:
    """What the declaration says of a location: its scene, sounds and recordings, and how they are mixed."""
    return {
        "scene": location.scene,
        "beds": {sound: [one.name for one in some] for sound, some in location.beds.items()},
        "events": {sound: [one.name for one in some] for sound, some in location.events.items()},
        "sources": sorted({one.source for one in location.recordings}),
        "ratio": location.ratio,
        "rates": dict(location.rates),
    }


def _credits(recordings: Sequence[Recording]) -> str:
    """One line per recording: name, licence, author and address, as ESC-50 tells them."""
    lines = ["\t".join((one.name, one.licence, one.author, one.url)) for one in recordings]
    return "\n".join((LICENCE, "clip\tlicence\tauthor\taddress", *lines)) + "\n"
