import re

from benchmarks.judge.results import Results
from benchmarks.reporting.opening.result import result_sentences, source_sentence
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.reporting.opening.test_layout import unrun


def sentences(workspace, table: str) -> list[str]:
    return result_sentences(Results(workspace).table(table))


def test_a_table_of_which_nothing_ran_says_that_nothing_is_decided():
    [told] = result_sentences(unrun("mtfa.t1"))
    assert told.startswith("**None of 74 cells has run in full on the real files**, so nothing is decided")
    assert told.endswith("63 cells are only quoted from others.")
    [differs] = result_sentences(unrun("pbcnn.t1"))
    assert "12 of them would earn no verdict, because the paper is known to have done otherwise." in differs


def test_cells_that_ran_are_counted_with_their_verdicts_and_fits_are_called_fits(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    told = sentences(workspace, "acrnn.t1")[0]
    assert told.startswith("**1 of 10 cells has run in full on the real files: 1 reproduced**; 9 have not.")
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


def test_one_fold_is_told_with_its_value(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=10, tier="reduced", folds=(1,), seeds=1)
    told = next(one for one in sentences(workspace, "acrnn.t3") if one.startswith("Reduced"))
    assert told.endswith(": 1 cell (1 in part) ran; 87.50 (1 of 5 folds) with “convolutional RNN”.")


def test_smoke_is_no_result(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", tier="smoke", corpus="miniature")
    assert not any("Smoke" in one for one in sentences(workspace, "acrnn.t3"))


def test_checks_that_fail_are_told(tmp_path):
    told = sentences(workspace_in(tmp_path), "acrnn.t3")[-1]
    assert told == "Without training, as of printed averages and sizes: 18 checks: 16 hold, 2 fail (see Audit)."


def test_readings_of_ours_that_do_not_fit_are_no_failures_of_the_paper(tmp_path):
    told = sentences(workspace_in(tmp_path), "pbcnn.t3")[-1]
    assert told.endswith("5 checks: 2 hold, 3 fail; 24 tries of assumed readings: 7 fit, 17 do not fit (see Audit).")


def test_a_page_says_whose_table_it_is_and_what_the_paper_says_of_it(tmp_path):
    results = Results(workspace_in(tmp_path))
    told = source_sentence(results.table("edc.t3"))
    assert told.startswith("Table 3 of *Event-related data conditioning for acoustic event classification* (Yuanbo Hou")
    assert "“the proposed EDC performs best (original size, DCASE)” (section 3.2); 19 further sentences" in told
    assert told.endswith(" hold and 1 fails.")
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
