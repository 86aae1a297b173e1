"""A stand-in for DCASE 2018 Task 4 (domestic sounds, weak labels): its layout, with ten everyday sounds of ESC-50.

The classes keep their names in ESC-50; they are not the official ones. A clip of 10 s has one to three of them, each
once, over a background of other sounds of ESC-50. Training, validation and test share no source recording, neither
of events nor of backgrounds. Clips of one part do share recordings, which are therefore the units of the bootstrap.

Levels differ widely on purpose, as those of recordings on YouTube do: every clip has a level of its own (root mean
square 15 to 45 dB below full scale), every event a ratio of its own to its background (-3 to 12 dB). These choices,
and those in `domestic_plan`, are assumed. Annotations tell what was mixed, to the millisecond.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.acquire.telling import Progress
from datasets.audio import write_wav
from datasets.dcase2018_domestic.standin_plan import CLASSES, RATE, SECONDS, SEED, SHARES, Plan, Stock, plans
from datasets.errors import DataError
from datasets.generated import count_files, has_its_files, write_once
from datasets.seeds import derive
from datasets.sounds.ambience import PEAK, as_background, joined, rms
from datasets.sounds.collections import Collections, fingerprint_of

VERSION = 2
#: Clips of each part.
CLIPS = {"train": 480, "validation": 120, "test": 320}
FOLDERS = {"train": "audio/train/weak", "validation": "audio/train/weak", "test": "audio/test"}
#: Rise and fall of an event that was cut out of its clip, seconds.
FADE = 0.01
#: A clip with less sound, seconds, is no background; a stock whose next MOST_CLIPS clips last less than 10 s is none.
SHORTEST_CLIP, MOST_CLIPS = 0.5, 200
LICENCE = "Real clips of ESC-50, each under its own licence; this file names them.\n"

Samples = NDArray[np.float64]


def write(
    root: Path, data: Path, progress: Progress | None = None, clips: Mapping[str, int] = CLIPS, jobs: int | None = None
) -> None:
    """Write the stand-in into `root` from `esc50` in `data`, unless it is there already (0.8 GB, about a minute).

    progress: is told (clips done, in all). clips: how many each part has. jobs: threads; what is written does not
    depend on them. Raises DataError where ESC-50 or a class is absent, and where `root` cannot be written.
    """
    stock = Stock(Collections(data))
    declared = {
        "corpus": "standin",
        "dataset": "dcase2018_domestic",
        "version": VERSION,
        "seed": SEED,
        "collections": fingerprint_of(stock.recordings.values()),
        "classes": list(CLASSES),
        "clip_seconds": SECONDS,
        "clips": dict(clips),
    }

    def fill(folder: Path) -> dict[str, Any]:
        planned = sorted(
            (plan for part, count in clips.items() for plan in plans(stock, part, count)), key=lambda plan: plan.item
        )
        used = _write_audio(folder, stock, planned, progress, jobs)
        _write_lists(folder, planned)
        (folder / "CREDITS.txt").write_text(_credits(stock, used))
        told = _told(stock, planned, used)
        return {**told, "files": count_files(folder) + 1}

    write_once(root, "standin.json", declared, fill, has_its_files)


def render(stock: Stock, plan: Plan) -> tuple[Samples, Samples, list[str]]:
    """A clip before it gets its level: the background (441000,), its events (441000,), the names of all recordings."""
    background, used = _background(stock, plan)
    events = np.zeros_like(background)
    for event in plan.events:
        samples = stock.event(event.recording).astype(np.float64)
        fade = np.linspace(0, 1, int(FADE * RATE))
        samples[: len(fade)] *= fade
        samples[-len(fade) :] *= fade[::-1]
        start = min(round(event.onset * RATE), len(events) - len(samples))
        scale = rms(background) / rms(samples) * 10 ** (event.ratio / 20)
        events[start : start + len(samples)] += scale * samples
    return background, events, [*(event.recording for event in plan.events), *used]


def levelled(samples: Samples, level: float) -> Samples:
    """Samples (n,) at a root mean square of `level` dB below full scale, or as near as their peak allows."""
    scaled = samples * 10 ** (level / 20) / rms(samples)
    return scaled * min(1.0, PEAK / float(np.abs(scaled).max()))


def _background(stock: Stock, plan: Plan) -> tuple[Samples, list[str]]:
    """Clips of one scene in random order, the first from within its first half; and their names."""
    draw = np.random.default_rng(derive(SEED, "standin", "domestic", "background", plan.item))
    recordings = stock.parts[plan.part][plan.scene]
    order = draw.permutation(len(recordings))
    skipped = draw.uniform(0, 0.5)
    used: list[str] = []

    def clips() -> Iterator[NDArray[np.floating]]:
        for place in range(MOST_CLIPS):
            name = recordings[order[place % len(order)]].name
            clip = stock.background(name)
            if len(clip) >= SHORTEST_CLIP * RATE:
                start = 0 if used else int(skipped * len(clip))
                used.append(name)
                yield clip[start:]

    frames = round(SECONDS * RATE)
    samples = joined(clips(), frames, RATE, draw)
    if len(samples) < frames:
        raise DataError(f"{recordings[0].path}: this class has too little sound; fetch ESC-50 again")
    return as_background(samples, draw), list(dict.fromkeys(used))


def _write_audio(
    folder: Path, stock: Stock, planned: list[Plan], progress: Progress | None, jobs: int | None
) -> dict[str, list[str]]:
    """Write all clips; the recordings in each, by item."""
    for path in FOLDERS.values():
        (folder / path).mkdir(parents=True, exist_ok=True)

    def write_clip(plan: Plan) -> tuple[str, list[str]]:
        background, events, used = render(stock, plan)
        samples = levelled(background + events, plan.level)
        write_wav(folder / FOLDERS[plan.part] / plan.item, samples, RATE, "PCM_16")
        return plan.item, used

    used: dict[str, list[str]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        # clips with one scene stand together: their recordings are read once
        order = sorted(planned, key=lambda plan: (plan.part, plan.scene))
        futures = [pool.submit(write_clip, plan) for plan in order]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                item, names = future.result()
                used[item] = names
                if progress is not None:
                    progress(done, len(planned))
        finally:
            pool.shutdown(cancel_futures=True)
    return used


def _write_lists(folder: Path, planned: list[Plan]) -> None:
    weak = [(plan.item, ",".join(plan.labels)) for plan in planned if plan.part != "test"]
    strong = [
        (plan.item, f"{event.onset:.3f}", f"{event.offset:.3f}", event.label)
        for plan in planned
        if plan.part == "test"
        for event in sorted(plan.events, key=lambda event: (event.onset, event.label))
    ]
    _write_table(folder / "metadata" / "train" / "weak.csv", ("filename", "event_labels"), weak)
    _write_table(folder / "metadata" / "test" / "test.csv", ("filename", "onset", "offset", "event_label"), strong)


def _write_table(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)))


def _told(stock: Stock, planned: list[Plan], used: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the declaration says of the clips: which validate, their bootstrap units, what is in them, how mixed."""
    origins: dict[str, dict[str, list[str]]] = {part: {} for part in SHARES}
    for plan in planned:
        origins[plan.part][f"{FOLDERS[plan.part]}/{plan.item}"] = used[plan.item]
    mixed = {
        plan.item: {"scene": plan.scene, "level": plan.level, "events": [astuple(event) for event in plan.events]}
        for plan in planned
    }
    validation = [plan.item for plan in planned if plan.part == "validation"]
    # Clips with an event of one recording are not independent; of several events the first one decides.
    units = {plan.item: stock.recordings[plan.events[0].recording].source for plan in planned}
    return {"validation": validation, "units": units, "origins": origins, "mixed": mixed}


def _credits(stock: Stock, used: Mapping[str, list[str]]) -> str:
    """One line per recording: name, licence, author and address, as ESC-50 tells them."""
    recordings = sorted(stock.recordings[name] for name in {name for names in used.values() for name in names})
    lines = ["\t".join((one.name, one.licence, one.author, one.url)) for one in recordings]
    return "\n".join((LICENCE, "clip\tlicence\tauthor\taddress", *lines)) + "\n"
