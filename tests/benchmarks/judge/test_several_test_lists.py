"""Tables whose columns are different lists of the same runs, or are computed without runs."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.judge.compare import compare
from benchmarks.judge.results import Results
from benchmarks.reporting.sections.comparison import comparison_markdown
from tests.benchmarks import fabricated_stores
from tests.benchmarks.fabricated_stores import STANDIN, written_once
from tests.benchmarks.fabricated_tag_runs import CLASSES, reference_of


@pytest.fixture(scope="module")
def stored(session_folder):
    return written_once(session_folder, "tags_with_controls", fabricated_stores.tags_with_controls)


@pytest.fixture(scope="module")
def table(stored):
    return Results(stored).table("edc.t3")


def test_an_audited_column_of_a_trained_table_is_computed(stored):
    table = Results(stored).table("edc.t1")
    frames = [one for one in table.main if one.cell.column == "frames"]
    assert [one.status for one in frames] == ["holds"] * 9
    assert [one.mean for one in frames] == [18, 38, 54, 78, 156, 390, 782, 1956, 3912]
    assert {one.status for one in table.main if one.cell.column != "frames"} == {"not yet run"}


def test_both_test_lists_are_scored_by_one_run(table):
    cells = {one.cell.column: one for one in table.main if one.cell.row == "1_none"}
    original, clean = cells["om_dcase"], cells["om_dcase_clean"]
    runs = [{scored.finished.run.id for scored in one.evidence.scored} for one in (original, clean)]
    assert runs[0] == runs[1] and len(runs[0]) == 3
    assert {found.value.n for found in original.evidence.measured} == {56}
    assert original.mean != clean.mean
    assert original.verdict is not None and clean.verdict.kind == "not judged"  # nothing is printed for it


def test_questions_are_about_controls_and_corrected_among_themselves(table):
    tests = {test.claim.id: test for test in table.claims_apart[STANDIN]}
    asked = [name for name in tests if name.startswith(("ask_", "featw_"))]  # the paper's is about all columns together
    assert all(tests[name].claim.ours is (name in asked) for name in tests)
    over_none, over_rescaling = tests["edc_over_none_om_dcase"].ours, tests["ask_edc_over_rescaling_om_dcase"].ours
    assert (over_none.status, over_none.kind) == ("holds", "method")
    assert over_rescaling.status == "undecided" and over_rescaling.low <= 0 <= over_rescaling.high
    assert tests["ask_edc_over_rescaling_om_dcase"].in_print.outcome is None
    assert all(re.search("_[oa]m_dcase$", name) for name in tests), "those about what ran, once where lists are alike"


@pytest.mark.parametrize(("column", "listed"), [("om_dcase", "original"), ("om_dcase_clean", "clean")])
def test_scores_made_elsewhere_are_judged_on_the_list_of_the_column(stored, tmp_path, column, listed):
    reference, draw = reference_of("dcase", 64), np.random.default_rng(5)
    truth = np.array([[name in label.split(",") for name in CLASSES["dcase"]] for label in reference["label"]])
    values = np.clip(0.3 * truth + draw.uniform(0, 0.7, truth.shape), 0, 1).round(6)
    frame = pd.DataFrame(values, index=reference.index, columns=list(CLASSES["dcase"]))
    frame.to_csv(tmp_path / "mine.csv")
    found = compare(str(tmp_path / "mine.csv"), f"edc.t3.1_none.{column}", stored, "mine")
    kept, judged = reference[listed].to_numpy(), truth.any(axis=0)
    expected = 100 * roc_auc_score(truth[kept][:, judged], values[kept][:, judged], average="macro")
    assert found.folds[1].value == pytest.approx(expected)
    assert [one.p is not None for one in found.rivals if one.result.cell.row == "1_none"] == [True]
    assert "events" not in comparison_markdown(found)
