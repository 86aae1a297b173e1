"""Decoding and feature extraction beside librosa's and soundfile's, on one core, and on two beside one."""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.bench.corpus import Clips
from benchmarks.bench.ratio import Measure, alternate, times_as_fast
from datasets.features import make_extractor
from datasets.features.cache import FeatureCache

#: Both sides: FFT length, hop and bands of the ACRNN paper; librosa's window has the length of its FFT.
N_FFT, HOP, BANDS = 2048, 512, 128


def measure(clips: Clips, rounds: int, count: int) -> Iterator[Measure]:
    """What one core does with `count` clips of different classes."""
    items, _ = _some(clips, count)
    note = f"{len(items)} clips of {clips.note}, one core"
    with threadpool_limits(1):
        samples = [clips.dataset.load(item) for item in items]
        yield from _extraction(samples, clips.dataset.sample_rate, rounds, note)
        yield from _decoding(samples, clips.dataset.sample_rate, rounds, note)


def two_cores(clips: Clips, rounds: int, count: int) -> Measure:
    """The whole way from `count` files to the cache by two processes beside one."""
    items, labels = _some(clips, count)

    def extract(jobs: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            extractor = make_extractor("log_gammatone_delta")
            FeatureCache(folder).open(clips.dataset, extractor, items, labels, jobs=jobs)

    pairs = alternate(partial(extract, 2), partial(extract, 1), rounds)
    note = f"{len(items)} clips of {clips.note}, decoding, writing and the start of the processes included"
    return Measure.of("extraction on two cores beside one", times_as_fast(pairs), "x", 1.8, note=note)


def _some(clips: Clips, count: int) -> tuple[list[str], list[str]]:
    """At most `count` clips and their labels, of all classes alike."""
    index = clips.dataset.index()
    rows = index.groupby("label").head(max(1, count // index["label"].nunique()))[:count]
    return list(rows["item"]), list(rows["label"])


def _extraction(samples: list[np.ndarray], rate: int, rounds: int, note: str) -> Iterator[Measure]:
    import librosa

    from datasets.features.log_mel import log_mel

    gammatone = make_extractor("log_gammatone_delta")

    def plain(clip: np.ndarray) -> np.ndarray:
        mel = librosa.feature.melspectrogram(y=clip, sr=rate, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS)
        return librosa.power_to_db(mel)

    def plain_with_delta(clip: np.ndarray) -> np.ndarray:
        level = plain(clip)
        return np.stack([level, librosa.feature.delta(level)])

    def each(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[], object]:
        return lambda: [function(clip) for clip in samples]

    pairs = alternate(each(lambda clip: log_mel(clip, rate, BANDS, N_FFT, HOP)), each(plain), rounds)
    yield Measure.of("log-mel beside librosa's", times_as_fast(pairs), "x", 1.7, note=note)
    pairs = alternate(each(lambda clip: gammatone(clip, rate)), each(plain_with_delta), rounds)
    yield Measure.of(
        "log-gammatone + delta beside librosa's log-mel + delta", times_as_fast(pairs), "x", 1.0, note=note
    )


def _decoding(samples: list[np.ndarray], rate: int, rounds: int, note: str) -> Iterator[Measure]:
    """Reading with every check beside soundfile's bare read, for the same clips as WAV and as OGG."""
    import soundfile

    from datasets.audio import read_exact, read_raw

    frames = len(samples[0])

    def plain(paths: list[Path]) -> None:
        for path in paths:
            soundfile.read(path, dtype="float32")

    with tempfile.TemporaryDirectory() as folder:
        for name, reader in (("WAV", read_exact), ("OGG", read_raw)):
            paths = [Path(folder) / f"{number}.{name.lower()}" for number in range(len(samples))]
            for path, clip in zip(paths, samples, strict=True):
                soundfile.write(path, clip, rate)
            ours = partial(_read_all, reader, paths, rate, frames)
            pairs = alternate(ours, partial(plain, paths), rounds)
            per_clip = [1000 * taken / len(samples) for taken, _ in pairs]
            yield Measure.of(f"decoding {name} with all checks", per_clip, "ms per clip", note=note)
            yield Measure.of(f"decoding {name} beside a bare read", times_as_fast(pairs), "x", note=note)


def _read_all(reader: Callable[[Path, int, int], np.ndarray], paths: list[Path], rate: int, frames: int) -> None:
    for path in paths:
        reader(path, rate, frames)
