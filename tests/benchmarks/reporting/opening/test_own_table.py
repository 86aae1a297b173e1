from benchmarks.judge.results import Results
from benchmarks.reporting.opening.own_table import ALONE, DASH, NOTHING_RAN, beside_blocks, own_table
from benchmarks.reporting.render.blocks import Bullets, Footnotes, Grid, Text
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.reporting.opening.test_layout import unrun


def shown(table) -> tuple[dict[str, tuple[str, ...]], str]:
    """The rows of the paper's own table by their labels, and what is told below it."""
    *grids, text = own_table(table, Footnotes())
    assert isinstance(text, Text) and all(isinstance(grid, Grid) for grid in grids)
    return {row[0]: tuple(row[1:]) for grid in grids for row in grid.rows}, text.text


def test_where_nothing_ran_published_values_stand_without_dashes_of_ours():
    rows, told = shown(unrun("acrnn.t4"))
    assert rows["attention at l10"] == ("93.7", "86.1") and told == NOTHING_RAN
    assert not any("/" in cell for row in rows.values() for cell in row)
    assert shown(unrun("mtfa.t1"))[1] == f"{NOTHING_RAN} {DASH}"


def test_ours_stands_in_the_columns_of_which_something_ran(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att", "esc10", wrong=6)
    rows, told = shown(Results(workspace).table("acrnn.t3"))
    assert rows["+ attention"] == ("91.7 / **91.2** ✓ʳ", "81.3") and rows["+ augment"] == ("93.0 / –", "84.6")
    assert ALONE in told and "margin ± 2.5 (ESC-10), ± 1.5 (ESC-50)" in told and "✓ reproduced: " in told


def test_shorter_schedules_on_the_real_files_are_marked_and_say_what_they_change(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att", "esc10", wrong=10, tier="reduced", seeds=1)
    fabricate(workspace, "base", "esc10", wrong=10, tier="smoke", corpus="miniature", seeds=1)
    rows, told = shown(Results(workspace).table("acrnn.t3"))
    assert rows["+ attention"][0] == "91.7 / 87.5 (reduced)" and rows["convolutional RNN"][0] == "89.2 / –"
    assert "*(reduced)*: ours by another schedule: 6 of 300 epochs, " in told
    assert "The published value does not judge it: the distance decides nothing." in told


def test_how_ours_is_brought_to_the_printed_decimals_is_said_where_it_is_not_rounded_everywhere(tmp_path, scene_table):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    cut = "Ours is cut to the decimals of the published value, not rounded, as the paper does"
    assert f"{cut}." in shown(Results(workspace).table("acrnn.t1"))[1]
    fabricate(workspace, "knn", "esc50", wrong=271, kind="decision", step=0)
    assert (
        f"{cut}; rounded on ESC-50, as the source of these values does."
        in shown(Results(workspace).table("acrnn.t1"))[1]
    )
    fabricate(workspace, "att_aug", "esc50", wrong=60)
    told = shown(Results(workspace).table("acrnn.t1"))[1]
    assert f"{cut}; rounded on ESC-50 (KNN [21]), as the source of these values does." in told
    assert "decimals" not in shown(scene_table)[1] and "decimals" not in shown(unrun("acrnn.t1"))[1]


def test_rows_that_are_only_quoted_say_why_and_added_ones_stand_apart():
    notes = Footnotes()
    rows = {row[0]: row for grid in own_table(unrun("mtfa.t1"), notes) if isinstance(grid, Grid) for row in grid.rows}
    assert any(label.startswith("R-CRNN [7] (quoted)[^") for label in rows) and notes.texts
    assert not any("baseline" in label for label in rows)
    beside = list(beside_blocks(unrun("mtfa.t1"), Footnotes()))
    assert any("baseline, MLP" in row[0] for grid in beside if isinstance(grid, Grid) for row in grid.rows)
    *_, why = beside_blocks(unrun("edc.t3"), Footnotes())
    assert isinstance(why, Bullets) and "OM, DCASE, corrected list (not run in full)" in why.items[0]
