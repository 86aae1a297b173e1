import librosa
import numpy as np
import pytest
import scipy.signal

from datasets.features import extractors, make_extractor
from datasets.features.delta import delta
from datasets.features.log_gammatone import (
    BANDWIDTH_IN_ERB,
    GammatoneStatistics,
    LogGammatone,
    centre_frequencies,
    gammatone_response,
)

RATE = 44100
CENTRES = centre_frequencies(128, 50.0, RATE / 2)
BINS = np.arange(1025) * RATE / 2048


def erb(hz):
    """Glasberg and Moore's equivalent rectangular bandwidth; 132.6 Hz at 1 kHz."""
    return hz / 9.26449 + 24.7


def noise(seconds=1.0, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def scipy_response(centre):
    b, a = scipy.signal.gammatone(centre, "iir", fs=RATE)
    return np.abs(scipy.signal.freqz(b, a, BINS, fs=RATE)[1])


def test_centres_are_even_on_the_erb_scale_from_50_hz():
    assert CENTRES[0] == pytest.approx(50.0)
    assert CENTRES[-1] < RATE / 2
    # The ERB number grows by 9.26449 ln(...) (Slaney 1993); 128 equal steps lead from 50 Hz to Nyquist.
    number = 9.26449 * np.log(1 + CENTRES / (9.26449 * 24.7))
    steps = np.diff(number)
    assert steps == pytest.approx(steps[0])
    assert number[-1] + steps[0] == pytest.approx(9.26449 * np.log(1 + RATE / 2 / (9.26449 * 24.7)))
    assert erb(1000.0) == pytest.approx(132.6, abs=0.1)


@pytest.mark.parametrize("band", range(44, 128, 7))
def test_response_is_that_of_scipys_filter(band):
    # Below 1 kHz scipy's eighth-order polynomials lose their digits: poles crowd at the unit circle.
    assert CENTRES[band] > 1000
    expected = scipy_response(CENTRES[band])
    assert gammatone_response(BINS, CENTRES[band : band + 1], RATE)[0] == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("band", [0, 5, 20, 43])
def test_low_response_is_the_gammatone_curve_around_its_centre(band):
    # Fourth order: |H| = (1 + ((f - c) / b)^2)^-2, b = 1.019 ERB; exact where the image at -c is far away.
    centre, width = CENTRES[band], BANDWIDTH_IN_ERB * erb(CENTRES[band])
    near = centre + width * np.linspace(-0.5, 0.5, 11)
    curve = (1 + ((near - centre) / width) ** 2) ** -2
    found = gammatone_response(near, CENTRES[band : band + 1], RATE)[0]
    assert found == pytest.approx(curve, abs=0.25 if band == 0 else 0.05)
    assert gammatone_response(CENTRES[band : band + 1], CENTRES[band : band + 1], RATE)[0, 0] == pytest.approx(1.0)


def test_features_are_librosas_spectrum_under_scipys_filters():
    samples = noise()
    features = LogGammatone()(samples, RATE)
    assert features.shape == (2, 128, 1 + len(samples) // 512)
    assert features.dtype == np.float32
    power = np.abs(
        librosa.stft(samples, n_fft=2048, win_length=1024, hop_length=512, window="hamming", pad_mode="reflect")
    )
    power = power.astype(np.float64) ** 2
    for band in range(44, 128):
        expected = 10 * np.log10(scipy_response(CENTRES[band]) ** 2 @ power + 1e-10)
        assert features[0, band] == pytest.approx(expected, abs=0.01)


def test_five_seconds_have_431_frames():
    assert LogGammatone()(noise(5.0), RATE).shape == (2, 128, 431)


@pytest.mark.parametrize("frequency", [60.0, 440.0, 5000.0, 18000.0])
def test_a_tone_is_loudest_in_its_band(frequency):
    tone = 0.5 * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
    profile = LogGammatone(with_delta=False)(tone, RATE)[0, :, 20:-20].mean(axis=1)
    nearest = np.abs(CENTRES - frequency).argmin()
    assert abs(int(profile.argmax()) - int(nearest)) <= 1


def test_silence_lies_on_the_floor():
    features = LogGammatone()(np.zeros(RATE, dtype=np.float32), RATE)
    assert features[0] == pytest.approx(-100.0)
    assert not features[1].any()


@pytest.mark.parametrize("n_frames", [9, 10, 87, 431])
def test_delta_is_librosas(n_frames):
    values = np.random.default_rng(1).normal(0, 30, (2, 16, n_frames)).astype(np.float32)
    assert delta(values) == pytest.approx(librosa.feature.delta(values), abs=1e-4)


def test_delta_of_a_ramp_is_its_slope():
    assert delta(np.arange(30, dtype=np.float32)[None] * 2.5) == pytest.approx(2.5)


def test_delta_channel_covers_the_whole_clip():
    features = LogGammatone()(noise(), RATE)
    assert features[1] == pytest.approx(librosa.feature.delta(features[0]), abs=1e-4)


def test_what_cannot_be_analysed_is_refused():
    with pytest.raises(ValueError, match="44100"):
        LogGammatone()(noise(), 22050)
    with pytest.raises(ValueError, match="too few"):
        LogGammatone()(noise()[:400], RATE)
    with pytest.raises(ValueError, match="too few for a delta"):
        LogGammatone()(noise()[:2000], RATE)
    with pytest.raises(ValueError, match="unknown feature extractor"):
        make_extractor("spectrogram")


@pytest.mark.parametrize("name", extractors())
def test_every_extractor_says_what_it_is(name):
    extractor = make_extractor(name)
    assert extractor.name == name
    assert extractor.version >= 1
    assert extractor.rate == extractor.params()["rate"] == RATE
    given = np.zeros((500, 64), dtype=np.float32) if name == "released_log_mel" else noise()
    assert extractor(given, RATE).dtype == np.float32
    assert extractor == make_extractor(name)


def test_numbers_have_not_moved():
    # Golden values of version 1. If they move on purpose, raise LogGammatone.version.
    features = LogGammatone()(noise(seed=3), RATE)
    assert LogGammatone.version == 1
    found = [features[0, 10, 5], features[0, 100, 40], features[1, 60, 20]]
    assert found == pytest.approx([-4.031938, 21.272489, 0.0741407], rel=1e-4)


def test_statistics_are_of_the_bands_alone_and_do_not_know_what_comes_when():
    clip = noise()
    bands = LogGammatone(with_delta=False)(clip, RATE)[0]
    found = GammatoneStatistics()(clip, RATE)
    assert found.shape == (256,) and found.dtype == np.float32
    np.testing.assert_allclose(found, np.concatenate([bands.mean(1), bands.std(1)]), rtol=1e-4)
    np.testing.assert_allclose(GammatoneStatistics()(clip[::-1].copy(), RATE), found, atol=0.5)
