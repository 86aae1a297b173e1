import numpy as np
import pytest
from scipy.spatial.distance import cdist

from benchmarks.reporting.probes import tsne
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_tag_runs import states_of


def ratio_of(values: np.ndarray) -> float:
    """By all distances, one by one."""
    clips = np.arange(len(values)).repeat(values.shape[1])
    far = cdist(values.reshape(-1, values.shape[2]), values.reshape(-1, values.shape[2]))
    same = clips[:, None] == clips
    return far[same & ~np.eye(len(far), dtype=bool)].mean() / far[~same].mean()


def test_distances_are_those_of_all_pairs():
    values = states_of(7, 5, 6, 0.5)
    within, between = tsne.distances(values)
    assert within / between == pytest.approx(ratio_of(values))
    assert tsne.distances(values[:1])[1] is None and tsne.distances(values[:, :1])[0] is None


@pytest.mark.parametrize("values", [np.zeros((4, 5, 6)), np.ones((1, 5, 6)), np.ones((4, 1, 6))])
def test_states_that_cannot_be_told_apart_have_no_map(values, tmp_path):
    assert tsne.state_map(values, "digest", Memo(tmp_path)) is None


def test_maps_of_states_are_kept_by_the_checksum_of_their_file(tmp_path, monkeypatch):
    values = states_of(8, 4, 6, 0.5)
    first = tsne.state_map(values, "one", Memo(tmp_path))
    monkeypatch.setattr(tsne, "_tsne", lambda _: pytest.fail("mapped again"))
    again = tsne.state_map(values, "one", Memo(tmp_path))
    assert np.array_equal(again.points, first.points) and again.points.shape == (32, 2)
    with pytest.raises(pytest.fail.Exception, match="mapped again"):
        tsne.state_map(values, "two", Memo(tmp_path))


def test_many_states_are_thinned_by_whole_clips():
    values = np.arange(500)[:, None, None].repeat(20, axis=1)
    chosen = tsne.spread_clips(values)
    assert chosen.shape == (100, 20, 1) and chosen[0, 0, 0] == 0 and chosen[-1, 0, 0] == 499
    assert len(np.unique(chosen)) == 100
