import pytest

from tests.benchmarks.fabricated_scene_runs import GAMMAS


def test_every_fold_of_every_network_that_learns_them_is_drawn(scene_figures):
    axis, panels = scene_figures["gammas_t2_full"].data
    assert axis == "γ" and list(panels) == ["PB-CNN", "PB-CNN, values by a 1 x 1 convolution"]
    for of_setting in panels.values():
        assert list(of_setting) == [f"fold {fold}" for fold in (1, 2, 3, 4)]
        assert of_setting["fold 1"] == pytest.approx(GAMMAS, abs=1e-3)
        assert of_setting["fold 3"] == pytest.approx(GAMMAS + 0.04, abs=1e-3)


def test_those_that_are_set_are_left_out(scene_figures, scenes):
    stored = {one.run.setting for one in scenes.ledger.finished() if (one.folder / "probes.npz").exists()}
    assert "pb_cnn_gamma_50" in stored
    assert not any("gamma 0.5" in title.lower() for title in scene_figures["gammas_t2_full"].data[1])
