"""Features of acoustic scenes: several band counts from one pass over the files, beside passes of their own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.bench.ratio import Measure, alternate, times_as_fast
from benchmarks.runs.build import import_class
from datasets.features import Extractor, make_extractor
from datasets.features.cache import FeatureCache

#: Band counts of the PB-CNN paper's Table 1, and the FFT lengths of one's own choice for them, as librosa is told.
BANDS = {60: 2048, 128: 2048, 256: 2048, 512: 4096}
RATE, WINDOW, HOP, FLOOR = 44100, 1764, 882, 1e-10


def measure(rounds: int, count: int, seconds: float) -> Iterator[Measure]:
    """What one core does with `count` made-up files of so many seconds, 24 bit and stereo as those of the dataset."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        files = Files(Path(folder) / "audio", count, seconds)
        extractors = [make_extractor("log_mel_scenes", n_mels=bands) for bands in BANDS]
        note = f"{count} files of {seconds:g} s, reading and writing included, one core"

        def together() -> None:
            files.extract(folder, extractors[0], extractors)

        def apart() -> None:
            for extractor in extractors:
                files.extract(folder, extractor)

        name = f"{len(BANDS)} band counts in one pass"
        pairs = alternate(together, apart, rounds)
        yield Measure.of(f"{name}, a file", [1000 * taken / count for taken, _ in pairs], "ms", note=note)
        yield Measure.of(f"{name} beside four passes", times_as_fast(pairs), "x", 1.6, note=note)
        pairs = alternate(together, lambda: files.by_librosa(), rounds)
        note = f"{note}; librosa reads once, and takes a spectrogram for each band count"
        yield Measure.of(f"{name} beside librosa's", times_as_fast(pairs), "x", 1.5, note=note)
        pairs = alternate(together, lambda: files.by_librosa(shared=True), rounds)
        note = f"{note.partition(';')[0]}; librosa reads once, and takes a spectrogram for each FFT"
        yield Measure.of(f"{name} beside librosa's, shared by hand", times_as_fast(pairs), "x", note=note)


class Files:
    """Made-up scenes: a dataset as the feature cache needs it."""

    name, sample_rate = "bench_scenes", RATE

    def __init__(self, folder: Path, count: int, seconds: float) -> None:
        import soundfile

        folder.mkdir()
        draw = np.random.default_rng(0)
        self.paths = {f"{number}.wav": folder / f"{number}.wav" for number in range(count)}
        self.seconds = seconds
        for path in self.paths.values():
            soundfile.write(path, 0.1 * draw.standard_normal((round(seconds * RATE), 2)), RATE, subtype="PCM_24")

    def fingerprint(self) -> str:
        """The files never change."""
        return "0" * 16

    def load(self, item: str) -> NDArray[np.float32]:
        """The samples of a file, as the dataset reads it."""
        return import_class("datasets.dcase2016_asc.reading.read_scene")(self.paths[item], self.seconds)[0]

    def extract(self, folder: str, extractor: Extractor, beside: list[Extractor] | None = None) -> None:
        """Fill a new cache."""
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            items = list(self.paths)
            FeatureCache(cache).open(self, extractor, items, [""] * len(items), jobs=1, beside=lambda: beside or [])

    def by_librosa(self, shared: bool = False) -> list[NDArray[np.float16]]:
        """All band counts by librosa in memory, without a check; `shared`: an STFT serves all counts of its length."""
        import librosa

        found = []
        for path in self.paths.values():
            samples, _ = librosa.load(path, sr=None, mono=True)
            powers: dict[int, NDArray[np.float32]] = {}
            for bands, n_fft in BANDS.items():
                if n_fft not in powers or not shared:
                    spectrum = librosa.stft(samples, n_fft=n_fft, hop_length=HOP, win_length=WINDOW, window="hamming")
                    powers[n_fft] = np.abs(spectrum) ** 2
                mel = librosa.feature.melspectrogram(S=powers[n_fft], sr=RATE, n_mels=bands)
                found.append(np.log(np.maximum(mel, FLOOR)).astype(np.float16))
        return found
