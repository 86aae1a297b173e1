"""What ran on stand-in files, of runs whose wrong clips are counted by hand."""

from benchmarks.reporting.render.blocks import Folded, Footnotes, Grid, Heading, Text
from benchmarks.reporting.sections.other_table import variant_blocks
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import STANDIN, judged_without_audit


def test_rows_on_stand_in_files_have_their_own_values_and_nothing_published(tmp_path):
    """Of the 80 clips of a fold 20 and 24 are wrong with two seeds in one row, 8 and 12 in the other."""
    workspace = workspace_in(tmp_path)
    for setting, wrong in (("base", 20), ("att", 8)):
        fabricate(workspace, setting, "esc10", wrong, "reduced", "standin", seeds=2, step=4)
    table = judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"]
    title, _, grid, told, folded = variant_blocks(table, STANDIN, table.others[STANDIN], Footnotes())
    assert isinstance(title, Heading) and title.text.startswith("Reduced, on stand-in files")
    assert isinstance(grid, Grid) and grid.head == ("network", "ESC-10")
    assert grid.rows == [("convolutional RNN", "72.50 ± 3.54"), ("+ attention", "87.50 ± 3.54")]
    assert isinstance(told, Text) and told.text.endswith("; 2 seeds on 5 folds.")
    assert isinstance(folded, Folded)
    heading, by_value = folded.blocks
    assert heading.text == "ESC-10 (%)" and by_value.head == ("row", "value", "as printed", "correct", "seeds × folds")
    assert by_value.rows == [
        ("convolutional RNN", "72.50 ± 3.54", "72.5", "580/800", "2 × 5"),
        ("+ attention", "87.50 ± 3.54", "87.5", "700/800", "2 × 5"),
    ]
