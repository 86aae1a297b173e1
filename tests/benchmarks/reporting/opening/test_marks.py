from benchmarks.judge.results import Results
from benchmarks.reporting.opening.marks import MEANINGS, VERDICTS, Marks
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


def test_marks_tell_the_verdict_and_what_limits_it_and_are_explained_once(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    fabricate(workspace, "knn", "esc50", wrong=271, kind="decision", step=0)
    fabricate(workspace, "svm", "esc10", wrong=40, kind="decision", step=0)
    cells = {one.cell.id: one for one in Results(workspace).table("acrnn.t1").main}
    marks = Marks()
    assert marks.of(cells["acrnn.t1.knn.esc10"]) == " ✓ᵐʳ" and marks.of(cells["acrnn.t1.knn.esc50"]) == " ✓ᵐᶠ"
    assert marks.of(cells["acrnn.t1.svm.esc10"]) == " ✗ʳ"  # that folds differ is no news where the mean does
    assert marks.of(cells["acrnn.t1.acrnn.esc10"]) == "" and marks.of(cells["acrnn.t1.procnn.esc10"]) == ""
    assert [meaning[0] for meaning in marks.legend()] == ["✓", "✗", "ᵐ", "ᶠ", "ʳ"]


def test_every_mark_has_a_meaning():
    assert set(VERDICTS.values()) <= set(MEANINGS) and Marks().legend() == []
