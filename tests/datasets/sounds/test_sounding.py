import numpy as np
import pytest

from datasets.sounds.sounding import sounding_parts, without_digital_silence

RATE = 16000


def clip(seconds, *bursts, noise=1e-4):
    """A clip with bursts of noise: (start, end, level) in seconds."""
    draw = np.random.default_rng(0)
    samples = noise * draw.standard_normal(round(seconds * RATE))
    for start, end, level in bursts:
        place = slice(round(start * RATE), round(end * RATE))
        samples[place] += level * draw.standard_normal(place.stop - place.start)
    return samples


@pytest.mark.parametrize(
    ("samples", "at_most", "parts"),
    [
        (clip(4, (1.0, 2.0, 0.3)), 1, [(1.0, 2.0)]),
        (clip(4, (1.03, 1.94, 0.3)), 1, [(1.0, 2.0)]),  # outwards to steps of 100 ms
        (clip(4, (1.0, 2.0, 0.3), (2.1, 3.0, 0.3)), 2, [(1.0, 3.0)]),  # a pause too short to end a part
        (clip(4, (0.5, 1.0, 0.2), (2.0, 3.0, 0.3)), 1, [(2.0, 3.0)]),  # the stronger one
        (clip(4, (0.5, 1.0, 0.2), (2.0, 3.0, 0.3)), 2, [(0.5, 1.0), (2.0, 3.0)]),
        (clip(4, (0.5, 1.0, 0.05), (2.0, 3.0, 0.3)), 2, [(2.0, 3.0)]),  # too weak to be an event of its own
        (clip(4, (1.0, 1.04, 0.3)), 1, [(1.0, 1.2)]),  # at least 0.2 s
        (clip(9, (1.0, 8.0, 0.3)), 1, [(1.0, 6.0)]),  # at most 5 s
        (clip(2, (1.94, 2.0, 0.3)), 1, [(1.8, 2.0)]),  # inside the clip
        (clip(2, (0.0, 2.0, 0.3)), 3, [(0.0, 2.0)]),
        (np.zeros(RATE), 1, []),
        (np.zeros(3), 1, []),
    ],
)
def test_parts_are_where_the_clip_sounds(samples, at_most, parts):
    assert sounding_parts(samples, RATE, at_most) == parts


def test_digital_silence_at_the_ends_goes():
    samples = np.array([0.0, 0.0, 0.1, 0.0, -0.1, 0.0])
    np.testing.assert_array_equal(without_digital_silence(samples), samples[2:5])
    assert len(without_digital_silence(np.zeros(9))) == 0
