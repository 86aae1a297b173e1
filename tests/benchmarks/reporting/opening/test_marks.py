import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import CellResult, Variant
from benchmarks.reporting.opening.marks import MEANINGS, VERDICTS, Marks
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


def test_marks_tell_the_verdict_and_what_limits_it_and_are_explained_once(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    fabricate(workspace, "knn", "esc50", wrong=271, kind="decision", step=0)
    fabricate(workspace, "svm", "esc10", wrong=40, kind="decision", step=0)
    fabricate(workspace, "rf", "esc10", wrong=22, kind="decision", step=0)
    cells = {one.cell.id: one for one in Results(workspace).table("acrnn.t1").main}
    marks = Marks({})
    assert marks.of(cells["acrnn.t1.rf.esc10"]) == " ✓ᵐʳ" and marks.of(cells["acrnn.t1.knn.esc50"]) == " ✓ᵐᶠ"
    assert marks.of(cells["acrnn.t1.knn.esc10"]) == " ✓ᵐᶠ"  # whose order of classes published folds chose
    assert marks.of(cells["acrnn.t1.svm.esc10"]) == " ✗ᶠ"  # that folds differ is no news where the mean does
    assert marks.of(cells["acrnn.t1.acrnn.esc10"]) == "" and marks.of(cells["acrnn.t1.procnn.esc10"]) == ""
    assert [meaning[0] for meaning in marks.legend()] == ["✓", "✗", "ᵐ", "ᶠ", "ʳ"]


def test_every_mark_has_a_meaning():
    assert set(VERDICTS.values()) <= set(MEANINGS) and Marks({}).legend() == []


def computed(table: str, column: str) -> tuple[list[str], list[str]]:
    """The marks of the cells of a column that is computed, as they hold, and what is told of them."""
    paper, text = load_paper(table.split(".")[0]), load_paper(table.split(".")[0]).audit
    marks, name = Marks(paper.tables[table.split(".")[1]].columns), table.split(".")[1]
    cells = [cell for cell in paper.table_cells(name) if cell.column == column]
    check = {"id": "", "published": 1.0, "computed": 1.0, "holds": True, "note": None}
    fitted = text.fitted(name, column)
    return [marks.of(CellResult(one, Variant(), check=check, fitted_check=fitted)) for one in cells], marks.legend()


@pytest.mark.parametrize(
    ("table", "column", "numbers", "what"),
    [
        ("edc.t1", "frames", 9, "frames (9 numbers): the level of 2 %, one number with which all nine come out"),
        ("acrnn.t2", "flops_M", 3, "FLOPs (M) (3 numbers): a formula of four constants made after three numbers"),
    ],
)
def test_of_computed_cells_it_is_told_what_was_fitted_and_for_how_many_numbers(table, column, numbers, what):
    """One number that gives nine is not told like a formula of four numbers for three."""
    marks, (_, told) = computed(table, column)
    assert marks == [" =ᶠ"] * numbers and told.startswith("ᶠ fitted: ") and what in told
    assert "what was run" not in told and "no evidence" not in told
    assert "A profiler" not in told, "remarks stand in the notes alone"
