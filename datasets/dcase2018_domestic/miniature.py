"""A small DCASE 2018 Task 4: the real layout with its quirks, parametric sounds, clips of 2 s instead of 10.

Like the real set it has test clips that were training clips first (they stand in `files_to_remove.csv`, and on the
original test list alone), clips that are shorter than the others, a row that names a label twice, and evaluation clips
without events.
"""

import os
import string
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from datasets.audio import write_wav
from datasets.dcase2018_domestic.layout import CLEAN, EVALUATION, ORIGINAL, REMOVED, TEST_AUDIO, TRAIN_AUDIO, WEAK
from datasets.dcase2018_domestic.lists import CLASSES
from datasets.generated import LICENCE, count_files, has_its_files, write_once
from datasets.seeds import derive
from datasets.sounds.parametric import KINDS, VARIANTS, Samples, coloured_noise, fade

VERSION = 1
RATE = 44100
#: Clips on the weak list, on each of the two test lists, and of the latter on the original one alone.
WEAK_CLIPS, TEST_CLIPS, LEAKING = 72, 42, 6
#: How many clips of ten have one, two and three classes; the real list has 62, 33 and 5 of a hundred.
SIZES = (1, 2, 1, 2, 1, 3, 1, 2, 1, 2)
#: One clip of so many is shorter than the others.
SHORT = 12
#: Length of an event in shares of its clip; root mean square of an event over that of its background, dB.
LENGTHS, RATIOS = (0.25, 0.6), (5.0, 17.0)
#: Root mean square of a whole clip, dB below full scale.
LEVELS = (-42.0, -18.0)

_LETTERS = string.ascii_letters + string.digits + "_-"
_STRONG = ("filename", "onset", "offset", "event_label")


class _Event(NamedTuple):
    label: str
    onset: float
    offset: float


class _Clip(NamedTuple):
    item: str
    seconds: float
    events: tuple[_Event, ...]

    @property
    def labels(self) -> list[str]:
        return list(dict.fromkeys(event.label for event in self.events))


def write(root: Path, clip_seconds: float = 2.0, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (about 20 MB).

    Every class has at least five positives on either test list. Clips are shorter than the real ones, and
    `miniature.json` says so. Raises DataError where `root` holds something else than a miniature, or cannot be written.
    """
    declared = {
        "corpus": "miniature",
        "dataset": "dcase2018_domestic",
        "version": VERSION,
        "clip_seconds": clip_seconds,
        "seed": seed,
    }

    def fill(folder: Path) -> dict[str, Any]:
        _fill(folder, clip_seconds, seed)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", declared, fill, has_its_files)


def _fill(folder: Path, seconds: float, seed: int) -> None:
    draw = np.random.default_rng(derive(seed, "miniature", "dcase2018_domestic", "lists"))
    sets = _label_sets(TEST_CLIPS, draw)
    # The leaking clips have the labels of those that replace them, so that both test lists have as many positives.
    leaking = [_clip(labels, number, seconds, draw) for number, labels in enumerate(sets[-LEAKING:])]
    weak = [_clip(labels, number, seconds, draw) for number, labels in enumerate(_label_sets(WEAK_CLIPS, draw))]
    weak = [*leaking, *weak[LEAKING:]]
    test = [_clip(labels, number, seconds, draw) for number, labels in enumerate(sets)]
    evaluation = [_clip(labels, 0, seconds, draw) for labels in [*_label_sets(4, draw), [], []]]
    _write_table(
        folder / WEAK, ("filename", "event_labels"), [(one.item, _joined(one, n)) for n, one in enumerate(weak)]
    )
    _write_table(folder / CLEAN, _STRONG, _rows(test))
    _write_table(folder / ORIGINAL, _STRONG, _rows([*test[:-LEAKING], *leaking]))
    _write_table(folder / REMOVED, ("filename",), [(one.item,) for one in leaking])
    _write_table(folder / EVALUATION, _STRONG, _rows(evaluation))
    (folder / "LICENSE").write_text(LICENCE)
    for name, clips in ((TRAIN_AUDIO, weak), (TEST_AUDIO, test)):
        (folder / name).mkdir(parents=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda clip, name=name: _write_clip(folder / name / clip.item, clip, seed), clips))


def _label_sets(count: int, draw: Generator) -> list[list[str]]:
    """The classes of each clip: always those that were used least so far, at random among equals."""
    used = dict.fromkeys(CLASSES, 0)
    sets = []
    for number in range(count):
        chance = dict(zip(CLASSES, draw.random(len(CLASSES)), strict=True))
        labels = sorted(CLASSES, key=lambda label: (used[label], chance[label]))[: SIZES[number % len(SIZES)]]
        for label in labels:
            used[label] += 1
        sets.append(labels)
    return sets


def _clip(labels: Sequence[str], number: int, longest: float, draw: Generator) -> _Clip:
    """A clip that is named like an excerpt of a video, its events placed at random on a grid of 1 ms."""
    seconds = round(longest * float(draw.uniform(0.4, 0.9)), 2) if number % SHORT == SHORT - 1 else longest
    start = 10.0 * int(draw.integers(0, 30))
    name = "".join(_LETTERS[place] for place in draw.integers(0, len(_LETTERS), 11))
    events = []
    for label in labels:
        length = round(seconds * float(draw.uniform(*LENGTHS)), 3)
        onset = round(float(draw.uniform(0, seconds - length)), 3)
        events.append(_Event(label, onset, round(onset + length, 3)))
    return _Clip(f"Y{name}_{start:.3f}_{start + seconds:.3f}.wav", seconds, tuple(events))


def _write_clip(path: Path, clip: _Clip, seed: int) -> None:
    """Coloured noise with the clip's events in it, at a level of its own: 16 bit, mono."""
    draw = np.random.default_rng(derive(seed, "miniature", "dcase2018_domestic", clip.item))
    frames = round(clip.seconds * RATE)
    samples = coloured_noise(frames, draw, RATE, slope=float(draw.uniform(-0.9, -0.3)))
    for event in clip.events:
        start, end = (min(frames, round(time * RATE)) for time in (event.onset, event.offset))
        samples[start:end] += _sound(event.label, end - start, draw) * 10 ** (draw.uniform(*RATIOS) / 20)
    samples *= 10 ** (draw.uniform(*LEVELS) / 20) / np.sqrt(np.mean(samples**2))
    write_wav(path, samples * min(1.0, 0.99 / np.abs(samples).max()), RATE, "PCM_16")


def _sound(label: str, frames: int, draw: Generator) -> Samples:
    """A sound of a class, one kind each, in any of its variants: (frames,), of unit power."""
    position = draw.uniform(1.0, VARIANTS - 2.0)
    sound = KINDS[CLASSES.index(label)](np.arange(frames) / RATE, float(position), draw) * fade(frames, RATE // 100)
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)


def _joined(clip: _Clip, number: int) -> str:
    """The labels of a row; the real list has three rows that name one twice."""
    labels = clip.labels
    return ",".join([*labels, labels[-1]] if number == LEAKING else labels)


def _rows(clips: Iterable[_Clip]) -> list[tuple[str, ...]]:
    """The rows of a list of events; one without times and label for a clip without events."""
    return [
        (clip.item, f"{event.onset:.3f}", f"{event.offset:.3f}", event.label) if event else (clip.item, "", "", "")
        for clip in clips
        for event in (sorted(clip.events, key=lambda event: event.onset) or (None,))
    ]


def _write_table(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)), newline="\n")
