import numpy as np
import pytest
import torch

from datasets.batches.masks import MASKS

ROWS, FRAMES, BANDS = 800, 205, 64
#: What the features have where there is no sound.
SILENCE = -11.5


def masked(rule, x=None):
    x = torch.rand(ROWS, FRAMES, BANDS, generator=torch.Generator().manual_seed(1)) + 1 if x is None else x
    return x, MASKS[rule](x, torch.Generator().manual_seed(0), SILENCE)


def stretches(row):
    """Begin and end of the runs of True in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.numpy().astype(int), [0]])))
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize(("rule", "fill"), [("code", "minimum"), ("paper", "silence")])
def test_whole_bands_and_whole_frames_become_the_fill_and_nothing_else_changes(rule, fill):
    x, found = masked(rule)
    changed = found != x
    fills = x.amin((1, 2)) if fill == "minimum" else torch.full((ROWS,), SILENCE)
    assert torch.equal(found[changed], fills[:, None, None].expand_as(x)[changed])
    low = found == fills[:, None, None]
    bands, frames = low.all(1), low.all(2)
    assert (changed <= (bands[:, None] | frames[..., None])).all()
    assert max(len(stretches(row)) for row in bands) == max(len(stretches(row)) for row in frames) == 2


def test_the_code_masks_half_of_the_samples_once_or_twice():
    x, found = masked("code")
    changed = (found != x).any(2).any(1)
    assert float(changed.float().mean()) == pytest.approx(0.5, abs=0.05)
    bands, frames = ((found == x.amin((1, 2))[:, None, None]).all(dim) for dim in (1, 2))
    single = [stretches(row)[0] for row in bands if len(stretches(row)) == 1]
    assert max(end - begin for begin, end in single) <= 2 * int(0.15 * BANDS)
    # Of samples with masks, one mask and a half of 0 to 15 % and 0 to 20 % on average, less what is rounded down.
    assert float(bands.float().mean()) / float(changed.float().mean()) == pytest.approx(1.5 * 0.075, abs=0.02)
    assert float(frames.float().mean()) / float(changed.float().mean()) == pytest.approx(1.5 * 0.10, abs=0.02)


def test_the_paper_masks_every_sample_about_15_and_20_percent():
    _, found = masked("paper")
    bands, frames = ((found == SILENCE).all(dim).float().mean() for dim in (1, 2))
    # Less what two masks share.
    assert float(bands) == pytest.approx(0.145, abs=0.01)
    assert float(frames) == pytest.approx(0.19, abs=0.01)


def test_a_sample_of_few_frames_is_masked_too_and_draws_are_the_generators():
    x = torch.rand(64, 5, BANDS)
    assert torch.equal(masked("code", x)[1], masked("code", x)[1])
    assert torch.isfinite(masked("paper", torch.rand(3, 1, BANDS))[1]).all()
