"""A loop over recordings is the oracle of the table; the shares of the classes that of the sampler."""

import numpy as np
import pytest
import torch

from datasets.batches.seconds import SecondTable, balanced_weights, draw_balanced
from tests.datasets.batches import context_task

#: Frames and complete seconds of three recordings, five frames each; the second has frames behind its last second.
FRAMES, SECONDS, PER_SECOND = (20, 17, 10), (4, 3, 2), 5
TABLE = SecondTable.of(FRAMES, SECONDS, PER_SECOND)
#: The frames of every second, recording by recording.
PLAIN = [
    [[sum(FRAMES[:number]) + PER_SECOND * second + frame for frame in range(PER_SECOND)] for second in range(count)]
    for number, count in enumerate(SECONDS)
]


@pytest.mark.parametrize("reach", [0, 1, 2, 20])
def test_missing_neighbours_are_the_central_second_again(reach):
    expected = []
    for recording in PLAIN:
        for second, own in enumerate(recording):
            near = range(second - reach, second + reach + 1)
            chunk = [recording[at] if 0 <= at < len(recording) else own for at in near]
            expected.append([frame for frames in chunk for frame in frames])
    found = TABLE.frames(TABLE.around(torch.arange(sum(SECONDS)), reach))
    assert found.tolist() == expected


def test_every_frame_knows_its_second_and_those_behind_the_last_one_none():
    found = TABLE.second_of_frame()
    assert len(found) == sum(FRAMES)
    seconds = [second for recording in PLAIN for second in recording]
    for number, frames in enumerate(seconds):
        assert found[frames].tolist() == [number] * PER_SECOND
    assert (found == len(seconds)).nonzero().flatten().tolist() == [35, 36]


def test_seconds_and_frames_of_some_recordings():
    assert TABLE.seconds_of(torch.tensor([2, 0])).tolist() == [0, 1, 2, 3, 7, 8]
    assert TABLE.frames_of([2, 0]).tolist() == [*range(37, 47), *range(20)]
    assert TABLE.recordings.tolist() == [0] * 4 + [1] * 3 + [2] * 2


#: The class sizes of fold 1, whose rarest class has six seconds.
SIZES = (2860, 1295, 833, 369, 246, 160, 65, 65, 16, 6)
CLASSES = torch.tensor(np.repeat(np.arange(10), SIZES))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_classes_are_drawn_with_the_shares_that_alpha_says(alpha):
    weights = balanced_weights(CLASSES, alpha)
    shares = torch.zeros(10, dtype=torch.float64).index_add_(0, CLASSES, weights)
    expected = alpha / 10 + (1 - alpha) * np.array(SIZES) / sum(SIZES)
    assert shares.numpy() == pytest.approx(expected)
    drawn = draw_balanced(weights, 16, torch.Generator().manual_seed(0))
    assert len(drawn) == sum(SIZES) // 16 * 16 and len(drawn.unique()) < len(drawn)
    found = np.bincount(CLASSES[drawn], minlength=10) / len(drawn)
    assert found == pytest.approx(expected, abs=4 * np.sqrt(0.25 / len(drawn)))


def test_at_one_half_a_second_of_the_rarest_class_comes_about_fifty_times():
    weights = balanced_weights(CLASSES, 0.5)
    assert float(weights[-1]) * sum(SIZES) == pytest.approx(50, abs=2)


def test_few_items_fill_one_batch_and_absent_classes_have_no_share():
    weights = balanced_weights(torch.tensor([3, 3, 7]), 1.0)
    assert weights.tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert len(draw_balanced(weights, 16, torch.Generator())) == 16


def test_chunks_and_draws_solve_what_a_fault_in_them_fails():
    assert context_task.shifted(seed=0) == (1.0, 0.0)
    assert context_task.borders(seed=0) == (1.0, 0.0)
    near, far = context_task.balanced(seed=0)
    assert near == pytest.approx(1.0, abs=0.05) and far < 0.1
