import dcase_util
import numpy as np
import pandas as pd
import pytest
import torch

from datasets.batches.chunks import band_statistics, chunk_starts, draw_chunks, event_roll, gather
from datasets.errors import DataError
from tests.datasets.batches.fake_recordings import FakeRecordings


def test_a_clip_of_1501_frames_has_ten_chunks_and_one_that_ends_with_it():
    assert chunk_starts(1501, 256, 128).tolist() == [*range(0, 1153, 128), 1245]


@pytest.mark.parametrize(
    ("total", "frames", "hop", "starts"),
    [(512, 256, 128, [0, 128, 256]), (256, 256, 128, [0]), (257, 256, 128, [0, 1]), (5, 1, 1, [0, 1, 2, 3, 4])],
)
def test_the_last_chunk_comes_only_where_frames_are_left(total, frames, hop, starts):
    assert chunk_starts(total, frames, hop).tolist() == starts


def test_without_a_length_a_recording_is_one_chunk():
    assert chunk_starts(1501, None, 128).tolist() == [0]


@pytest.mark.parametrize(("frames", "hop"), [(101, 1), (0, 1), (10, 0)])
def test_chunks_that_cannot_be_cut_are_refused(frames, hop):
    with pytest.raises(DataError, match="cannot be cut from recordings of 100; change chunk_frames or chunk_hop"):
        chunk_starts(100, frames, hop)


@pytest.mark.parametrize("per_row", [None, 3, 99])
def test_an_epoch_draws_different_chunks_of_each_row(per_row):
    rows, starts = torch.tensor([4, 7, 9]), torch.arange(0, 50, 10)
    found = draw_chunks(rows, starts, per_row, torch.Generator().manual_seed(0))
    pairs = list(zip(*(part.tolist() for part in found), strict=True))
    expected = 3 if per_row == 3 else len(starts)
    assert len(set(pairs)) == len(pairs) == 3 * expected
    assert sorted(row for row, _ in pairs) == sorted([4, 7, 9] * expected)
    assert {start for _, start in pairs} <= set(starts.tolist())
    assert pairs != sorted(pairs)
    again = draw_chunks(rows, starts, per_row, torch.Generator().manual_seed(0))
    assert all(torch.equal(*both) for both in zip(found, again, strict=True))


def test_each_chunk_is_drawn_equally_often():
    generator, starts = torch.Generator().manual_seed(0), torch.arange(4)
    drawn = torch.cat([draw_chunks(torch.arange(50), starts, 1, generator)[1] for _ in range(40)])
    assert (drawn.bincount() / len(drawn)).numpy() == pytest.approx([0.25] * 4, abs=0.04)


@pytest.mark.parametrize(("frames", "context"), [(6, 0), (1, 2), (3, 1), (10, 4)])
def test_gathered_chunks_are_slices_of_padded_recordings(frames, context):
    values = torch.randn(4, 10, 3).half()
    rows, starts = torch.tensor([3, 0, 0, 2]), torch.tensor([0, 10 - frames, 0, (10 - frames) // 2])
    found = gather(values, rows, starts, frames, context)
    assert found.shape == (4, frames + 2 * context, 3)
    padded = np.pad(values.numpy(), [(0, 0), (context, context), (0, 0)], mode="edge")
    for chunk, row, start in zip(found, rows, starts, strict=True):
        assert np.array_equal(chunk.numpy(), padded[row, start : start + frames + 2 * context])


def test_frames_are_active_as_in_dcase_utils_event_roll():
    recordings = FakeRecordings(count=30, events=20)
    exact = pd.DataFrame({"label": ["whistle"], "onset": [0.58], "offset": [0.14 + 0.58]}, index=["exact"])
    beyond = pd.DataFrame({"label": ["whistle"], "onset": [1.9], "offset": [2.4]}, index=["beyond"])
    reference = pd.concat([recordings.reference(), exact, beyond])
    items = list(reference.index)[::-1]
    found = event_roll(reference, items, 101, 0.02)
    encoder = dcase_util.data.EventRollEncoder(label_list=["whistle"], time_resolution=0.02)
    for item, roll in zip(items, found, strict=True):
        row = reference.loc[item]
        event = {"filename": item, "event_label": "whistle", "onset": row["onset"], "offset": row["offset"]}
        events = dcase_util.containers.MetaDataContainer([event] if row["label"] else [])
        expected = encoder.encode(events, length_frames=101).data if row["label"] else np.zeros((1, 101))
        assert np.array_equal(roll.numpy(), expected[0])


def test_several_events_of_a_recording_all_count():
    reference = pd.DataFrame({"onset": [0.0, 0.1], "offset": [0.04, 0.12]}, index=["a", "a"])
    assert event_roll(reference, ["b", "a"], 8, 0.02).tolist() == [[0] * 8, [1, 1, 0, 0, 0, 1, 0, 0]]


def test_statistics_are_numpys_over_the_given_rows():
    values = torch.randn(6, 50, 4) * torch.tensor([1.0, 2.0, 1e-3, 1.0]) + torch.tensor([0.0, -8.0, 500.0, 1.0])
    stored, rows = values.half(), torch.tensor([0, 2, 5])
    mean, std = band_statistics(stored, rows)
    used = stored[rows].numpy().astype(np.float64).reshape(-1, 4)
    assert mean.numpy() == pytest.approx(used.mean(0), rel=1e-6)
    assert std.numpy() == pytest.approx(np.where(used.std(0) > 0, used.std(0), 1), rel=1e-5)


def test_a_band_that_never_changes_is_not_scaled():
    mean, std = band_statistics(torch.full((2, 5, 3), -23.0).half(), torch.tensor([0, 1]))
    assert (mean.tolist(), std.tolist()) == ([-23.0] * 3, [1.0] * 3)
