"""Librosa is the oracle, put together as the official baseline's code does it."""

import librosa
import numpy as np
import pytest

from datasets.features import make_extractor

RATE = 44100


def noise():
    return (0.1 * np.random.default_rng(0).standard_normal(RATE) * np.linspace(1e-3, 1, RATE)).astype(np.float32)


def test_they_are_those_of_the_baselines_code():
    power = librosa.feature.melspectrogram(
        y=noise(), sr=RATE, n_fft=2048, hop_length=882, window="hamming", n_mels=40, power=2.0, pad_mode="reflect"
    )
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=20)
    derivatives = [librosa.feature.delta(mfcc, width=9, order=order) for order in (1, 2)]
    found = make_extractor("mfcc_scenes")(noise(), RATE)
    assert found.shape == (51, 60) and found.dtype == np.float32
    assert found == pytest.approx(np.vstack([mfcc, *derivatives]).T, abs=1e-3)


def test_too_few_frames_and_another_rate_are_refused():
    with pytest.raises(ValueError, match="8 frames are too few"):
        make_extractor("mfcc_scenes")(noise()[: 7 * 882 + 100], RATE)
    with pytest.raises(ValueError, match="needs 44100 Hz"):
        make_extractor("mfcc_scenes")(noise(), 48000)
