import librosa
import numpy as np
import pytest
import scipy.signal

from datasets.features.log_mel import LogMelDelta, LogMelDeltaAsCoded, late_delta, log_mel, mel_weights
from datasets.features.stft import FilterBank, decibels

RATE = 44100


def noise(seconds=1.0, seed=0, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize(("rate", "n_fft", "n_mels"), [(44100, 2048, 128), (22050, 1024, 60), (16000, 512, 40)])
def test_weights_are_librosas(rate, n_fft, n_mels):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, dtype=np.float64)
    assert mel_weights(rate, n_fft, n_mels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("rate", "n_fft", "hop", "n_mels"), [(44100, 2048, 512, 128), (22050, 1024, 512, 60)])
def test_spectrogram_is_librosas(rate, n_fft, hop, n_mels):
    samples = noise(2.0) * np.linspace(1e-5, 1, 2 * RATE, dtype=np.float32)
    settings = {"sr": rate, "n_fft": n_fft, "hop_length": hop, "n_mels": n_mels, "pad_mode": "reflect"}
    expected = librosa.power_to_db(librosa.feature.melspectrogram(y=samples, **settings))
    assert log_mel(samples, rate, n_mels, n_fft, hop) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("group", [1, 3, 16, 64])
def test_grouped_bank_is_the_product_with_all_weights(group):
    weights = mel_weights(22050, 1024, 60)
    weights[7] = 0
    power = np.random.default_rng(0).random((5, 513)).astype(np.float32)
    found = np.empty((5, 60), dtype=np.float32)
    FilterBank(weights, group).apply(power, found)
    assert found == pytest.approx(power @ weights.T, rel=1e-4)


def test_decibels_are_librosas():
    energies = np.array([[0.0, 1e-12, 1.0, 50.0]], dtype=np.float32)
    for top_db in (None, 80.0, 20.0):
        assert decibels(energies, top_db) == pytest.approx(librosa.power_to_db(energies, top_db=top_db), abs=1e-4)


def delta_of_librosa_0_3_1(values):
    """Its published source: a ramp of nine taps, not normalised, over data whose edges are repeated five times."""
    padded = np.pad(values, [(0, 0), (5, 5)], mode="edge")
    return scipy.signal.lfilter(np.arange(4.0, -5.0, -1.0), 1, padded, axis=-1)[:, 5:-5]


def test_late_delta_is_librosa_0_3_1s():
    values = np.random.default_rng(2).normal(size=(60, 41)).astype(np.float32)
    # lfilter starts from zeros, which the repeated edge hides from the fifth frame on.
    assert late_delta(values)[:, 4:] == pytest.approx(delta_of_librosa_0_3_1(values)[:, 4:], abs=1e-4)
    ramp = np.arange(41, dtype=np.float32)[None]
    assert late_delta(ramp)[0, 8:] == pytest.approx(60.0)


def test_segments_as_coded_are_every_second_sample_and_librosa_0_3_1s_delta_from_the_first_frame_on():
    """Equal to soxr's but for what lies above 11 kHz, which folds back here, and for three frames of the delta."""
    samples = noise(2.0)
    found = LogMelDeltaAsCoded(41)(samples, RATE)
    plain = (samples[::2] / np.abs(samples[::2]).max())[: 512 * 40]
    assert found[0, 0] == pytest.approx(log_mel(plain, 22050, 60, 1024, 512), abs=1e-3)
    for level, delta in found:
        assert delta == pytest.approx(delta_of_librosa_0_3_1(level), abs=1e-2)
    constant = delta_of_librosa_0_3_1(np.ones((1, 41)))[0]
    assert tuple(constant[:3]) == LogMelDeltaAsCoded.delta_of_one and not constant[3:].any()


@pytest.mark.filterwarnings("ignore:'audioop' is deprecated")
def test_every_second_sample_is_what_audioop_makes_of_44100_hz():
    """By which the code's library changes rates; Python has it until 3.12."""
    audioop = pytest.importorskip("audioop")
    samples = np.random.default_rng(0).integers(-30000, 30000, 4410, dtype=np.int16)
    found, _ = audioop.ratecv(samples.tobytes(), 2, 1, RATE, 22050, None)
    wanted = LogMelDeltaAsCoded(41)._resampled(samples.astype(np.float32))
    np.testing.assert_array_equal(np.frombuffer(found, dtype=np.int16), wanted)


@pytest.mark.parametrize(("frames", "step", "segments"), [(41, 20, 9), (101, 50, 3)])
def test_five_seconds_have_the_papers_segments(frames, step, segments):
    assert LogMelDelta(frames, step)(noise(5.0), RATE).shape == (segments, 2, 60, frames)


def test_each_segment_has_its_own_spectrogram():
    samples = noise(2.0) * np.linspace(0.01, 1, 2 * RATE, dtype=np.float32)
    clip = librosa.resample(samples, orig_sr=RATE, target_sr=22050, res_type="soxr_hq")
    clip = clip / np.abs(clip).max()
    window, step = 512 * 40, 512 * 20
    found = LogMelDelta(41)(samples, RATE)
    assert len(found) == 1 + (len(clip) - window) // step
    for number, segment in enumerate(found):
        part = clip[number * step : number * step + window]
        mel = librosa.feature.melspectrogram(
            y=part, sr=22050, n_fft=1024, hop_length=512, n_mels=60, pad_mode="reflect"
        )
        assert segment[0] == pytest.approx(librosa.power_to_db(mel), abs=1e-2)
        assert segment[1] == pytest.approx(late_delta(segment[0]))


def test_level_does_not_matter():
    assert LogMelDelta(41)(noise(), RATE) == pytest.approx(LogMelDelta(41)(noise() * 0.01, RATE), abs=1e-2)


def test_silent_segments_are_dropped():
    samples = noise(5.0)
    samples[2 * RATE :] = 0
    found = LogMelDelta(41)(samples, RATE)
    assert 3 <= len(found) <= 5
    assert (found[:, 0].mean(axis=(1, 2)) > -70).all()


def test_a_clip_of_nothing_but_a_click_keeps_its_loudest_segment():
    samples = np.zeros(5 * RATE, dtype=np.float32)
    samples[30000] = 0.5
    strict = LogMelDelta(silence_db=100.0)
    assert strict(samples, RATE).shape == (1, 2, 60, 41)


def test_a_clip_shorter_than_a_segment_is_padded():
    assert LogMelDelta(101, 50)(noise(1.0), RATE).shape == (1, 2, 60, 101)


def test_another_rate_is_refused():
    with pytest.raises(ValueError, match="44100"):
        LogMelDelta()(noise(), 22050)
