import numpy as np
import pytest
import torch

from datasets.batches.spec_augment import SpecAugment, draw_warp, stripes, time_warp
from datasets.errors import DataError

ROWS, FRAMES, BANDS = 400, 500, 64
#: What the EDC tables use for clips of 500 frames: masks of 0 to 32 frames and 0 to 8 bands, warps of up to 40 frames.
SETTINGS = {"time_masks": 2, "frequency_masks": 2, "time_warp_share": 0.08}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def ones(rows=ROWS):
    return torch.ones(rows, FRAMES, BANDS)


def ramp(rows=1, frames=FRAMES):
    return torch.arange(frames, dtype=torch.float32)[None, :, None].expand(rows, frames, 2).clone()


def runs(row):
    """Lengths of the runs of True in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.numpy().astype(int), [0]])))
    return edges[1::2] - edges[::2]


@pytest.mark.parametrize(("kind", "dim", "widest"), [("time_masks", 2, 32), ("frequency_masks", 1, 8)])
def test_one_mask_is_one_stripe_of_uniform_width_and_place(kind, dim, widest):
    found = SpecAugment(**{kind: 1})(ones(), generator())
    masked = found.amax(dim) == 0
    assert torch.equal(found.amin(dim) == 0, masked)  # the whole frame or the whole band
    lengths = [runs(row) for row in masked]
    assert max(map(len, lengths)) == 1
    widths = np.array([one.sum() for one in lengths])
    assert (widths.min(), widths.max()) == (0, widest)
    # Mean and deviation of a uniform whole number from 0 to the widest, four standard errors either way.
    deviation = np.sqrt(((widest + 1) ** 2 - 1) / 12)
    assert widths.mean() == pytest.approx(widest / 2, abs=4 * deviation / np.sqrt(ROWS))
    assert widths.std() == pytest.approx(deviation, rel=0.15)
    starts = masked.float().argmax(1)[widths > 0].numpy()
    room = masked.shape[1] - widths[widths > 0]
    assert (starts / room).mean() == pytest.approx(0.5, abs=0.07)
    assert (starts / room).std() == pytest.approx(1 / np.sqrt(12), rel=0.15)


def test_more_masks_are_more_stripes():
    found = SpecAugment(time_masks=2, frequency_masks=3)(ones(), generator())
    for dim, most in ((2, 2), (1, 3)):
        counts = [len(runs(row)) for row in found.amax(dim) == 0]
        assert max(counts) == most
        assert np.mean(counts) > most / 2
    assert ((found == 0) | (found == 1)).all()


def test_the_widest_time_mask_is_a_rounded_share():
    # 2 x 32 of 500 and 2 x 13 of 200 frames: the same share of clips of 10 s and of 4 s.
    for frames, widest in ((500, 32), (200, 13)):
        found = SpecAugment(time_masks=1)(torch.ones(ROWS, frames, 4), generator())
        assert (found == 0).all(2).sum(1).max() == widest


def test_stripes_reach_both_ends_and_no_further():
    low = torch.zeros(1, 2)
    high = torch.full((1, 2), 1 - 2**-24)  # the largest draw there is
    assert not stripes(low, 8, 64).any()
    assert stripes(torch.tensor([[1 - 2**-24, 0.0]]), 8, 64)[0].nonzero().flatten().tolist() == list(range(8))
    assert stripes(high, 8, 64)[0].nonzero().flatten().tolist() == list(range(56, 64))
    assert stripes(high, 64, 64).all()


def test_nothing_is_touched_without_masks_and_width():
    x = torch.randn(8, FRAMES, BANDS, generator=generator())
    for nothing in (
        SpecAugment(),
        SpecAugment(time_masks=2, time_mask_share=0.0, frequency_masks=2, frequency_mask_bands=0),
        SpecAugment(time_warp_share=0.0009),  # less than half a frame
    ):
        assert torch.equal(nothing(x, generator()), x)
    assert not SpecAugment().is_on
    assert all(SpecAugment(**{name: value}).is_on for name, value in SETTINGS.items())


def test_no_displacement_is_no_change():
    x = torch.randn(50, 217, 5, generator=generator())
    anchors = torch.randint(1, 216, (50,), generator=generator())
    assert torch.equal(time_warp(x, anchors, torch.zeros_like(anchors)), x)


@pytest.mark.parametrize(("anchor", "shift"), [(100, 40), (100, -40), (459, 39), (1, 1), (498, -40), (250, 7)])
def test_a_warp_moves_the_anchor_and_keeps_both_ends(anchor, shift):
    (found,) = time_warp(ramp(), torch.tensor([anchor]), torch.tensor([shift]))[..., 0]
    assert found[[0, anchor + shift, FRAMES - 1]].tolist() == [0, anchor, FRAMES - 1]
    assert (found.diff() > 0).all()
    # On a ramp linear interpolation is exact, so that numpy's is the oracle.
    expected = np.interp(np.arange(FRAMES), [0, anchor + shift, FRAMES - 1], [0, anchor, FRAMES - 1])
    assert found.numpy() == pytest.approx(expected, abs=1e-3)


def test_values_between_frames_are_interpolated():
    x = torch.randn(1, 30, 3, generator=generator())
    (found,) = time_warp(x, torch.tensor([12]), torch.tensor([4]))
    places = np.interp(np.arange(30), [0, 16, 29], [0, 12, 29])
    for band in range(3):
        expected = np.interp(places, np.arange(30), x[0, :, band])
        assert found[:, band].numpy() == pytest.approx(expected, abs=1e-5)


def test_anchors_and_displacements_are_uniform():
    reach = 40
    anchors, shifts = draw_warp(torch.rand((20000, 2), generator=generator()), reach, FRAMES)
    assert (shifts.min(), shifts.max()) == (-reach, reach)
    assert (anchors.min(), anchors.max()) == (reach + 1, FRAMES - 2 - reach)
    assert torch.bincount(shifts + reach).float().std() < 3 * np.sqrt(20000 / 81)
    assert shifts.float().mean() == pytest.approx(0, abs=1)
    assert anchors.float().mean() == pytest.approx((FRAMES - 1) / 2, abs=4)


@pytest.mark.parametrize("frames", [500, 200, 25])
def test_warped_ramps_stay_monotone_with_both_ends(frames):
    found = SpecAugment(time_warp_share=0.08)(ramp(ROWS, frames), generator())[..., 0]
    assert (found.diff(dim=1) > 0).all()
    assert (found[:, 0] == 0).all() and (found[:, -1] == frames - 1).all()
    moved = (found - torch.arange(frames)).abs().amax(1)
    reach = round(0.08 * frames)
    assert moved.max() == pytest.approx(reach, abs=0.6)
    assert (moved > 0.5).float().mean() > 0.8


def test_masks_come_after_the_warp():
    # The other way round the warp would give the edges of the masks values between 0 and 1.
    found = SpecAugment(time_masks=1, time_warp_share=0.08)(ones(), generator())
    assert ((found == 0) | (found == 1)).all()
    assert 0.01 < (found == 0).float().mean() < 0.05
    moved = SpecAugment(time_masks=1, time_warp_share=0.08)(ramp(ROWS), generator())
    assert ((moved % 1 != 0).any(2).sum(1) > 100).float().mean() > 0.8


def test_samples_are_drawn_one_by_one():
    found = SpecAugment(**SETTINGS)(ramp(64).repeat(1, 1, BANDS // 2), generator())
    assert len({row.numpy().tobytes() for row in found}) == 64


def test_the_generator_alone_decides():
    x = torch.randn(16, FRAMES, BANDS, generator=generator())
    augment = SpecAugment(**SETTINGS)
    torch.manual_seed(1)
    first = augment(x, generator(3))
    torch.manual_seed(2)
    assert torch.equal(augment(x, generator(3)), first)
    assert not torch.equal(augment(x, generator(4)), first)
    state = generator(5)
    assert not torch.equal(augment(x, state), augment(x, state))  # fresh draws


def test_only_treated_rows_are_changed_and_the_others_draw_all_the_same():
    x = torch.randn(32, FRAMES, BANDS, generator=generator())
    augment = SpecAugment(**SETTINGS)
    treated = torch.arange(32) % 3 == 0
    before = x.clone()
    found, everything = augment(x, generator(), treated), augment(x, generator())
    assert torch.equal(x, before)
    assert torch.equal(found[~treated], x[~treated])
    assert torch.equal(found[treated], everything[treated])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_masks": -1}, "cannot be negative"),
        ({"frequency_mask_bands": -8}, "cannot be negative"),
        ({"time_mask_share": 1.5}, "from 0 to 1, not 1.5"),
        ({"time_warp_share": 0.5}, "below 0.5"),
    ],
)
def test_sizes_out_of_range_are_one_line(options, message):
    with pytest.raises(DataError, match=message):
        SpecAugment(**options)


def test_clips_without_room_are_refused():
    with pytest.raises(DataError, match="10 frames are too few for a warp by 4"):
        SpecAugment(time_warp_share=0.4).check(10, BANDS)
    with pytest.raises(DataError, match="6 bands have no room for 8"):
        SpecAugment(frequency_masks=1).check(FRAMES, 6)
    SpecAugment(**SETTINGS).check(25, 8)
    x = ramp(100, 3)
    assert torch.isfinite(SpecAugment(time_warp_share=0.16)(x, generator())).all()
