"""The bench of event-related data conditioning compares two ways to the same numbers. No time is asserted."""

import numpy as np
import pytest
import torch

from benchmarks.bench import conditioning
from models.edc import condition


@pytest.mark.parametrize("total", [sum, np.sum], ids=["terms", "numpy"])
@pytest.mark.parametrize("alpha", [2.5, 50])
def test_both_sides_give_the_same(total, alpha):
    clip = conditioning._frames(2)[1, :150]
    plain = conditioning.plain_loop(clip.double().numpy(), alpha, total)
    np.testing.assert_allclose(condition(clip, alpha), plain, rtol=1e-5, atol=1e-5)


def test_one_core_is_given_back():
    threads = torch.get_num_threads()
    with conditioning.one_core():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == threads


def test_a_batch_is_measured_where_there_is_an_accelerator():
    (measure,) = conditioning.accelerated(2, "cpu", frames=20)
    assert (measure.unit, measure.target, measure.better, measure.note) == ("ms", 5.0, "below", "CPU")
    if not torch.cuda.is_available():
        assert not list(conditioning.accelerated(2))
