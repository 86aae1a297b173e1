from dataclasses import dataclass
from typing import ClassVar

import librosa
import numpy as np
import pytest
import scipy.signal

from datasets.features import make_extractor
from datasets.features.log_mel_edc import LogMelEdc

RATES = {44100: (1764, 882), 16000: (640, 320)}
#: The four of the authors' clips that are steadiest from frame to frame: running water, machines.
STEADY = 4


def noise(rate, seconds=1.0, scale=0.1):
    return np.random.default_rng(0).normal(0, scale, round(seconds * rate)).astype(np.float32)


def make(rate=44100, **options):
    return make_extractor("log_mel_edc", rate=rate, **options)


def plain(samples, rate):
    """The same by librosa, in the words of the DCASE 2018 baseline's parameter file; (frames, 64)."""
    length, hop = RATES[rate]
    spectrum = librosa.stft(
        samples, n_fft=2048, hop_length=hop, win_length=length, window="hamming", center=True, pad_mode="reflect"
    )
    weights = librosa.filters.mel(sr=rate, n_fft=2048, n_mels=64, fmin=0, fmax=rate / 2, htk=False)
    return np.log(weights @ np.abs(spectrum) + np.spacing(1)).T


@pytest.mark.parametrize("rate", RATES)
def test_bands_are_librosas_magnitudes(rate):
    samples = noise(rate) * np.linspace(1e-4, 1, rate, dtype=np.float32)
    found = make(rate, frames=50)(samples, rate)
    assert (found.shape, found.dtype) == ((50, 64), np.float32)
    assert found == pytest.approx(plain(samples, rate)[:50], abs=1e-3)


@pytest.mark.parametrize("rate", RATES)
def test_numbers_are_those_of_the_baselines_own_extractor(rate, monkeypatch):
    import dcase_util

    # The window's name in the SciPy that dcase_util was written for. Where clips end, librosa now pads with zeros.
    monkeypatch.setattr(scipy.signal, "hamming", scipy.signal.windows.hamming, raising=False)
    length, hop = RATES[rate]
    official = dcase_util.features.MelExtractor(
        fs=rate, win_length_samples=length, hop_length_samples=hop, spectrogram_type="magnitude",
        window_type="hamming_asymmetric", n_fft=2048, n_mels=64, fmin=0, fmax=rate // 2, htk=False,
        normalize_mel_bands=False, logarithmic=True,
    )  # fmt: skip
    for samples in (noise(rate), np.zeros(rate, dtype=np.float32)):
        found = make(rate, frames=51)(samples, rate)
        assert found[3:-3] == pytest.approx(official.extract(samples).T[3:-3], abs=1e-4)


@pytest.mark.parametrize(("rate", "seconds", "frames"), [(44100, 10.0, 500), (16000, 4.0, 200)])
def test_clips_have_the_papers_frames(rate, seconds, frames):
    assert len(make(rate, frames=frames)(noise(rate, seconds), rate)) == frames
    assert len(make(rate, frames=frames)(noise(rate, 1.3 * seconds), rate)) == frames


def test_silence_is_the_logarithm_of_epsilon():
    found = make()(np.zeros(441000, dtype=np.float32), 44100)
    assert found.min() == pytest.approx(np.log(2.220446e-16), abs=0.01)
    # The epsilon that stands for silence is a constant, of which the window lets some into the low bands.
    assert found[:, 16:] == pytest.approx(np.full((500, 48), -36.04), abs=0.05)
    assert (found[:, 0] > -35).all()


@pytest.mark.parametrize("pad", ["zeros", "min"])
def test_short_clips_are_filled_behind_the_logarithm(pad):
    samples = noise(16000, 1.5)
    found = make(16000, frames=200, pad=pad)(samples, 16000)
    whole = plain(samples, 16000)
    assert (found.shape, found.dtype, len(whole)) == ((200, 64), np.float32, 76)
    assert found[:76] == pytest.approx(whole, abs=1e-3)
    assert (found[76:] == (0.0 if pad == "zeros" else found[:76].min())).all()


def test_parameters_follow_from_the_rate():
    assert make(16000, frames=200).params() == {
        "n_mels": 64, "rate": 16000, "length": 640, "hop": 320, "n_fft": 2048, "frames": 200, "pad": "zeros",
    }  # fmt: skip
    assert (LogMelEdc().length, LogMelEdc().hop) == (1764, 882)
    assert LogMelEdc(pad="min").params() != LogMelEdc().params()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="log_mel_edc needs 16000 Hz, not 44100 Hz"):
        make(16000)(noise(44100), 44100)
    with pytest.raises(ValueError, match="too few"):
        make(16000)(noise(16000, 0.01), 16000)
    with pytest.raises(ValueError, match="96000 Hz are longer than the FFT"):
        make(96000)
    with pytest.raises(ValueError, match="not 'mean'"):
        make(pad="mean")


@pytest.fixture(scope="module")
def released(data_root):
    """The log-mel matrices that the EDC authors released, by clip."""
    folder = data_root / "dcase2018_domestic" / "sample_log_mel"
    found = {path.stem: np.load(path) for path in sorted(folder.rglob("*.npy"))}
    if not found:
        pytest.skip(f"no released features in {folder}")
    return found


@pytest.mark.real
def test_released_features_have_this_shape_floor_and_filling(released):
    silence = make()(np.zeros(44100, dtype=np.float32), 44100)
    assert len(released) == 27
    for values in released.values():
        assert values.shape == silence.shape
        assert values.min() >= silence.min() - 1e-4
        filled = (values == 0).all(axis=1)
        # Filling by np.pad or the like made the authors' files float64; a network gets float32 either way.
        assert values.dtype == (np.float64 if filled.any() else np.float32)
        assert filled.tolist() == sorted(filled)  # at the end only
    lengths = sorted(int((values != 0).any(axis=1).sum()) for values in released.values())
    assert lengths == [477, 483] + [500] * 25


@pytest.mark.real
def test_digital_silence_is_to_the_digit_that_of_the_released_features(released):
    # Its 64 values follow from window, FFT, mel scale, rate and epsilon, its first frames from the mirrored ends.
    silence = make()(np.zeros(44100, dtype=np.float32), 44100)
    silent = 0
    for values in released.values():
        for frame in np.flatnonzero(values.max(axis=1) < -30):
            assert values[frame] == pytest.approx(silence[frame], abs=1e-4)
            silent += 1
    assert silent == 29


@dataclass(frozen=True)
class OfPower(LogMelEdc):
    """What it would be with power spectra."""

    magnitude: ClassVar[bool] = False


def scatter(values):
    """Deviation of each band from frame to frame."""
    return np.diff(values, axis=0).std(axis=0)


@pytest.mark.real
def test_released_noises_scatter_like_magnitudes_not_like_power(released):
    samples = noise(44100, 10.0)
    ratios = {}
    for kind in (LogMelEdc, OfPower):
        of_noise = scatter(kind()(samples, 44100))
        all_clips = (scatter(values[(values != 0).any(axis=1)]) / of_noise for values in released.values())
        ratios[kind] = sorted(float(np.median(one)) for one in all_clips)
    steadiest = {kind: found[:STEADY] for kind, found in ratios.items()}
    assert steadiest[LogMelEdc] == pytest.approx([1.0] * STEADY, abs=0.1)
    assert steadiest[OfPower] == pytest.approx([0.5] * STEADY, abs=0.1)
