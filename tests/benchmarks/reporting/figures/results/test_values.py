from benchmarks.reporting import write_reports
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import FULL


def test_the_chart_has_the_unit_of_what_it_shows(tag_figures, tag_drawing, tag_tables):
    assert next(iter(tag_tables["t1"].table.columns.values())).unit == "frames"
    unit, _, *_, panels = tag_figures["dots_t1_reduced-standin"].data
    assert unit == "%" and "frames" not in panels and b"OM, DCASE (%)" in tag_drawing("dots_t1_reduced-standin")


def test_values_of_stand_in_files_are_never_drawn_beside_published_ones(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att_aug", "esc10", tier="reduced", corpus="standin", seeds=1)
    write_reports(workspace, "acrnn.t3", workspace.reports)
    bars = (workspace.reports / "acrnn" / "figures" / "bars_t3_reduced-standin.svg").read_text()
    assert "each fold" in bars and "published" not in bars
    assert "93.7" not in bars


def test_told_of_cells_the_chart_has_one_panel_of_these(scene_figures, scene_table, cell_of):
    *_, panels = scene_figures["bars_t2_full"].data
    (marks,) = panels.values()
    assert list(panels) == ["Average"] and [mark["label"] for mark in marks] == ["CNN", "TB-CNN", "FB-CNN", "PB-CNN"]
    for mark, column in zip(marks, ("cnn", "tb_cnn", "fb_cnn", "pb_cnn"), strict=True):
        one = cell_of(scene_table, "average", column, FULL)
        assert (mark["mean"], mark["published"]) == (one.mean, one.cell.published)
        assert list(mark["folds"]) == list(one.evidence.fold_values.values())
