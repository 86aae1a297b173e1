import numpy as np
import pytest

from datasets.errors import DataError
from datasets.esc50.copies import LIMITS, at_speed, by_class

RATE = 44100


def peak_frequency(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return spectrum.argmax() * RATE / (1 << 18)


def test_class_copy_is_shifted_to_the_upper_limit_of_its_class():
    sound = (0.5 * np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)).astype(np.float32)
    dog = by_class(1)(sound, RATE, "x", "dog")
    assert peak_frequency(dog) == pytest.approx(440 * 2 ** (LIMITS["dog"][0] / 12), abs=1.5)
    rain = by_class(1)(sound, RATE, "x", "rain")
    assert np.array_equal(rain[-len(sound) :], sound)


@pytest.mark.parametrize("speed", [0.6, 1.4])
def test_a_copy_at_a_speed_changes_pitch_and_length_together(speed):
    sound = (0.5 * np.sin(2 * np.pi * 440.0 * np.arange(RATE) / RATE)).astype(np.float32)
    copy = at_speed(speed)(sound, RATE, "x", "dog")
    assert len(copy) == pytest.approx(RATE / speed, abs=2) and copy.dtype == np.float32
    assert peak_frequency(copy) == pytest.approx(440 * speed, abs=1.5)
    assert at_speed(speed).name == f"speed-{speed}"


@pytest.mark.parametrize("speed", [0, -1.0, 1e9, float("nan"), "fast"])
def test_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(DataError, match=r"speeds: .*; give numbers from 0\.25 to 4"):
        at_speed(speed)
