"""Librosa is the oracle, put together as the official baseline's code does it; for derivatives NumPy's line fit is."""

import librosa
import numpy as np
import pytest

from datasets.features import make_extractor

RATE = 44100


def noise():
    return (0.1 * np.random.default_rng(0).standard_normal(RATE) * np.linspace(1e-3, 1, RATE)).astype(np.float32)


def slopes(values):
    """The slope of the line through nine frames, borders repeated."""
    padded = np.pad(values, [(0, 0), (4, 4)], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 9, axis=1)
    fitted = np.polyfit(np.arange(9), windows.reshape(-1, 9).T, 1)[0]
    return fitted.reshape(values.shape)


def test_they_are_those_of_the_baselines_code():
    power = librosa.feature.melspectrogram(
        y=noise(), sr=RATE, n_fft=2048, hop_length=882, window="hamming", n_mels=40, power=2.0, pad_mode="reflect"
    )
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=20)
    derivatives = [slopes(mfcc), slopes(slopes(mfcc))]
    found = make_extractor("mfcc_scenes")(noise(), RATE)
    assert found.shape == (51, 60) and found.dtype == np.float32
    mfcc_found, first, second = found.T.reshape(3, 20, 51)
    assert mfcc_found == pytest.approx(mfcc, abs=1e-3)
    assert first == pytest.approx(derivatives[0], abs=1e-3)
    # Librosa of that time gave it four frames late; its first frames have the start of the filter.
    assert second[:, 8:] == pytest.approx(derivatives[1][:, 4:-4], abs=1e-3)


def test_too_few_frames_and_another_rate_are_refused():
    with pytest.raises(ValueError, match="8 frames are too few"):
        make_extractor("mfcc_scenes")(noise()[: 7 * 882 + 100], RATE)
    with pytest.raises(ValueError, match="needs 44100 Hz"):
        make_extractor("mfcc_scenes")(noise(), 48000)
