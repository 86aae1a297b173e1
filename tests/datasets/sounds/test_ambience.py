import numpy as np
import pytest

from datasets.sounds.ambience import LEVELS, PEAK, as_background, joined, rms

RATE = 16000


def test_joined_clips_have_one_level_and_no_gap():
    clips = [
        level * np.random.default_rng(seed).standard_normal(RATE) for seed, level in enumerate((0.01, 0.5, 0.1, 0.1))
    ]
    taken = iter(clips)
    samples = joined(taken, round(2.5 * RATE), RATE, np.random.default_rng(0))
    assert samples.shape == (round(2.5 * RATE),) and len(list(taken)) == 1
    levels = [20 * np.log10(rms(part)) for part in np.array_split(samples[800:], 25)]
    assert max(levels) < 3.5 and min(levels) > -4.5
    assert len(joined(clips[:2], 4 * RATE, RATE, np.random.default_rng(0))) < 2 * RATE


@pytest.mark.parametrize("seed", range(5))
def test_backgrounds_have_plausible_levels_and_no_digital_silence(seed):
    samples = np.zeros((RATE, 2))
    samples[: RATE // 2] = np.random.default_rng(0).standard_normal((RATE // 2, 1))
    background = as_background(samples, np.random.default_rng(seed))
    assert LEVELS[0] - 0.1 < 20 * np.log10(rms(background)) < LEVELS[1] + 0.1
    assert -40 < 20 * np.log10(rms(background[RATE // 2 :]) / rms(background)) < -30
    click = np.zeros((RATE, 1))
    click[5] = 1.0
    assert np.abs(as_background(click, np.random.default_rng(seed))).max() <= PEAK + 1e-9
