import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare.mixtures.mixing import as_float, mix, scaling_factor
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import RATE, through_a_file

BACKGROUND = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
EVENT = np.random.default_rng(1).normal(0, 0.02, 9000) * np.hanning(9000)


@pytest.mark.parametrize("ebr", [-6, 0, 6, 2.5])
def test_the_ratio_under_the_event_is_the_one_asked_for(ebr):
    factor = scaling_factor(BACKGROUND, EVENT, 0.3, ebr, "here")
    under = BACKGROUND[int(0.3 * RATE) :][: len(EVENT)].astype(float)
    found = 20 * np.log10(np.sqrt(np.mean((factor * EVENT) ** 2)) / np.sqrt(np.mean(under**2)))
    assert found == pytest.approx(ebr, abs=1e-9)


@pytest.mark.parametrize("factor", [1.0, 3.7, 900.0])  # the last makes it normalise
def test_a_mixture_is_what_a_24_bit_file_holds(tmp_path, factor):
    padded = np.zeros(RATE)
    padded[int(0.3 * RATE) : int(0.3 * RATE) + len(EVENT)] = factor * EVENT
    expected = 0.2 * (padded + BACKGROUND.astype(float))
    if factor == 900.0:
        assert np.abs(expected).max() > 1
        expected /= np.abs(expected).max()
    read = through_a_file(tmp_path / "a.wav", expected)
    np.testing.assert_array_equal(as_float(mix(BACKGROUND, EVENT, 0.3, factor)), read)


def test_without_event_it_is_a_fifth_of_the_background(tmp_path):
    read = through_a_file(tmp_path / "a.wav", 0.2 * BACKGROUND.astype(float))
    samples = mix(BACKGROUND)
    np.testing.assert_array_equal(as_float(samples), read)
    assert as_float(samples).dtype == np.float32
    soundfile.write(tmp_path / "b.wav", samples << 8, RATE, subtype="PCM_24")
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "a.wav").read_bytes()


@pytest.mark.parametrize("loud", [5.0, 5.0000001, 7.0, -5.0, -9.0])
def test_a_peak_that_reaches_full_scale_is_brought_to_it(tmp_path, loud):
    background = np.array([loud, 1.0, -0.3, 0.0], dtype=np.float32)
    expected = 0.2 * background.astype(float)
    expected /= max(1.0, np.abs(expected).max())
    read = through_a_file(tmp_path / "a.wav", expected)
    np.testing.assert_array_equal(as_float(mix(background)), read)
    assert abs(read[0]) == pytest.approx(1, abs=2e-7)


@pytest.mark.parametrize("onset", [-0.01, 0.9, 3.0])
def test_an_event_must_lie_inside_its_background(onset):
    for call in (
        lambda: mix(BACKGROUND, EVENT, onset, 1.0, "this"),
        lambda: scaling_factor(BACKGROUND, EVENT, onset, 0, "this"),
    ):
        with pytest.raises(DataError, match=r"this: the event, samples .* leaves the background of 44100 samples"):
            call()


@pytest.mark.parametrize(
    ("background", "event", "what"),
    [(BACKGROUND, 0 * EVENT, "the event"), (0 * BACKGROUND, EVENT, "the background under")],
)
def test_silence_has_no_ratio(background, event, what):
    with pytest.raises(DataError, match=f"this: {what} .*is silent"):
        scaling_factor(background, event, 0.1, 0, "this")
