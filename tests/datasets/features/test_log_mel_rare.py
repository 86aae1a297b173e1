import json

import librosa
import numpy as np
import pytest

from datasets.features import extraction, make_extractor
from datasets.features.cache import FeatureCache
from datasets.features.log_mel_rare import htk_weights
from tests.datasets.batches.fake_clips import FakeClips

RATE = 44100
#: Name, default bands, whether energies (else magnitudes), HTK's scale, and what keeps logarithms finite.
CASES = [
    ("log_mel_mtfa", 128, True, False, lambda bands: np.maximum(bands, 1e-10)),
    ("log_mel_baseline", 40, False, False, lambda bands: bands + np.spacing(1)),
    ("log_mel_cakir", 40, False, True, lambda bands: bands + np.spacing(1)),
]


def noise(seconds=1.0, scale=0.1):
    return np.random.default_rng(0).normal(0, scale, round(seconds * RATE)).astype(np.float32)


def plain(samples, n_mels, energies, htk, finite):
    """The same by librosa, in the words of the baseline's parameter files."""
    spectrum = librosa.stft(
        samples, n_fft=2048, hop_length=882, win_length=1764, window="hamming", center=True, pad_mode="reflect"
    )
    weights = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=n_mels, fmin=0, fmax=22050, htk=htk)
    return np.log(finite(weights @ np.abs(spectrum) ** (2 if energies else 1))).T


@pytest.mark.parametrize("given", [None, 24])
@pytest.mark.parametrize(("name", "bands", "energies", "htk", "finite"), CASES)
def test_bands_are_librosas(name, bands, energies, htk, finite, given):
    samples = noise() * np.linspace(1e-4, 1, RATE, dtype=np.float32)
    found = make_extractor(name, **({"n_mels": given} if given else {}))(samples, RATE)
    assert found.shape == (51, given or bands)
    assert found == pytest.approx(plain(samples, given or bands, energies, htk, finite), abs=1e-3)


@pytest.mark.parametrize("n_mels", [40, 64])
def test_htk_weights_are_librosas(n_mels):
    expected = librosa.filters.mel(sr=RATE, n_fft=2048, n_mels=n_mels, htk=True, dtype=np.float64)
    assert htk_weights(RATE, 2048, n_mels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_thirty_seconds_are_the_papers_1501_frames(name):
    assert len(make_extractor(name)(noise(30.0), RATE)) == 1501


@pytest.mark.parametrize(("name", "floor"), [("log_mel_mtfa", -23.0259), ("log_mel_baseline", -36.0437)])
def test_silence_has_a_finite_logarithm(name, floor):
    found = make_extractor(name)(np.zeros(RATE, dtype=np.float32), RATE)
    assert found == pytest.approx(np.full((51, found.shape[1]), floor), abs=1e-3)


@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_another_rate_is_refused(name):
    with pytest.raises(ValueError, match="needs 44100 Hz, not 22050 Hz"):
        make_extractor(name)(noise(), 22050)


@pytest.mark.parametrize("by_workers", [False, True])
def test_they_are_stored_in_two_bytes(tmp_path, monkeypatch, by_workers):
    if by_workers:
        monkeypatch.setattr(extraction, "SECONDS_WORTH_A_WORKER", 0.0)
    clips = FakeClips(per=1)
    items = list(clips.index()["item"])[:6]
    extractor = make_extractor("log_mel_mtfa")
    stored = FeatureCache(tmp_path).open(clips, extractor, items, [""] * 6, jobs=2)
    assert stored.array.dtype == np.float16
    assert stored.array.shape == (6, 51, 128)
    exact = extractor(clips.load(items[-1]), RATE)
    assert stored.array[-1] == pytest.approx(exact, abs=1e-2)
    assert np.array_equal(stored.array[-1], exact.astype(np.float16))
    header = json.loads((tmp_path / "features" / f"{stored.key}.json").read_text())
    assert header["dtype"] == "float16"
    assert header["bytes"] - 2 * 6 * 51 * 128 <= 128  # what numpy's header takes


def test_five_thousand_mixtures_take_less_than_two_gigabytes():
    extractor = make_extractor("log_mel_mtfa")
    frames, bands = extractor(noise(30.0), RATE).shape
    assert 5000 * frames * bands * np.dtype(extractor.dtype).itemsize <= 1.95e9


def test_other_extractors_keep_their_files_and_keys(tmp_path):
    clips = FakeClips(per=1)
    items = list(clips.index()["item"])[:2]
    extractor = make_extractor("mfcc_zcr")
    stored = FeatureCache(tmp_path).open(clips, extractor, items, [""] * 2)
    assert stored.array.dtype == np.dtype("<f4")
    header = json.loads((tmp_path / "features" / f"{stored.key}.json").read_text())
    made_of = [
        "format",
        "dataset",
        "fingerprint",
        "variant",
        "augment_version",
        "extractor",
        "version",
        "params",
        "items",
    ]
    assert list(header) == [*made_of, "signature", "shape", "counts", "bytes", "crc32", "header_crc32"]
