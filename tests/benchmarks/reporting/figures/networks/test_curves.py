import pandas as pd
import pytest

from benchmarks.reporting.figures.networks.curves import Curves
from tests.benchmarks.fabricated_stores import FULL


def test_losses_are_drawn_column_by_column(tag_figures):
    assert tag_figures["curves_t3_am_dcase_reduced-standin"].data["losses"].keys() == {"None"}
    whole = tag_figures["curves_t3_om_dcase_reduced-standin"]
    assert whole.data["losses"].keys() == {"None", "Self-attention [11]", "Proposed EDC"}
    assert "OM, DCASE, tier reduced, stand-in files" in whole.caption


def test_validation_losses_are_dashed_where_there_are_any(event_figures):
    figure = event_figures["curves_t1_babycry_reduced-standin"]
    mlp = "DCASE 2017 baseline, MLP"  # which trains anew for the evaluation set
    assert set(figure.data["losses"]) == {"MTFA (proposed)", "ResRNN", mlp, f"{mlp}, for the evaluation set"}
    assert set(figure.data["validation"]) == {"MTFA (proposed)", "ResRNN"}
    assert "dashed: validation" in figure.caption and b">validation<" in figure.draw()


def test_told_of_cells_the_curves_are_of_these_alone(scene_figures):
    assert {name for name in scene_figures if "curves" in name} == {
        "curves_t2_scenes_full", "curves_t2_scenes_reduced-standin",
    }  # fmt: skip
    assert list(scene_figures["curves_t2_scenes_full"].data["losses"]) == ["CNN", "TB-CNN", "FB-CNN", "PB-CNN"]


def test_by_fold_each_fold_has_its_own_losses(soft_figures, soft_table, cell_of):
    rows = soft_figures["curves_t1_maestro_folds_full"].data
    r7, printed = (cell_of(soft_table, row, "f1mo", FULL) for row in ("r7", "r5_printed"))
    assert list(rows) == [r7.cell.label, printed.cell.label]
    for label, one in ((r7.cell.label, r7), (printed.cell.label, printed)):
        assert list(rows[label]) == [f"fold {fold}" for fold in range(1, 6)]
        for scored in [scored for scored in one.evidence.scored if scored.seed == 0]:
            history = pd.read_csv(scored.finished.folder / "history.csv")
            for name in ("loss", "val_loss"):
                of_fold = rows[label][f"fold {scored.finished.run.fold}"][name]
                assert of_fold == pytest.approx(history[name].tolist(), abs=1e-6)
    alone = soft_figures["curves_t1_maestro_folds_reduced-standin"]
    assert [list(row) for row in alone.data.values()] == [["fold 1"]]
    text = alone.draw().decode()
    assert all(f">{word}<" in text for word in ("fold 1", "training", "validation", "epoch"))


def test_curves_by_fold_are_of_named_cells():
    with pytest.raises(ValueError, match="curves by fold are of some cells; name them"):
        Curves(by_fold=True)
