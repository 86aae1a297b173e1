"""From recipes to features on one core: rare-event mixtures of 30 s made by the harness, beside the plain way.

The plain way is what the official tools do one after the other: read background and event, mix, write 24-bit WAV, read
it again, librosa's log-mel spectrogram, float16.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.bench.ratio import Measure, alternate, seconds, times_as_fast
from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.sources import Background, Event, Sources
from datasets.features import make_extractor
from datasets.features.cache import FeatureCache

RATE, SECONDS = 44100, 30
#: The training mixtures of a class, and their bands (MTFA paper, sections 2.1 and 3.1).
MIXTURES, BANDS = 5000, 128


def measure(rounds: int, count: int) -> Iterator[Measure]:
    """All measures, from `count` mixtures of noise on noise."""
    extractor = make_extractor("log_mel_mtfa")
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        root = Path(folder)
        sources = _write_sources(root / "source_data")
        params = MixingParams(mixtures_per_class=count, event_presence_prob=0.99, seed=1)
        kept = MixtureSet.select(sources, CLASSES[0], params, cache=root / "cache")

        def with_sources_kept() -> None:
            for item in kept.items:
                extractor(kept.load(item), RATE)

        def decoding_each_time() -> None:
            for item in kept.items:
                fresh = MixtureSet(sources, CLASSES[0], [r for r in kept.recipes if r.name == item])
                extractor(fresh.load(item), RATE)

        def plain() -> None:
            for recipe in kept.recipes:
                _plain(sources, recipe, root / "mixture.wav")

        note = f"{len(kept.items)} mixtures of {SECONDS} s, {BANDS} bands, one core"
        pairs = alternate(with_sources_kept, plain, rounds)
        name = "mixing and log-mel, sources kept, beside the plain way"
        yield Measure.of(name, times_as_fast(pairs), "x", 2.0, note=note)
        pairs = alternate(decoding_each_time, plain, rounds)
        yield Measure.of("mixing and log-mel, sources decoded each time", times_as_fast(pairs), "x", 1.5, note=note)
        speeds = [len(kept.items) * SECONDS / seconds(with_sources_kept) for _ in range(rounds)]
        yield Measure.of("mixing and log-mel over real time", speeds, "x", 300.0, note=note)
        stored = FeatureCache(root / "cache").open(kept, extractor, kept.items, [""] * len(kept.items), jobs=1)
        size = stored.array.nbytes / len(kept.items) * MIXTURES / 1e9
    yield Measure.of(
        f"features of {MIXTURES} mixtures", [size], "GB", 1.95, "below", f"{stored.array.dtype}, per class"
    )


def _write_sources(folder: Path) -> Sources:
    """A few backgrounds and events in the official formats, and their lists."""
    import soundfile

    draw = np.random.default_rng(0)
    backgrounds = [f"audio/a{number:03d}_0_30.wav" for number in range(4)]
    for filepath in backgrounds:
        path = folder / "bgs" / filepath
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, draw.normal(0, 0.02, (SECONDS * RATE, 2)), RATE, subtype="PCM_24")
    for label in CLASSES:
        path = folder / "events" / label / "1.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, draw.normal(0, 0.1, (2 * RATE, 1)), RATE, subtype="PCM_16")
    listed = tuple(Background(filepath, "park") for filepath in backgrounds)
    events = {label: (Event(label, "1.wav", (0.2, 1.6)),) for label in CLASSES}
    return Sources("devtrain", folder, listed, events, {})


def _plain(sources: Sources, recipe: Recipe, path: Path) -> np.ndarray:
    import librosa
    import soundfile

    mixture = soundfile.read(sources.background_path(recipe.bg_path))[0].mean(axis=1)
    if recipe.event_path and recipe.segment and recipe.onset is not None:
        event = soundfile.read(sources.event_path(recipe.event_path), always_2d=True)[0].mean(axis=1)
        start, end = (int(time * RATE) for time in recipe.segment)
        event, onset = event[start:end], int(recipe.onset * RATE)
        under = mixture[onset : onset + len(event)]
        factor = 10 ** (recipe.ebr / 20) * np.sqrt(np.mean(under**2)) / np.sqrt(np.mean(event**2))
        mixture[onset : onset + len(event)] += factor * event
    soundfile.write(path, 0.2 * mixture, RATE, subtype="PCM_24")
    samples = soundfile.read(path, dtype="float32")[0]
    bands = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=2048, hop_length=882, win_length=1764, window="hamming", n_mels=BANDS,
        pad_mode="reflect",
    )  # fmt: skip
    return np.log(np.maximum(bands, 1e-10)).astype(np.float16)
