import re
from types import SimpleNamespace

import pytest

from benchmarks.judge.results import Results
from benchmarks.reporting.opening.result import _still_learning, result_sentences, source_sentence
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_scene_runs import fabricate_scenes
from tests.benchmarks.fabricated_stores import STANDIN
from tests.benchmarks.reporting.opening.test_layout import unrun


def sentences(workspace, table: str) -> list[str]:
    return result_sentences(Results(workspace).table(table))


def test_a_table_of_which_nothing_ran_says_that_nothing_is_decided():
    [told] = result_sentences(unrun("mtfa.t1"))
    assert told.startswith("**None of 130 cells has run in full on the real files**, so nothing is decided")
    assert told.endswith("7 cells are only quoted from others.")
    [differs] = result_sentences(unrun("pbcnn.t1"))
    which = "12 of them (Fold 3, Fold 4, Average)"
    assert f"{which} would earn no verdict: what is published was made otherwise, or by a" in differs


def test_rows_that_differ_as_a_whole_are_named():
    [told] = result_sentences(unrun("mtfa.t1"))
    assert "48 of them (1D-CRNN [5], Multi-Scale RNN [9], CRNN+Attention [14]) would earn no verdict" in told


def test_cells_that_ran_are_counted_with_their_verdicts_and_fits_are_called_fits(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    told = sentences(workspace, "acrnn.t1")[0]
    assert told.startswith(
        "**1 of 18 cells has run in full on the real files: 1 reproduced under a fitted reading on the mean alone**;"
        " 17 have not, of which 4 would earn no verdict (what is published was made otherwise, or by a recipe that"
    )
    assert "no network has run in full" in told
    fabricate(workspace, "att_aug", "esc10", wrong=4)
    assert "no network has run in full" not in sentences(workspace, "acrnn.t1")[0]


def test_shorter_runs_tell_how_many_their_range_and_what_they_answer(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=4, tier="reduced", seeds=3)
    fabricate(workspace, "att", "esc10", wrong=30, tier="reduced", seeds=3)
    told = next(one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced"))
    assert told.startswith("Reduced, on the real files, without a verdict: 2 cells ran; ESC-10 (%): from ")
    assert " with “+ attention” to " in told and " with “convolutional RNN”." in told
    assert "one could be tested: “attention significantly improves accuracy on ESC-10”: **not seen**, the opp" in told
    assert "seed each" not in told, "three seeds are about the method"


def test_another_reading_that_would_lie_outside_the_margin_is_told(tmp_path):
    """32.3 is printed for KNN on ESC-50 and 66.7 on ESC-10, with margins of 1.5 and 2.5."""
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    fabricate(workspace, "knn_decoded", "esc10", wrong=27, kind="decision", step=0)
    begins = "Under another reading, which ran in full (“KNN [21], clips decoded”), "
    assert (
        f"{begins}none of 1 value would lie further from what is published than the margin."
        in sentences(workspace, "acrnn.t1")[0]
    )
    fabricate(workspace, "knn_decoded", "esc50", wrong=280, kind="decision", step=0)
    told = sentences(workspace, "acrnn.t1")[0]
    further = "1 of 2 values would lie further from what is published than the margin, which is no verdict"
    assert f"{begins}{further}: 30.0 instead of 32.3 (KNN [21] on ESC-50)." in told
    assert "Our control" not in told


def test_controls_that_are_no_reading_are_told_with_their_values(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "rf_notebook", "esc10", wrong=20, kind="decision", step=0)
    told = sentences(workspace, "acrnn.t1")[0]
    assert "Our control “Random Forest [21], the notebook's seed” has run in full, too: 75.0 (ESC-10)." in told


def test_one_fold_is_told_with_its_value(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=10, tier="reduced", folds=(1,), seeds=1)
    told = next(one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced"))
    assert told.endswith(": 1 cell (in part) ran; 87.50 (1 of 5 folds) with “convolutional RNN”.")


def test_a_column_of_one_value_gives_way_to_the_row(tmp_path):
    """Of every network one fold ran, which is the average so far, too."""
    workspace = workspace_in(tmp_path)
    for setting, skill in (("cnn", 0.5), ("pb_cnn", 0.9)):
        fabricate_scenes(workspace, setting, skill, "reduced", "standin", seeds=1)
    (told,) = [one for one in sentences(workspace, "pbcnn.t2") if one.startswith("Reduced, on stand-in files")]
    low, high = re.search(r"; fold 1 \(%\): from (\d+\.\d{3}) with CNN to (\d+\.\d{3}) with PB-CNN\.", told).groups()
    assert float(low) < 70 < float(high)


def test_what_columns_come_to_on_average_is_told_before_any_of_them(three_classes_table):
    """The first column of the table is one of three classes, on which a network may shine alone."""
    (told,) = [one for one in result_sentences(three_classes_table) if one.startswith("Reduced, on stand-in files")]
    shown = re.search(r"; dev, average, ER: from (\d\.\d\d) with “[^”]+” to (\d\.\d\d) with “[^”]+”", told)
    assert shown and "babycry" not in told.partition(". Of")[0], told
    of_column = [
        one.mean for one in three_classes_table.others[STANDIN]
        if one.cell.column == "dev.average.er" and one.mean is not None
    ]  # fmt: skip
    assert [float(value) for value in shown.groups()] == pytest.approx([min(of_column), max(of_column)], abs=0.0051)


def test_tests_that_see_little_say_so(tmp_path):
    """Where seeds are 10 clips of 80 apart, a difference of one margin, 2.5 points, is seldom told."""
    workspace = workspace_in(tmp_path)
    for setting in ("base", "att"):
        fabricate(workspace, setting, "esc10", wrong=20, tier="reduced", seeds=3, step=10)
    (told,) = [one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced")]
    weak = r"undecided.* That test would find a true difference of one margin, .* in 1?\d of 100 cases\."
    assert re.search(weak, told), told


def test_tests_that_decide_say_nothing_of_their_power(tmp_path):
    workspace = workspace_in(tmp_path)
    for setting, wrong in (("base", 4), ("att", 30)):
        fabricate(workspace, setting, "esc10", wrong=wrong, tier="reduced", seeds=3)
    (told,) = [one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced")]
    assert "not seen" in told and "would find a true difference" not in told


def test_smoke_is_no_result(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", tier="smoke", corpus="miniature")
    assert not any("Smoke" in one for one in sentences(workspace, "acrnn.t3"))


def test_checks_that_fail_are_told(tmp_path):
    told = sentences(workspace_in(tmp_path), "maestro.t1")[-1]
    assert "3 checks: 2 hold, 1 fails;" in told and told.endswith(" (see Audit).")


def test_readings_of_ours_that_do_not_fit_are_no_failures_of_the_paper(tmp_path):
    told = sentences(workspace_in(tmp_path), "pbcnn.t3")[-1]
    assert told.endswith("5 checks: 2 hold, 3 fail; 36 tries of assumed readings: 10 fit, 26 do not fit (see Audit).")


def test_a_page_says_whose_table_it_is_and_what_the_paper_says_of_it(tmp_path):
    results = Results(workspace_in(tmp_path))
    told = source_sentence(results.table("edc.t3"))
    assert told.startswith("Table 3 of *Event-related data conditioning for acoustic event classification* (Yuanbo Hou")
    first = "in our words: the proposed EDC performs best (original size, DCASE) (section 3.2); 15 more under Claims"
    assert told.endswith(f"{first}.")  # in print all hold
    assert source_sentence(results.table("edc.t2")).endswith(" By the printed numbers themselves 7 hold and 5 fail.")
    assert source_sentence(unrun("acrnn.t2")).endswith("arXiv:2007.07241).")


def test_a_difference_names_its_rows_and_seeds(tmp_path):
    workspace = workspace_in(tmp_path)
    for setting, wrong in (("base", 30), ("att", 5)):
        fabricate(workspace, setting, "esc10", wrong=wrong, tier="reduced", seeds=1)
    (told,) = [one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced")]
    assert re.search(
        r"\(advantage of “\+ attention” over “convolutional RNN” \+\d+\.\d\d points, .*, by the first seed of each\)",
        told,
    )


def test_of_runs_that_were_still_learning_the_page_says_so():
    def ran(best):
        selection = {"monitor": "val_auc", "best": 0.5, "best_epoch": best, "keep": "best"}
        run = SimpleNamespace(id=f"run {best}", resolved={"trainer": {"max_epochs": 6}})
        finished = SimpleNamespace(run=run, result={"selection": selection if best is not None else None})
        return SimpleNamespace(evidence=SimpleNamespace(scored=[SimpleNamespace(finished=finished)]))

    assert _still_learning([ran(5), ran(4), ran(2), ran(None)]).startswith("Of 3 runs 2 were at their best, by valid")
    assert _still_learning([ran(5)]).startswith("The one run was at its best, by valid")
    assert _still_learning([ran(5), ran(1), ran(2)]) == _still_learning([ran(None)]) == ""
