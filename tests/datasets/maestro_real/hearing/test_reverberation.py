"""The filters run along the sound, sample by sample, are the oracle of the response."""

import numpy as np
import pytest

from datasets.maestro_real.hearing.reverberation import ALLPASSES, COMBS, TAIL, response, reverberated

RATE = 16000


def plain(samples, rate, feedback, damping, scale):
    """Combs side by side and allpasses one after the other, as Freeverb's publication describes them."""
    found = np.zeros(len(samples))
    for delay in COMBS:
        buffer, low = np.zeros(round(delay * scale * rate / 44100)), 0.0
        for n, one in enumerate(samples):
            place = n % len(buffer)
            out = buffer[place]
            low = out * (1 - damping) + low * damping
            buffer[place] = one + feedback * low
            found[n] += out
    for delay in ALLPASSES:
        buffer = np.zeros(round(delay * scale * rate / 44100))
        for n, one in enumerate(found):
            place = n % len(buffer)
            held = buffer[place]
            buffer[place] = one + 0.5 * held
            found[n] = held - one
    return 0.015 * found


@pytest.mark.parametrize(("reverberance", "feedback"), [(0, 0.3), (50, 1 - np.sqrt(0.7 * 0.02)), (100, 0.98)])
def test_the_response_is_what_the_filters_make_of_one_sample(reverberance, feedback):
    one = np.zeros(3000)
    one[0] = 1
    expected = plain(one, RATE, feedback, 0.35, 0.55)
    assert response(RATE, reverberance, 50, 50)[:3000] == pytest.approx(expected, abs=1e-6)


def test_it_has_faded_at_its_end():
    found = response(RATE, 50, 50, 100)
    assert len(found) == TAIL * RATE
    assert np.abs(found[-RATE // 10 :]).max() < 1e-3 * np.abs(found).max()


def test_the_sound_stays_and_what_comes_back_is_added():
    sound = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)
    found = reverberated(sound, RATE, 50, 50, 20)
    assert found.shape == sound.shape and found.dtype == np.float32
    assert found - sound == pytest.approx(plain(sound, RATE, 1 - np.sqrt(0.7 * 0.02), 0.35, 0.28), abs=1e-5)
