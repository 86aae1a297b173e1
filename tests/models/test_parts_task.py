"""Each part of a network does what it is there for, and its task cannot be solved without it."""

import pytest

from tests.datasets import targets_task
from tests.models import parts_task


@pytest.mark.parametrize("family", parts_task.NETWORKS)
def test_batch_norm_makes_loudness_not_matter(family):
    with_norm, without = parts_task.loudness(family, seed=0)
    assert with_norm == 1.0 and without < 0.3


@pytest.mark.parametrize("family", ["acrnn", "piczak", "edc", "mtfa"])
def test_a_maximum_finds_the_one_loud_place(family):
    assert parts_task.maximum(family, seed=0) == (1.0, 0.0)


@pytest.mark.parametrize("task", [parts_task.residual, parts_task.skip])
def test_the_identity_and_the_skip_connection_pass_what_nothing_else_does(task):
    assert task(seed=0) == (1.0, 0.0)


@pytest.mark.parametrize("module", ["models.mtfa", "models.baselines.rare_events"])
def test_validation_drops_half_of_540_ms_and_keeps_a_frame_more(module):
    assert parts_task.median(module, median_frames=27, seed=0) == (1.0, 0.5)


def test_targets_a_frame_late_are_half_wrong_beside_the_edges():
    assert targets_task.late(seed=0) == (1.0, 0.5)
