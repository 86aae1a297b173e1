"""Librosa is the oracle."""

import warnings

import librosa
import numpy as np
import pytest

from datasets.features import make_extractor
from datasets.features.cache import FeatureCache
from datasets.features.log_mel_scenes import LogMelScenes, empty_filters
from tests.datasets.batches.fake_clips import FakeClips

RATE = 44100
#: Bands of the paper, and the shortest FFT that leaves none empty.
BANDS = [(60, 2048), (128, 2048), (256, 2048), (512, 4096)]


def noise(seconds=1.0):
    draw = np.random.default_rng(0)
    n = round(seconds * RATE)
    return (0.1 * draw.standard_normal(n) * np.linspace(1e-4, 1, n)).astype(np.float32)


@pytest.mark.parametrize(("n_mels", "n_fft"), BANDS)
def test_bands_are_librosas(n_mels, n_fft):
    plain = librosa.feature.melspectrogram(
        y=noise(), sr=RATE, n_fft=n_fft, win_length=1764, hop_length=882, window="hamming", n_mels=n_mels,
        power=2.0, center=True, pad_mode="reflect",
    )  # fmt: skip
    found = LogMelScenes(n_mels)(noise(), RATE)
    assert found.shape == (1, n_mels, 51)
    assert found[0] == pytest.approx(np.log(np.maximum(plain, 1e-10)), abs=1e-3)


@pytest.mark.parametrize(("n_mels", "n_fft"), BANDS)
def test_the_chosen_fft_fills_every_filter_and_is_a_parameter(n_mels, n_fft):
    extractor = make_extractor("log_mel_scenes", n_mels=n_mels)
    weights = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=n_mels)
    assert extractor.fft == extractor.params()["n_fft"] == n_fft
    assert weights.any(axis=1).all()


@pytest.mark.parametrize(("n_fft", "empty"), [(1764, 59), (2048, 41)])
def test_empty_filters_are_told_with_the_numbers(n_fft, empty):
    with pytest.warns(UserWarning, match="Empty filters"):
        weights = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=512, dtype=np.float64)
    assert empty_filters(RATE, n_fft, 512) == (~weights.any(axis=1)).sum() == empty
    with pytest.warns(UserWarning, match=f"{empty} of 512 mel filters are empty with an FFT of {n_fft}.*with 4096"):
        extractor = LogMelScenes(512, n_fft)
    silent = np.isclose(extractor(noise(), RATE)[0], np.log(1e-10)).all(axis=1)
    assert silent.sum() == empty
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LogMelScenes(256, 2048)
        LogMelScenes(512, 4096)


def test_thirty_seconds_are_1501_frames_and_silence_is_finite():
    found = LogMelScenes()(np.zeros(30 * RATE, dtype=np.float32), RATE)
    assert found.shape == (1, 128, 1501)
    assert found == pytest.approx(np.log(1e-10), abs=1e-3)


def test_another_rate_is_refused():
    with pytest.raises(ValueError, match="needs 44100 Hz, not 22050 Hz"):
        LogMelScenes()(noise(), 22050)


def test_several_from_one_pass_are_each_the_same_to_the_bit():
    several = [*(LogMelScenes(n_mels) for n_mels, _ in BANDS), LogMelScenes(60, 4096), LogMelScenes(60, length=1024)]
    together = LogMelScenes.each(several, noise(), RATE)
    assert all(np.array_equal(found, one(noise(), RATE)) for found, one in zip(together, several, strict=True))


def test_they_are_stored_in_two_bytes(tmp_path):
    clips = FakeClips(per=1)
    items = list(clips.index()["item"])[:3]
    stored = FeatureCache(tmp_path).open(clips, LogMelScenes(60), items, [""] * 3)
    assert stored.array.dtype == np.float16 and stored.array.shape == (3, 1, 60, 51)
    assert np.array_equal(stored.array[2], LogMelScenes(60)(clips.load(items[2]), RATE).astype(np.float16))
