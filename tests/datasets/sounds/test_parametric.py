import numpy as np
import pytest

from datasets.sounds.parametric import KINDS, VARIANTS, render

RATE = 44100


def generators(seed):
    return np.random.default_rng(seed), np.random.default_rng(seed + 1000)


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=lambda kind: KINDS[kind].__name__)
def test_every_sound_is_loud_enough_and_varies(kind):
    clips = [render(kind, variant, RATE, RATE, *generators(variant)) for variant in range(VARIANTS)]
    for clip in clips:
        assert clip.dtype == np.int16 and clip.shape == (RATE,)
        assert 2000 < np.abs(clip.astype(int)).max() <= 32767
    assert len({clip.tobytes() for clip in clips}) == VARIANTS


def test_some_clips_end_in_digital_silence():
    clips = [render(0, 0, RATE // 4, RATE, *generators(seed)) for seed in range(100)]
    padded = sum(not clip[-50:].any() for clip in clips)
    assert 2 <= padded <= 25


def test_pitch_of_a_tone_follows_its_variant():
    def strongest(variant):
        clip = render(9, variant, RATE, RATE, *generators(3)).astype(float)
        spectrum = np.abs(np.fft.rfft(clip * np.hanning(RATE)))
        return np.argmax(spectrum[30:400]) + 30

    pitches = [strongest(variant) for variant in range(VARIANTS)]
    assert pitches == sorted(pitches) and pitches[-1] > 3 * pitches[0]
