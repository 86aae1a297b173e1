"""A small TUT Rare Sound Events 2017: both official folders, parametric sounds, backgrounds of 10 s instead of 30."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from datasets.audio import write_wav
from datasets.dcase2017_rare.layout import Expected, Layout
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS, MixingParams
from datasets.dcase2017_rare.mixtures.sources import Background, Event, Sources
from datasets.dcase2017_rare.synthesis import write_subset
from datasets.dcase2017_rare.writing import (
    make_folders,
    write_documents,
    write_event_notes,
    write_lists,
    write_params,
    write_screening,
)
from datasets.generated import LICENCE, count_files, has_its_files, write_once
from datasets.seeds import derive
from datasets.sounds.parametric import KINDS, VARIANTS, Samples, coloured_noise, fade

VERSION = 1
RATE = 44100
#: Names of the backgrounds as in the real set, where one id is one place.
BACKGROUNDS = {
    "devtrain": ("a001_0_30", "a001_120_150", "a012_30_60", "b020_90_120", "b033_0_30"),
    "devtest": ("a010_150_180", "a131_210_240", "b007_60_90"),
    "evaltest": ("1", "79"),
}
#: Backgrounds in which the class is heard, and bg_screening.csv says so.
FLAGGED = {"babycry": ("audio/a012_30_60.wav", "audio/a131_210_240.wav"), "glassbreak": (), "gunshot": ()}
SCENES = ("cafe/restaurant", "city_center", "home", "residential_area")
#: Originals of each class.
ORIGINALS = {"devtrain": 8, "devtest": 4, "evaltest": 3}
#: Rate, channels and sample format of the originals in turn: whatever Freesound has.
FORMS = ((44100, 1, "PCM_16"), (48000, 2, "PCM_24"), (44100, 2, "PCM_16"))
#: Kinds of sound that stand in backgrounds and are no event; some come near one.
DISTRACTORS = (0, 1, 2, 3, 5, 8, 9)


def write(root: Path, background_seconds: float = 10.0, evaluation_mixtures: int = 6, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (about 60 MB).

    There are few files of each kind, 24 mixtures per class in the development subsets and `evaluation_mixtures`, even,
    in the other; backgrounds are shorter, and `miniature.json` says so. Raises DataError where `root` holds something
    else than a miniature, or cannot be written.
    """
    declared = {
        "corpus": "miniature",
        "dataset": "dcase2017_rare",
        "version": VERSION,
        "evaluation_mixtures": evaluation_mixtures,
        "seed": seed,
        "expected": asdict(
            Expected(
                backgrounds={subset: len(names) for subset, names in BACKGROUNDS.items()},
                events={subset: dict.fromkeys(CLASSES, count + count // 4) for subset, count in ORIGINALS.items()},
                mixtures={"evaltest": evaluation_mixtures * len(CLASSES)},
                background_seconds=background_seconds,
            )
        )
        | {"optional": []},
    }

    def fill(folder: Path) -> dict[str, Any]:
        _fill(make_folders(folder), background_seconds, evaluation_mixtures, seed)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", declared, fill, has_its_files)


def cry(time: Samples, draw: Generator) -> Samples:
    """A wavering tone in syllables; time in seconds (frames,)."""
    syllables = np.abs(np.sin(np.pi * time * draw.uniform(0.9, 1.8))) ** 0.5
    return KINDS[7](time, draw.uniform(1.2, 2.8), draw) * syllables


def break_glass(time: Samples, draw: Generator) -> Samples:
    """A burst of high noise that rings on, and pieces that fall; time in seconds (frames,)."""
    burst = coloured_noise(len(time), draw, RATE, slope=0.3, band=(2500, 15000)) * np.exp(
        -time / draw.uniform(0.03, 0.1)
    )
    pitches = draw.uniform(2500, 9000, 6)
    ringing = sum(np.sin(2 * np.pi * pitch * time) for pitch in pitches) * np.exp(-time / draw.uniform(0.1, 0.3))
    return burst + 0.15 * ringing + 0.2 * KINDS[4](time, draw.uniform(2, 4), draw)


def shoot(time: Samples, draw: Generator) -> Samples:
    """A burst of low noise with an echo; time in seconds (frames,)."""
    burst = np.exp(-time / draw.uniform(0.03, 0.09)) + 0.15 * np.exp(-time / draw.uniform(0.2, 0.5))
    return coloured_noise(len(time), draw, RATE, slope=-0.6, band=(90, draw.uniform(4000, 9000))) * burst


def _distract(time: Samples, draw: Generator) -> Samples:
    return KINDS[draw.choice(DISTRACTORS)](time, draw.uniform(0, VARIANTS - 1), draw)


#: Each class: how it sounds, and from how many to how many seconds.
EVENTS: dict[str, tuple[Callable[[Samples, Generator], Samples], float, float]] = {
    "babycry": (cry, 0.7, 2.4),
    "glassbreak": (break_glass, 0.3, 1.5),
    "gunshot": (shoot, 0.25, 1.2),
}


def _fill(layout: Layout, seconds: float, evaluation_mixtures: int, seed: int) -> None:
    params = {
        "devtrain": MixingParams(mixtures_per_class=24),
        "devtest": MixingParams(mixtures_per_class=24),
        "evaltest": MixingParams(mixtures_per_class=evaluation_mixtures, seed=13),
    }
    backgrounds: dict[str, list[Background]] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = []
        for subset, names in BACKGROUNDS.items():
            backgrounds[subset] = [
                Background(f"audio/{name}.wav", SCENES[number % len(SCENES)]) for number, name in enumerate(names)
            ]
            folder = layout.source_data(subset) / "bgs"
            waiting += [pool.submit(_write_background, folder, one, seconds, seed) for one in backgrounds[subset]]
        for subset in SUBSETS:
            events = {
                label: [
                    event
                    for number in range(ORIGINALS[subset])
                    for event in _write_event(layout, subset, label, number, 0.3 * seconds, seed)
                ]
                for label in CLASSES
            }
            write_lists(layout, subset, backgrounds[subset], events)
            write_params(layout, subset, params[subset])
        for one in waiting:
            one.result()
    write_screening(layout, [*backgrounds["devtrain"], *backgrounds["devtest"]], FLAGGED)
    write_documents(layout, LICENCE, LICENCE)
    sources = Sources.read(layout.source_data("evaltest"), "evaltest")
    write_subset(sources, params["evaltest"], layout.data("evaltest"))


def _write_background(folder: Path, background: Background, seconds: float, seed: int) -> None:
    """A place: coloured noise in two channels, and other sounds now and then."""
    draw = np.random.default_rng(derive(seed, "miniature", "dcase2017_rare", background.filepath))
    frames = round(seconds * RATE)
    slope = draw.uniform(-0.9, -0.3)
    shared = coloured_noise(frames, draw, RATE, slope)
    samples = np.stack([0.8 * shared + 0.6 * coloured_noise(frames, draw, RATE, slope) for _ in range(2)], axis=1)
    for _ in range(round(draw.uniform(0.4, 0.8) * seconds)):
        _add(samples, _distract, (0.2, 1.0), draw)
    for label, flagged in FLAGGED.items():
        if background.filepath in flagged:
            sound, shortest, longest = EVENTS[label]
            _add(samples, sound, (min(shortest, 0.3 * seconds), min(longest, 0.3 * seconds)), draw)
    samples *= 10 ** (-draw.uniform(30, 42) / 20) / np.sqrt(np.mean(samples**2))
    write_wav(folder / background.filepath, samples, RATE, "PCM_24")


def _add(
    samples: np.ndarray, sound: Callable[[Samples, Generator], Samples], length: tuple[float, float], draw: Generator
) -> None:
    """Add a sound to a background, at a random time, up to 8 dB above or 6 dB below it."""
    frames = int(draw.uniform(*length) * RATE)
    start = int(draw.uniform(0, len(samples) - frames))
    event = sound(np.arange(frames) / RATE, draw) * fade(frames, int(0.01 * RATE))
    event *= 10 ** (draw.uniform(-6, 8) / 20) / max(float(np.sqrt(np.mean(event**2))), 1e-9)
    samples[start : start + frames] += event[:, np.newaxis]


def _write_event(layout: Layout, subset: str, label: str, number: int, longest: float, seed: int) -> list[Event]:
    """An original and the one or two events in it; every fourth has two."""
    draw = np.random.default_rng(derive(seed, "miniature", "dcase2017_rare", subset, label, number))
    rate, channels, form = FORMS[number % len(FORMS)]
    name = f"{9000 + 1000 * SUBSETS.index(subset) + 100 * CLASSES.index(label) + number}.wav"
    sound, low, high = EVENTS[label]
    segments: list[tuple[float, float]] = []
    end = 0.0
    for _ in range(2 if number % 4 == 3 else 1):
        start = round(end + 0.1 * int(draw.integers(0, 3)), 1)  # some begin with the file
        end = round(start + max(0.2, round(float(draw.uniform(min(low, longest), min(high, longest))), 1)), 1)
        segments.append((start, end))
    samples = 1e-4 * draw.standard_normal((round((end + 0.2) * rate), channels))
    for start, end in segments:
        place = slice(round(start * rate), round(end * rate))
        time = np.arange(place.stop - place.start) / rate
        event = sound(time, draw) * fade(len(time), int(0.004 * rate))
        samples[place] += (0.5 * draw.uniform(0.2, 1.0) * event / np.abs(event).max())[:, np.newaxis]
    path = layout.source_data(subset) / "events" / label / name
    write_wav(path, samples, rate, form)
    write_event_notes(path.with_suffix(".yaml"), segments, name=f"formula {number}", licence="CC0")
    return [Event(label, name, segment) for segment in segments]
