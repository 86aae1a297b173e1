"""A small CHiME-Home: the real layout with its quirks, seven kinds of parametric sound, chunks of 1.5 s, not 4."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr
from numpy.random import Generator

from datasets.audio import write_wav
from datasets.chime_home.annotations import CLASSES, KEYS, SILENCE, UNIDENTIFIABLE, is_refined, majority_vote
from datasets.chime_home.layout import (
    ANNOTATION,
    CROSSVALIDATION,
    DEVELOPMENT,
    DEVELOPMENT_RAW,
    EVALUATION,
    EVALUATION_RAW,
    LISTS,
    MONO,
    STEREO,
)
from datasets.chime_home.lists import SETS, VALIDATION_SET
from datasets.errors import DataError
from datasets.generated import LICENCE, count_files, write_once
from datasets.seeds import derive
from datasets.sounds.parametric import KINDS, Samples, coloured_noise, fade

VERSION = 1
#: Hz, of the stereo and of the mono file.
STEREO_RATE, RATE = 48000, 16000
#: Recordings, which development and evaluation share as in the real set, and where their segments start, seconds.
SESSIONS = ("010120_0900", "010120_1730", "020120_1115")
DEVELOPMENT_STARTS, EVALUATION_STARTS = (0, 300, 900, 2700), (600, 1500)
#: Development segments in each set of the crossvalidation.
SEGMENTS_PER_SET = 2
#: The share of raw chunks that the annotators do not agree on.
DISPUTED = 0.1


class Sound(NamedTuple):
    """How a class sounds: its kind of KINDS, and the range of its parameter; ranges of one kind overlap."""

    kind: int
    low: float
    high: float


#: By letter; women and men differ in pitch alone.
SOUNDS = {
    "c": Sound(7, 2.0, 4.0),
    "m": Sound(0, 0.0, 1.4),
    "f": Sound(0, 1.0, 2.6),
    "v": Sound(1, 0.5, 3.0),
    "p": Sound(4, 0.0, 1.5),
    "b": Sound(6, 0.0, 2.0),
    "o": Sound(3, 0.5, 3.0),
}


@dataclass(frozen=True)
class Chunk:
    """One chunk: its segment and number, what sounds in it, and what the annotators wrote."""

    segment: str
    number: int
    sounds: str
    annotators: tuple[str, str, str]

    @property
    def name(self) -> str:
        """The official name."""
        return f"{self.segment}_chunk{self.number}"

    @property
    def vote(self) -> str:
        """The letters of the majority; c stands before all others, as in 24 votes of the real set."""
        return "".join(sorted(majority_vote(self.annotators), key=lambda letter: (letter != "c", letter)))


def write(root: Path, clip_seconds: float = 1.5, development: int = 80, evaluation: int = 50, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (about 28 MB).

    clip_seconds: length of the chunks. development, evaluation: how many refined chunks; a tenth as many disputed
    chunks stand beside them on the raw lists. Both files of a chunk are there; the stereo one, which nobody reads, is
    packed into 8 bits by the mu law, to save space. Raises DataError where `root` holds something else than a
    miniature, or cannot be written.
    """
    if min(development, evaluation) < 20:
        raise DataError(f"{root}: a miniature needs 20 chunks in both parts, not {development} and {evaluation}")
    segments = {"development": _segments(DEVELOPMENT_STARTS)[: SEGMENTS_PER_SET * len(SETS)]}
    segments["evaluation"] = _segments(EVALUATION_STARTS)
    parts = {
        name: list(_chunks(segments[name], count, np.random.default_rng(derive(seed, "miniature", "chime_home", name))))
        for name, count in (("development", development), ("evaluation", evaluation))
    }
    sets = _sets(segments["development"], [one for one in parts["development"] if is_refined(one.annotators)])
    validation = sum(one == VALIDATION_SET for one in sets.values())
    declared = {
        "corpus": "miniature",
        "dataset": "chime_home",
        "version": VERSION,
        "clip_seconds": clip_seconds,
        "expected": {"train": development - validation, "validation": validation, "test": evaluation},
        "seed": seed,
    }
    files = 3 * sum(map(len, parts.values())) + len(LISTS) + 2  # licence and declaration

    def fill(folder: Path) -> None:
        _fill(folder, parts["development"], parts["evaluation"], sets, clip_seconds, seed)

    def is_whole(folder: Path, _: Any) -> bool:
        return count_files(folder) == files

    write_once(root, "miniature.json", declared, fill, is_whole)


def render(chunk: Chunk, seconds: float, seed: int) -> Samples:
    """The stereo samples (frames, 2) of a chunk at 48 kHz: a noisy room, and its sounds at a place, time and level."""
    draw = np.random.default_rng(derive(seed, "miniature", "chime_home", chunk.name))
    frames = round(seconds * STEREO_RATE)
    room = coloured_noise(frames, draw, STEREO_RATE, slope=-0.6)
    away = 0.4 * np.roll(room, frames // 2)  # what the two channels do not share
    samples = np.stack([0.9 * room + away, 0.9 * room - away], axis=1)
    samples *= 10 ** (-draw.uniform(4, 16) / 20)
    for letter in chunk.sounds:
        sound = SOUNDS[letter]
        length = int(frames * draw.uniform(0.35, 0.9))
        onset = int(draw.uniform(0, frames - length))
        event = KINDS[sound.kind](np.arange(length) / STEREO_RATE, draw.uniform(sound.low, sound.high), draw)
        event *= fade(length, STEREO_RATE // 100)
        event *= 10 ** (-draw.uniform(0, 8) / 20) / max(float(np.sqrt(np.mean(event**2))), 1e-9)
        samples[onset : onset + length] += event[:, np.newaxis] * draw.uniform(0.6, 1.0, 2)
    return samples * 10 ** (-draw.uniform(2, 14) / 20) * 0.9 / np.abs(samples).max()


def _segments(starts: Sequence[int]) -> list[str]:
    return [f"CR_lounge_{session}.s{start}" for start in starts for session in SESSIONS]


def _chunks(segments: Sequence[str], refined: int, draw: Generator) -> Iterator[Chunk]:
    """The raw chunks of a part in random order, `refined` of them refined; every class comes round in turn.

    The first refined chunk is silent, the second has a sound that one annotator cannot name, and one annotator of the
    third repeats a letter.
    """
    letters = "".join(CLASSES)
    chunks = []
    for place in range(refined + round(DISPUTED * refined)):
        main, more = letters[place % len(letters)], draw.choice(list(letters), int(draw.integers(0, 3)))
        sounds = "".join(sorted({main, *more}))
        annotators = _annotate(sounds, place < refined, draw)
        if place == 0:
            sounds, annotators = "", (SILENCE, SILENCE, SILENCE)
        elif place == 1:
            annotators = (sounds, sounds, UNIDENTIFIABLE)
        elif place == 2:
            annotators = (sounds, sounds + sounds[-1], sounds)
        chunks.append(Chunk(segments[place % len(segments)], place // len(segments), sounds, annotators))
    yield from (chunks[place] for place in draw.permutation(len(chunks)))


def _annotate(sounds: str, is_agreed: bool, draw: Generator) -> tuple[str, str, str]:
    """What three annotators write: one may miss a letter of several; where they disagree, one hears another sound."""
    written = [sounds] * 3
    who = int(draw.integers(0, 3))
    if not is_agreed:
        others = [letter for letter in CLASSES if letter not in sounds]
        written[who] = "".join(sorted(sounds + str(draw.choice(others))))
    elif len(sounds) > 1 and draw.uniform() < 0.3:
        written[who] = sounds.replace(str(draw.choice(list(sounds))), "")
    first, second, third = written
    return first, second, third


def _sets(segments: Sequence[str], refined: Sequence[Chunk]) -> dict[str, int]:
    """The set of each refined chunk: that of its segment, but for two segments, as for three of the real set.

    Three chunks of the first segment, of set 0, lie in other sets, and one chunk of a segment of set 2 lies in set 0.
    """
    homes = {segment: place // SEGMENTS_PER_SET for place, segment in enumerate(segments)}
    sets = {chunk.name: homes[chunk.segment] for chunk in refined}
    first = [chunk.name for chunk in refined if chunk.segment == segments[0]]
    sets |= dict(zip(first[:3], SETS[1:4], strict=False))
    sets[next(chunk.name for chunk in refined if homes[chunk.segment] == 2)] = 0
    return sets


def _fill(
    folder: Path,
    development: Sequence[Chunk],
    evaluation: Sequence[Chunk],
    sets: dict[str, int],
    seconds: float,
    seed: int,
) -> None:
    (folder / "chunks").mkdir()
    (folder / "LICENCE.txt").write_text(LICENCE)
    for chunks, raw, refined in ((development, DEVELOPMENT_RAW, DEVELOPMENT), (evaluation, EVALUATION_RAW, EVALUATION)):
        _write_list(folder / raw, [chunk.name for chunk in chunks])
        _write_list(folder / refined, [chunk.name for chunk in chunks if is_refined(chunk.annotators)])
    _write_list(folder / CROSSVALIDATION, [f"{name},{one}" for name, one in sets.items()])

    def write_chunk(chunk: Chunk) -> None:
        place = folder / "chunks"
        (place / f"{chunk.name}{ANNOTATION}").write_text(_annotation(chunk, seconds), newline="\n")
        samples = render(chunk, seconds, seed)
        write_wav(place / f"{chunk.name}{STEREO}", samples, STEREO_RATE, "ULAW")
        mono = soxr.resample(samples[:, 1], STEREO_RATE, RATE)  # the right channel
        write_wav(place / f"{chunk.name}{MONO}", mono, RATE, "PCM_16")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write_chunk, [*development, *evaluation]))


def _write_list(path: Path, rows: Sequence[str]) -> None:
    path.write_text("".join(f"{number},{row}\n" for number, row in enumerate(rows)), newline="\n")


def _annotation(chunk: Chunk, seconds: float) -> str:
    start = chunk.number * round(seconds * STEREO_RATE)
    heard = [one for who, letters in enumerate(chunk.annotators, start=1) for one in (letters, f"{who}.0")]
    values = (chunk.segment, chunk.number, start, *heard, chunk.vote, chunk.name)
    return "".join(f"{key},{value}\n" for key, value in zip(KEYS, values, strict=True))
