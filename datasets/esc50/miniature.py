"""A small ESC-50: the real v2 layout, 50 classes in five folds, parametric sounds, shorter clips."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets.audio import write_wav
from datasets.esc50.layout import CATEGORIES, COLUMNS, ESC10_TARGETS, FOLDS
from datasets.generated import LICENCE, write_once
from datasets.seeds import derive
from datasets.sounds.parametric import KINDS, render

VERSION = 1
RATE = 44100
#: How often two clips of a class and fold are takes of one source.
SHARED_SOURCE = 0.25


class _Clip(NamedTuple):
    fold: int
    source: int
    take: str
    target: int

    @property
    def name(self) -> str:
        return f"{self.fold}-{self.source}-{self.take}-{self.target}.wav"


def write(root: Path, clips_per_class_and_fold: int = 2, clip_seconds: float = 2.0, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters.

    The folder gets its name when everything is in it. The clips are the only thing shortened, and `miniature.json`
    says so. Raises DataError where `root` holds something else than a miniature, or cannot be written.
    """
    declared = {
        "corpus": "miniature",
        "dataset": "esc50",
        "version": VERSION,
        "clips_per_class_and_fold": clips_per_class_and_fold,
        "clip_seconds": clip_seconds,
        "seed": seed,
    }
    clips = list(_clips(clips_per_class_and_fold, seed))

    def fill(folder: Path) -> None:
        _write_files(folder, clips, round(RATE * clip_seconds), seed)

    def is_whole(folder: Path, _: object) -> bool:
        return len(list((folder / "audio").glob("*.wav"))) == len(clips)

    write_once(root, "miniature.json", declared, fill, is_whole)


def recipe(target: int) -> tuple[int, int]:
    """The kind of sound of a class, and its variant. The ten classes of ESC-10 are the middles of the ten kinds."""
    if target in ESC10_TARGETS:
        return ESC10_TARGETS.index(target), 2
    others = [other for other in range(len(CATEGORIES)) if other not in ESC10_TARGETS]
    number = others.index(target)
    return number % len(KINDS), (0, 1, 3, 4)[number // len(KINDS)]


def _clips(per_class_and_fold: int, seed: int) -> Iterator[_Clip]:
    """All clips; sources are numbered in random order, so that a few names in order hold many classes."""
    draw = np.random.default_rng(derive(seed, "miniature", "esc50", "sources"))
    places = [(fold, target) for fold in FOLDS for target in range(len(CATEGORIES))]
    numbers = iter(900001 + draw.permutation(len(places) * per_class_and_fold))
    for fold, target in places:
        take = 0
        for clip in range(per_class_and_fold):
            take = take + 1 if clip and draw.uniform() < SHARED_SOURCE else 0
            if take == 0:
                source = int(next(numbers))
            yield _Clip(fold, source, chr(ord("A") + take), target)


def _write_files(work: Path, clips: list[_Clip], frames: int, seed: int) -> None:
    (work / "audio").mkdir(parents=True)
    (work / "meta").mkdir()
    (work / "LICENSE").write_text(LICENCE)
    rows = [",".join(COLUMNS)]
    for clip in sorted(clips, key=lambda clip: clip.name):
        is_esc10 = clip.target in ESC10_TARGETS
        fields = (clip.name, clip.fold, clip.target, CATEGORIES[clip.target], is_esc10, clip.source, clip.take)
        rows.append(",".join(map(str, fields)))
    (work / "meta" / "esc50.csv").write_text("\n".join(rows) + "\n", newline="\n")

    def write_clip(clip: _Clip) -> None:
        source = np.random.default_rng(derive(seed, "miniature", "esc50", clip.source))
        take = np.random.default_rng(derive(seed, "miniature", "esc50", clip.source, clip.take))
        samples = render(*recipe(clip.target), frames, RATE, source, take)
        write_wav(work / "audio" / clip.name, samples, RATE, "PCM_16")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write_clip, clips))
