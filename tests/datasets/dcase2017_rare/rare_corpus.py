"""A corpus of noises in the official layout, small enough for tests: backgrounds of 2 s, events of 0.1 to 0.5 s."""

from pathlib import Path

import numpy as np
import soundfile
import yaml

from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.sources import Background, Event, Sources

RATE = 44100
SECONDS = 2.0
#: Class, file, rate, channels, sample format and segments of each original.
ORIGINALS = [
    ("babycry", "10.wav", 44100, 1, "PCM_16", [[0.1, 0.4], [0.5, 0.9]]),
    ("babycry", "11.wav", 48000, 2, "PCM_24", [[0.2, 0.7]]),
    ("glassbreak", "20.wav", 44100, 2, "PCM_24", [[0, 0.3], [0.6, 0.7]]),
    ("gunshot", "30.wav", 44100, 1, "FLOAT", [[0.25, 0.5]]),
]
PARAMS = MixingParams(mixtures_per_class=8, seed=7)


def write_corpus(folder: Path, subset: str = "devtest", backgrounds: int = 5, flagged: dict | None = None) -> Path:
    """Write `source_data` into `folder`. flagged: class -> backgrounds (by number) in which it is heard."""
    draw = np.random.default_rng(3)
    setup = folder / "cv_setup"
    for one in (setup, folder / "bgs" / "audio", *(folder / "events" / label for label in CLASSES)):
        one.mkdir(parents=True, exist_ok=True)
    names = [f"a{number:03d}_0_30.wav" for number in range(backgrounds)]
    for number, name in enumerate(names):
        noise = draw.normal(0, 0.02 * (number + 1), (round(SECONDS * RATE), 2))
        soundfile.write(folder / "bgs" / "audio" / name, noise, RATE, subtype="PCM_24")
    events: dict[str, list[dict]] = {label: [] for label in CLASSES}
    for label, name, rate, channels, form, segments in ORIGINALS:
        soundfile.write(folder / "events" / label / name, draw.normal(0, 0.1, (rate, channels)), rate, subtype=form)
        meta = {"name": f"sound {name}", "valid_segments": segments, "created": "2012-05-05"}
        events[label] += [{"audio_filename": name, "segment": list(one), "parent_meta": meta} for one in segments]
    # Dumped with aliases, because the events of an original share its metadata.
    (setup / f"events_{subset}.yaml").write_text(yaml.safe_dump(events))
    listed = [{"classid": 0, "classname": "cafe/restaurant", "filepath": f"audio/{name}"} for name in names]
    (setup / f"bgs_{subset}.yaml").write_text(yaml.safe_dump(listed))
    rows = [
        ["x" if number in (flagged or {}).get(label, ()) else "" for label in CLASSES] for number in range(backgrounds)
    ]
    lines = [
        "file,babycry,glassbreak,gunshot",
        *(",".join([name, *row]) for name, row in zip(names, rows, strict=True)),
    ]
    (folder / "bgs" / "bg_screening.csv").write_text("\n".join(lines) + "\n")
    return folder


def listed_sources(subset: str, backgrounds, counts=(106, 96, 134)) -> Sources:
    """Sources without files: named backgrounds, and so many events of 1 s per class."""
    events = {
        label: tuple(Event(label, f"{number}.wav", (0.0, 1.0)) for number in range(count))
        for label, count in zip(CLASSES, counts, strict=True)
    }
    return Sources(subset, Path("nowhere"), tuple(Background(*one) for one in backgrounds), events, {})


def plain_mixture(folder: Path, recipe) -> np.ndarray:
    """The mixture of a recipe by the plainest float64 arithmetic, (frames,), before it is written."""

    def read(path):
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
        mono = samples.mean(axis=1)
        if rate == RATE:
            return mono
        import soxr

        return soxr.resample(mono, rate, RATE, quality="VHQ")

    background = read(folder / "bgs" / recipe.bg_path)
    padded = np.zeros(len(background))
    if recipe.event_present:
        original = read(folder / "events" / recipe.event_path)
        event = original[int(recipe.segment_start_seconds * RATE) : int(recipe.segment_end_seconds * RATE)]
        start = int(recipe.event_start_in_mixture_seconds * RATE)
        padded[start : start + len(event)] = recipe.scaling_factor * event
    mixture = 0.2 * (background + padded)
    peak = np.abs(mixture).max()
    return mixture / peak if peak >= 1 else mixture


def through_a_file(path: Path, samples: np.ndarray) -> np.ndarray:
    """What a reader gets of samples that soundfile wrote as 24 bit: float32 (frames,)."""
    soundfile.write(path, samples, RATE, subtype="PCM_24", format="WAV")
    return soundfile.read(path, dtype="float32")[0]
