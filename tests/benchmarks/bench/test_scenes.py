"""The measures of scene features compare the same work. No time is asserted."""

import numpy as np
import pytest

from benchmarks.bench import scenes
from datasets.features import make_extractor
from datasets.features.cache import FeatureCache


def test_both_sides_make_the_same_features(tmp_path):
    files = scenes.Files(tmp_path / "audio", 1, 1.0)
    for shared in (False, True):
        for (bands, n_fft), plain in zip(scenes.BANDS.items(), files.by_librosa(shared), strict=True):
            extractor = make_extractor("log_mel_scenes", n_mels=bands)
            ours = FeatureCache(tmp_path).open(files, extractor, ["0.wav"], [""]).array[0, 0]
            assert extractor.fft == n_fft and ours.shape == plain.shape == (bands, 51)
            inner = slice(2, -2)  # librosa fills the ends with zeros
            assert ours[:, inner].astype(float) == pytest.approx(plain[:, inner].astype(float), abs=0.02)


def test_the_targets_stand_beside_the_measures():
    found = {one.name: one.target for one in scenes.measure(rounds=1, count=1, seconds=0.5)}
    assert found == {
        "4 band counts in one pass, a file": None,
        "4 band counts in one pass beside four passes": 1.6,
        "4 band counts in one pass beside librosa's": 1.5,
        "4 band counts in one pass beside librosa's, shared by hand": None,
    }


def test_the_files_are_24_bit_and_stereo(tmp_path):
    import soundfile

    files = scenes.Files(tmp_path / "audio", 1, 0.5)
    told = soundfile.info(files.paths["0.wav"])
    assert (told.samplerate, told.channels, told.subtype, told.duration) == (44100, 2, "PCM_24", 0.5)
    assert files.load("0.wav").shape == (22050,) and np.ptp(files.load("0.wav")) > 0.1
