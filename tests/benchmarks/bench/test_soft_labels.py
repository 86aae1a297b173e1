"""The measures of soft labels compare the same work. No time is asserted."""

import pytest
import torch

from benchmarks.bench import soft_labels

pytestmark = pytest.mark.filterwarnings("ignore:log_mel_maestro. 9 of 64:UserWarning", "ignore:.*LeafSpec.*")


def test_both_ways_through_a_recording_are_the_same_to_rounding():
    recording = soft_labels.Recording(50.0, 16)
    moved = recording.module.network.encoder.convolutions[1]
    moved.running_mean += 0.3  # an edge of zeros is then not like silence
    together, apart = recording.together(), recording.one_by_one()
    assert together.shape == (250, 11) and torch.allclose(together, apart, atol=1e-5)
    whole = recording.places.diff(dim=1).eq(1).all(1)
    assert whole.tolist() == [20 <= second < 30 for second in range(50)]  # these share convolutions, others do not


def test_made_up_recordings_are_those_of_the_development_set():
    scores, truth = soft_labels.made_up(49)
    seconds = truth["seconds"].groupby(level=0).first()
    assert scores.values.shape == (49, 1510, 11) and list(seconds.index) == sorted(scores.items)
    assert (seconds.min(), seconds.max()) == (181.0, 302.0)
    value = soft_labels.METRIC.compute(*soft_labels.made_up(3)).value
    assert 30 < value < 95


def test_a_step_is_measured_where_there_are_fewer_batches_than_asked_for():
    measure = soft_labels.training(1, steps=50, width_divisor=16, recording=2.0, copies=1)
    assert (measure.unit, measure.target, measure.better) == ("x", 1.15, "below") and measure.low > 0.3
    assert measure.note.startswith("CRNN, 205 frames, batch 32, widths / 16, 1 altered copies")
