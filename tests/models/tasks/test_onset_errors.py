"""Counting onsets equals sed_eval and SciPy's median filter."""

import math

import numpy as np
import pytest
import sed_eval
from scipy.signal import medfilt

from models.tasks.onset_errors import OnsetErrors, OnsetRule

HOP = 0.02
RULE = OnsetRule(HOP, collar=0.5, median_frames=27)


def sequences(seed, clips=12, frames=600):
    """Targets with zero to six events a clip, and decisions near them: moved, torn, missing, or beside them."""
    draw = np.random.default_rng(seed)
    wanted, active = np.zeros((2, clips, frames), dtype=bool)
    for clip in range(clips):
        for begin in draw.integers(0, frames - 40, draw.integers(0, 7)):
            wanted[clip, begin : begin + draw.integers(5, 40)] = True
            if draw.random() < 0.8:
                moved = max(0, begin + draw.integers(-30, 31))
                active[clip, moved : moved + draw.integers(10, 60)] = True
        if draw.random() < 0.5:
            stray = draw.integers(0, frames - 40)
            active[clip, stray : stray + 40] = True
    return active ^ (draw.random(active.shape) < 0.05), wanted


def events(active, clip):
    """The runs of ones as sed_eval takes them."""
    edges = np.flatnonzero(np.diff(active.astype(int), prepend=0, append=0))
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [
        {"file": f"{clip}.wav", "event_label": "gunshot", "onset": HOP * begin, "offset": HOP * end}
        for begin, end in runs
    ]


def official(active, wanted):
    """sed_eval's counts and error rate of decisions that need no more filtering."""
    metric = sed_eval.sound_event.EventBasedMetrics(["gunshot"], evaluate_offset=False, t_collar=0.5)
    for number, (clip, target) in enumerate(zip(active, wanted, strict=True)):
        metric.evaluate(events(target, number), events(clip, number))
    counts = metric.class_wise["gunshot"]
    rate = metric.overall_error_rate()["error_rate"]
    assert rate == pytest.approx(metric.class_wise_error_rate("gunshot")["error_rate"])
    return counts["Nref"], counts["Nfn"], counts["Nfp"], rate


@pytest.mark.parametrize("seed", range(8))
def test_equals_sed_eval(seed):
    active, wanted = sequences(seed)
    errors = OnsetErrors(RULE)
    for part in (slice(0, 5), slice(5, 12)):  # in batches, as in an epoch
        errors.add(active[part], wanted[part])
    expected = official(np.stack([medfilt(clip.astype(float), 27) > 0 for clip in active]), wanted)
    assert (errors.references, errors.deletions, errors.insertions) == expected[:3]
    assert errors.error_rate == pytest.approx(expected[3])
    assert errors.deletions
    assert errors.insertions


@pytest.mark.parametrize("begin", range(0, 100, 7))
@pytest.mark.parametrize("distance", [24, 25, 26])
def test_the_edge_of_the_collar_is_sed_evals(begin, distance):
    """25 frames are half a second, or a rounding error more, as sed_eval sees them."""
    active, wanted = np.zeros((2, 1, 240), dtype=bool)
    wanted[0, begin : begin + 40] = active[0, begin + distance : begin + distance + 40] = True
    errors = OnsetErrors(RULE)
    errors.add(active, wanted)
    assert (errors.references, errors.deletions, errors.insertions) == official(active, wanted)[:3]


def test_median_of_a_clip_with_silence_around_it():
    active = np.random.default_rng(0).random((6, 90)) < np.linspace(0.1, 0.9, 6)[:, None]
    assert np.array_equal(RULE.median_filtered(active), [medfilt(clip.astype(float), 27) > 0 for clip in active])


def test_an_epoch_without_events_has_no_rate():
    errors = OnsetErrors(RULE)
    assert math.isnan(errors.error_rate)
    errors.add(*np.ones((2, 1, 100), dtype=bool))
    assert errors.error_rate == 0
