from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reporting.drawing.maps import heatmaps
from benchmarks.reporting.drawing.maps.heatmaps import EventMaps
from tests.benchmarks.fabricated_event_runs import HOP


@pytest.fixture
def clip() -> EventMaps:
    """A clip of 10 s: 16 bands, an event at 6 s, something louder at 2 s, masks at two scales."""
    values = np.arange(500 * 16, dtype=np.float32).reshape(500, 16) / 8000
    values[100:150] += 3
    return EventMaps("gunshot", HOP, values, (values, values[::8, ::8]), values[:, 0], (6.0, 7.0), (2.0, 3.0))


def test_maps_keep_their_own_resolution_and_lie_over_each_other(clip, images):
    drawn = heatmaps.draw_maps(clip, 0.4, "Toy", "log mel", "mel band")
    assert [image.size for image in images(drawn)] == [(500, 16), (500, 16), (63, 2)]
    assert all(image.mode == "L" and image.getextrema() == (0, 255) for image in images(drawn))
    for colour in (heatmaps.EVENT, heatmaps.COMPETING):
        assert drawn.count(f"stroke: {colour}".encode()) == 4  # one box in every panel
    assert b"image-rendering:pixelated" in drawn and b"threshold 0.4" in drawn


def test_a_network_without_masks_shows_its_input_and_its_probability(clip, images):
    drawn = heatmaps.draw_maps(
        replace(clip, masks=(), event=None, input_map=np.eye(40, 4)), 0.4, "Toy", "log mel", "mel"
    )
    assert len(images(drawn)) == 1 and b"(b) probability" in drawn and b"(c)" not in drawn
    assert heatmaps.EVENT.encode() not in drawn


def test_long_clips_are_narrowed_by_averages():
    values = np.arange(1501.0)[:, None].repeat(3, axis=1)
    narrow, group = heatmaps._narrowed(values)
    assert group == 3 and narrow.shape == (501, 3)
    assert narrow[:2, 0].tolist() == [1, 4] and narrow[-1, 0] == 1500


def test_an_excerpt_at_the_start_of_a_clip_begins_there(clip):
    start, piece = heatmaps._cut(replace(clip, event=(0.2, 1.0)), 0.5)
    assert (start, len(piece)) == (pytest.approx(-0.2), 75)
