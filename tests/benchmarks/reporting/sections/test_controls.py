"""Controls beside each other, of runs whose wrong clips are counted by hand."""

from benchmarks.judge.table import Variant
from benchmarks.reporting.render.blocks import Folded, Footnotes, Grid
from benchmarks.reporting.sections.controls import control_blocks
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import judged_without_audit


def test_each_control_has_its_own_values_in_the_grid_and_one_by_one(tmp_path):
    """Of 80 clips 27 are wrong, of 400 271, on each of five folds with either seed, so that one of them tells all."""
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn_decoded", "esc10", wrong=27, kind="decision", step=0)
    fabricate(workspace, "knn_decoded", "esc50", wrong=271, kind="decision", step=0)
    fabricate(workspace, "svm_decoded", "esc10", wrong=40, kind="decision", step=0)
    table = judged_without_audit(workspace, "acrnn.t1")["acrnn.t1"]
    notes = Footnotes()
    *_, grid, folded = control_blocks(table, table.controls[Variant()], notes)
    assert isinstance(grid, Grid) and isinstance(folded, Folded)
    assert grid.head == ("row", "ESC-10", "ESC-50")
    assert grid.rows == [
        ("KNN [21], clips decoded[^1]", "66.25", "32.25"), ("SVM [21], clips decoded[^1]", "50.00", ""),
    ]  # fmt: skip
    assert notes.texts == ["The same statistics of the clips as they sound and as the WAV release has them."]
    (by_value,) = folded.blocks
    assert by_value.head == ("row", "column", "value", "as printed", "correct", "seeds × folds")
    assert by_value.rows == [
        ("KNN [21], clips decoded", "ESC-10", "66.25", "66.2", "265/400", "2 × 5"),  # cut, as the paper does
        ("KNN [21], clips decoded", "ESC-50", "32.25", "32.3", "645/2000", "2 × 5"),  # rounded, as its source does
        ("SVM [21], clips decoded", "ESC-10", "50.00", "50.0", "200/400", "2 × 5"),
    ]
