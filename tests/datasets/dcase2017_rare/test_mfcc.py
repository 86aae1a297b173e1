"""Librosa is the oracle, put together as the official baseline's parameters say; NumPy's line fit for derivatives."""

import librosa
import numpy as np
import pytest

from datasets.features import make_extractor
from tests.datasets.features.test_mfcc_scenes import slopes

RATE = 44100
PATH = "datasets.dcase2017_rare.mfcc.MfccRare"


def noise():
    return (0.1 * np.random.default_rng(0).standard_normal(RATE) * np.linspace(1e-3, 1, RATE)).astype(np.float32)


def test_they_are_those_of_the_baselines_parameters():
    magnitudes = np.abs(
        librosa.stft(noise(), n_fft=2048, hop_length=882, win_length=1764, window="hamming", pad_mode="reflect")
    )
    bands = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=40) @ magnitudes
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(bands), n_mfcc=20)
    first, second = slopes(mfcc), slopes(slopes(mfcc))
    found = make_extractor(PATH)(noise(), RATE)
    assert found.shape == (51, 59) and found.dtype == np.float32
    # Librosa pads a frame to the FFT's length before it centres it, which moves the mirrored ends.
    np.testing.assert_allclose(found[6:-6, :39], np.vstack([mfcc[1:], first]).T[6:-6], atol=2e-3)
    np.testing.assert_allclose(found[12:-6, 39:], second.T[8:-10], atol=2e-3)  # four frames late


def test_too_few_frames_and_another_rate_are_refused():
    with pytest.raises(ValueError, match="8 frames are too few"):
        make_extractor(PATH)(noise()[: 7 * 882 + 100], RATE)
    with pytest.raises(ValueError, match="needs 44100 Hz"):
        make_extractor(PATH)(noise(), 48000)
