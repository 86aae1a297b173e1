"""A stand-in for TUT Rare Sound Events 2017: its layout, with cries and breaking glass of ESC-50 and shots of SESA.

Backgrounds are everyday sounds of ESC-50 and soundscapes. devtrain, devtest and evaltest share no source recording.
Mixtures of evaltest come as recipes and event lists without audio, those of devtest as mixing parameters alone.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.acquire.telling import Progress
from datasets.audio import write_wav
from datasets.dcase2017_rare.layout import Expected
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS, MixingParams
from datasets.dcase2017_rare.mixtures.sources import BACKGROUND_SECONDS, Background, Event, Sources
from datasets.dcase2017_rare.synthesis import write_subset
from datasets.dcase2017_rare.writing import (
    make_folders,
    write_documents,
    write_event_notes,
    write_lists,
    write_params,
    write_screening,
)
from datasets.errors import DataError
from datasets.generated import count_files, has_its_files, write_once
from datasets.seeds import derive
from datasets.sounds.ambience import as_background, joined
from datasets.sounds.collections import Collections, Recording
from datasets.sounds.sounding import sounding_parts

VERSION = 1
RATE = 44100
SEED = 0
#: Share of the recordings of each kind of sound.
SHARES = {"devtrain": 0.5, "devtest": 0.25, "evaltest": 0.25}
#: How many events one clip may give: cries and shots repeat, the rest of broken glass is no second break.
EVENTS_PER_CLIP = {"babycry": 2, "glassbreak": 1, "gunshot": 2}
BACKGROUNDS = {"devtrain": 60, "devtest": 30, "evaltest": 30}
PARAMS = {
    "devtrain": MixingParams(),
    "devtest": MixingParams(mixtures_per_class=200),
    "evaltest": MixingParams(mixtures_per_class=200, seed=13),
}
#: Everyday sounds of ESC-50; none of them has a cry, breaking glass or a shot.
AMBIENCE = (
    *("rain", "sea_waves", "wind", "crickets", "chirping_birds", "train", "engine", "airplane", "washing_machine"),
    *("vacuum_cleaner", "footsteps", "keyboard_typing", "clock_tick", "pouring_water", "toilet_flush"),
    *("brushing_teeth", "water_drops"),
)
#: One recording each, so one subset each.
SOUNDSCAPES = {
    "devtrain": ("forest", "thunder"),
    "devtest": ("waves",),
    "evaltest": ("wind", "fireplace"),
}
#: Clips of 5 s in a background, with their crossfades; with short ones it takes more.
CLIPS, MOST_CLIPS = 7, 200
#: A clip with less sound is left out, seconds.
SHORTEST_CLIP = 0.5
LICENCE = "Real clips of other collections, each under its own licence; CREDITS.txt names them.\n"


def write(
    root: Path, data: Path, progress: Progress | None = None, backgrounds: Mapping[str, int] = BACKGROUNDS
) -> None:
    """Write the stand-in into `root` from the collections in `data`, unless it is there already (about 1 GB).

    backgrounds: how many each subset has. progress: is told (backgrounds done, in all).
    Raises DataError where a collection is absent or bad, and where `root` cannot be written.
    """
    collections = Collections(data)
    declared = {
        "corpus": "standin",
        "dataset": "dcase2017_rare",
        "version": VERSION,
        "seed": SEED,
        "collections": collections.fingerprint(AMBIENCE, [one for some in SOUNDSCAPES.values() for one in some]),
    }

    def fill(folder: Path) -> dict[str, Any]:
        return _Writer(folder, collections, backgrounds, progress).write()

    def is_whole(folder: Path, found: dict[str, Any]) -> bool:
        is_same = found.get("expected", {}).get("backgrounds") == dict(backgrounds)
        return is_same and has_its_files(folder, found)

    write_once(root, "standin.json", declared, fill, is_whole)


class _Writer:
    """Fills one folder."""

    def __init__(
        self, folder: Path, collections: Collections, backgrounds: Mapping[str, int], progress: Progress | None
    ) -> None:
        self.layout, self.collections = make_folders(folder), collections
        self.backgrounds, self.progress = backgrounds, progress
        #: the recordings behind every file, by subset and path
        self.origins: dict[str, dict[str, list[Recording]]] = {subset: {} for subset in SUBSETS}

    def write(self) -> dict[str, Any]:
        events = self._events()
        backgrounds = self._backgrounds()
        for subset in SUBSETS:
            write_lists(self.layout, subset, backgrounds[subset], events[subset])
            write_params(self.layout, subset, PARAMS[subset])
        development = [*backgrounds["devtrain"], *backgrounds["devtest"]]
        write_screening(self.layout, development, dict.fromkeys(CLASSES, ()))
        write_documents(self.layout, LICENCE, self._credits())
        (self.layout.root / "CREDITS.txt").write_text(self._credits())
        sources = Sources.read(self.layout.source_data("evaltest"), "evaltest")
        write_subset(sources, PARAMS["evaltest"], self.layout.data("evaltest"), write_audio=False)
        expected = Expected(
            backgrounds={subset: len(backgrounds[subset]) for subset in SUBSETS},
            events={subset: {label: len(events[subset][label]) for label in CLASSES} for subset in SUBSETS},
            mixtures={},
            background_seconds=BACKGROUND_SECONDS,
        )
        origins = {
            subset: {path: [one.name for one in recordings] for path, recordings in sorted(files.items())}
            for subset, files in self.origins.items()
        }
        return {"expected": asdict(expected), "files": count_files(self.layout.root) + 1, "origins": origins}

    def _events(self) -> dict[str, dict[str, list[Event]]]:
        """Write the originals; the events in them, by subset and class."""
        events: dict[str, dict[str, list[Event]]] = {subset: {label: [] for label in CLASSES} for subset in SUBSETS}
        for label in CLASSES:
            for subset, recordings in self._shared_out(self.collections.events(label), label).items():
                for recording in recordings:
                    events[subset][label] += self._write_event(subset, label, recording)
        return events

    def _write_event(self, subset: str, label: str, recording: Recording) -> list[Event]:
        samples = self.collections.load(recording, RATE).mean(axis=1)
        samples -= samples.mean()  # 8-bit recorders have an offset, and levels are root mean squares
        segments = sounding_parts(samples, RATE, EVENTS_PER_CLIP[label])
        if not segments:
            return []
        path = self.layout.source_data(subset) / "events" / label / f"{recording.stem}.wav"
        write_wav(path, samples, RATE, "PCM_16")
        write_event_notes(
            path.with_suffix(".yaml"), segments, name=recording.name, licence=recording.licence, url=recording.url
        )
        self.origins[subset][f"{label}/{path.name}"] = [recording]
        return [Event(label, path.name, segment) for segment in segments]

    def _backgrounds(self) -> dict[str, list[Background]]:
        """Write the backgrounds; what they are, by subset, in the order of their names."""
        work: list[tuple[str, str, list[Recording], int]] = []
        shared = {scene: self._shared_out(self.collections.ambience(scene), scene) for scene in AMBIENCE}
        for subset, count in self.backgrounds.items():
            pieces = [
                (subset, name, [recording], piece)
                for name in SOUNDSCAPES[subset]
                for recording in [self.collections.soundscape(name)]
                for piece in range(int(recording.seconds // BACKGROUND_SECONDS))
            ]
            rest = range(count - len(pieces))
            work += pieces
            work += [
                (subset, scene, shared[scene][subset], number // len(AMBIENCE))
                for number, scene in ((number, AMBIENCE[number % len(AMBIENCE)]) for number in rest)
            ]
        written: dict[str, list[Background]] = {subset: [] for subset in SUBSETS}
        with ThreadPoolExecutor() as pool:
            futures = {pool.submit(self._write_background, *one): one[0] for one in work}
            try:
                for done, future in enumerate(as_completed(futures), start=1):
                    written[futures[future]].append(future.result())
                    if self.progress is not None:
                        self.progress(done, len(work))
            finally:
                pool.shutdown(cancel_futures=True)
        return {subset: sorted(some, key=lambda one: one.filepath) for subset, some in written.items()}

    def _write_background(self, subset: str, scene: str, recordings: list[Recording], number: int) -> Background:
        draw = np.random.default_rng(derive(SEED, "standin", "background", subset, scene, number))
        frames = round(BACKGROUND_SECONDS * RATE)
        if recordings[0].seconds >= BACKGROUND_SECONDS:
            used = recordings
            samples = self.collections.load(recordings[0], RATE)[number * frames : (number + 1) * frames]
            kind = "scape_"
        else:
            samples, used = self._join(recordings, frames, number, draw)
            kind = ""
        if samples.shape[1] == 1:
            samples = np.repeat(samples, 2, axis=1)
        filepath = f"audio/{subset}_{kind}{scene}_{number}.wav"
        path = self.layout.source_data(subset) / "bgs" / filepath
        write_wav(path, as_background(samples, draw), RATE, "PCM_24")
        self.origins[subset][filepath] = used
        return Background(filepath, scene)

    def _join(
        self, recordings: list[Recording], frames: int, number: int, draw: np.random.Generator
    ) -> tuple[NDArray[np.float64], list[Recording]]:
        """The next clips of a scene; after the last one the first follows, so a short stock is used more than once."""
        used: list[Recording] = []

        def clips() -> Iterator[NDArray[np.floating]]:
            for place in range(number * CLIPS, number * CLIPS + MOST_CLIPS):
                recording = recordings[place % len(recordings)]
                clip = self.collections.trimmed(recording, RATE)
                if len(clip) > SHORTEST_CLIP * RATE:
                    used.append(recording)
                    yield clip

        samples = joined(clips(), frames, RATE, draw)
        if len(samples) < frames:
            raise DataError(f"{recordings[0].path}: this class has too little sound; fetch ESC-50 again")
        return samples[:, np.newaxis], list(dict.fromkeys(used))

    def _shared_out(self, recordings: list[Recording], kind: str) -> dict[str, list[Recording]]:
        """The recordings of each subset; those of one source stay together."""
        groups: dict[str, list[Recording]] = {}
        for recording in recordings:
            groups.setdefault(recording.source, []).append(recording)
        draw = np.random.default_rng(derive(SEED, "standin", "subsets", kind))
        shared: dict[str, list[Recording]] = {subset: [] for subset in SUBSETS}
        for place in draw.permutation(len(groups)):
            group = groups[sorted(groups)[place]]
            lacking = {subset: share * len(recordings) - len(shared[subset]) for subset, share in SHARES.items()}
            shared[max(lacking, key=lambda subset: lacking[subset])] += group
        return shared

    def _credits(self) -> str:
        """One line per clip: name, licence, author and address, as the collections tell them."""
        used = {one for files in self.origins.values() for recordings in files.values() for one in recordings}
        lines = ["\t".join((one.name, one.licence, one.author, one.url)) for one in sorted(used)]
        return "\n".join((LICENCE, "clip\tlicence\tauthor\taddress", *lines)) + "\n"
