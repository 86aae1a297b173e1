import numpy as np
import pytest

from datasets.esc50.copies import LIMITS, by_class

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
