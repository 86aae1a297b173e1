def test_losses_are_drawn_column_by_column(tag_figures):
    assert tag_figures["curves_t3_am_dcase_reduced-standin"].data["losses"].keys() == {"None"}
    whole = tag_figures["curves_t3_om_dcase_reduced-standin"]
    assert whole.data["losses"].keys() == {"None", "Self-attention [11]", "Proposed EDC"}
    assert "OM, DCASE, tier reduced, stand-in files" in whole.caption


def test_validation_losses_are_dashed_where_there_are_any(event_figures):
    figure = event_figures["curves_t1_babycry_reduced-standin"]
    assert set(figure.data["losses"]) == {"MTFA (proposed)", "ResRNN", "DCASE 2017 baseline, MLP"}
    assert set(figure.data["validation"]) == {"MTFA (proposed)", "ResRNN"}
    assert "dashed: validation" in figure.caption and b">validation<" in figure.draw()


def test_told_of_cells_the_curves_are_of_these_alone(scene_figures):
    assert {name for name in scene_figures if "curves" in name} == {
        "curves_t2_scenes_full", "curves_t2_scenes_reduced-standin",
    }  # fmt: skip
    assert list(scene_figures["curves_t2_scenes_full"].data["losses"]) == ["CNN", "TB-CNN", "FB-CNN", "PB-CNN"]
