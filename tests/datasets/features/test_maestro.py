"""Librosa and torch are the oracles."""

import warnings

import librosa
import numpy as np
import pytest
import soxr
import torch

from datasets.errors import DataError
from datasets.features import make_extractor
from datasets.features.cache import FeatureCache
from datasets.features.maestro import LogMelMaestro, MagnitudeMaestro
from tests.datasets.batches.fake_activity import FakeStreet

RATE = 44100

pytestmark = pytest.mark.filterwarnings("ignore:log_mel_maestro. 9 of 64:UserWarning", "ignore:Empty filters")


def noise(seconds):
    n = round(seconds * RATE)
    return (0.1 * np.random.default_rng(0).standard_normal(n) * np.linspace(1e-4, 1, n)).astype(np.float32)


def test_magnitudes_are_librosas():
    plain = librosa.feature.melspectrogram(
        y=noise(4.3), sr=RATE, n_fft=17640, hop_length=8820, window="hann", n_mels=64, fmin=50, fmax=14000,
        power=1.0, center=True, pad_mode="reflect",
    )  # fmt: skip
    found = MagnitudeMaestro()(noise(4.3), RATE)
    assert found.shape == (22, 64) and found.dtype == np.float32
    assert found == pytest.approx(plain.T, rel=1e-4, abs=1e-6)
    assert MagnitudeMaestro().per_second == 5


def published(samples, hop, top):
    """The published steps, by torch and librosa: samples (n,) at 16 kHz."""
    padded = torch.nn.functional.pad(torch.from_numpy(samples)[None], ((2 * hop - hop) // 2,) * 2, mode="reflect")
    spectrum = torch.stft(
        padded[0], 2 * hop, hop, 2 * hop, torch.hann_window(2 * hop), center=False, return_complex=True
    )
    magnitude = torch.sqrt(spectrum.real**2 + spectrum.imag**2 + 1e-9)
    bank = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=2 * hop, n_mels=64, fmin=50, fmax=top))
    return torch.log(torch.clamp(bank @ magnitude, min=1e-5)).T.numpy()


@pytest.mark.parametrize(("hop", "top"), [(3200, 14000.0), (800, 14000.0), (3200, 8000.0)])
def test_logarithms_are_those_of_the_authors_steps(hop, top):
    heard = soxr.resample(noise(3), RATE, 16000)
    assert LogMelMaestro(hop, top)(noise(3), RATE) == pytest.approx(published(heard, hop, top), abs=2e-3)


def test_seconds_apart_are_mirrored_each_by_itself():
    heard = soxr.resample(noise(3), RATE, 16000)
    expected = np.concatenate([published(heard[at : at + 16000], 3200, 14000.0) for at in (0, 16000, 32000)])
    apart, whole = LogMelMaestro(apart=True)(noise(3), RATE), LogMelMaestro()(noise(3), RATE)
    assert apart == pytest.approx(expected, abs=2e-3)
    inner = [frame for frame in range(15) if frame % 5 not in (0, 4)]
    # A product of more frames at a time may round otherwise, by the processor.
    assert np.allclose(apart[inner], whole[inner], rtol=1e-6, atol=1e-5) and not np.allclose(apart[4], whole[4])


def test_nine_bands_are_empty_and_told_and_none_below_nyquist():
    with pytest.warns(UserWarning, match="9 of 64 bands are empty, always -11.5.*with top=8000 none does"):
        extractor = LogMelMaestro()
    weights = librosa.filters.mel(sr=16000, n_fft=6400, n_mels=64, fmin=50, fmax=14000)
    empty = ~weights.any(axis=1)
    assert extractor.empty_bands == empty.sum() == 9
    assert np.flatnonzero(empty).tolist() == list(range(55, 64))
    constant = (extractor(noise(2), RATE) == np.log(np.float32(1e-5))).all(axis=0)
    assert np.array_equal(constant, empty)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LogMelMaestro(top=8000.0).empty_bands == 0


def test_frames_are_those_of_complete_seconds():
    assert LogMelMaestro()(noise(41), RATE).shape == (205, 64)
    assert LogMelMaestro()(noise(2.9), RATE).shape == (10, 64)
    assert LogMelMaestro(800)(noise(2), RATE).shape == (40, 64)
    assert np.isfinite(LogMelMaestro()(np.zeros(RATE, dtype=np.float32), RATE)).all()


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="44099 samples are less than a second"):
        LogMelMaestro()(noise(1)[:-1], RATE)
    with pytest.raises(ValueError, match="log_mel_maestro needs 44100 Hz, not 16000 Hz"):
        LogMelMaestro()(noise(1), 16000)
    with pytest.raises(ValueError, match="hop 3000 is no part of a second"):
        LogMelMaestro(3000)


def test_recordings_of_any_length_are_kept_frame_by_frame(tmp_path):
    street = FakeStreet()
    items = list(street.lengths)[:3]
    kept = FeatureCache(tmp_path).open(street, make_extractor("log_mel_maestro"), items, [""] * 3, jobs=1)
    assert kept.counts.tolist() == [5 * int(street.lengths[item]) for item in items]
    assert kept.array.shape == (kept.counts.sum(), 64)
    alone = make_extractor("log_mel_maestro")(street.load(items[1]), RATE)
    assert np.array_equal(kept.array[kept.counts[0] : kept.counts[:2].sum()], alone)


def test_a_recording_of_less_than_a_second_is_one_line(tmp_path):
    street = FakeStreet({"cafe_0": 0.5})
    with pytest.raises(DataError, match=r"^cafe_0: 22050 samples are less than a second$"):
        FeatureCache(tmp_path).open(street, make_extractor("log_mel_maestro"), ["cafe_0"], [""], jobs=1)
