from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reporting.figures import table_figures
from benchmarks.reporting.figures.results import thresholds
from benchmarks.reporting.figures.results.errors import rule_of_errors
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_stores import STANDIN


def test_curves_pass_through_the_values_of_the_table(two_classes_table, event_figures):
    """The curves count by themselves, the table's values come from sed_eval; both on the official items alone."""
    values = {one.cell.id: one.mean for one in two_classes_table.others[STANDIN] if one.mean is not None}
    labels = {one.cell.label: one.cell.row for one in two_classes_table.main}
    seen = 0
    for side, test_set in (("dev", "devtest"), ("eval", "evaltest")):
        for panel, lines in event_figures[f"thresholds_t1_{test_set}_reduced-standin"].data.items():
            for label, threshold, error_rate, f1 in lines:
                at = round(100 * threshold) - 1
                assert panel.startswith(f"{side}, ") and np.shape(error_rate) == np.shape(f1) == (2, 99)
                cell = f"mtfa.t1.{labels[label]}.{side}.{panel.rpartition(' ')[2]}"
                assert np.mean(error_rate, axis=0)[at] == pytest.approx(values[f"{cell}.er"], abs=1e-6)
                assert np.mean(f1, axis=0)[at] == pytest.approx(values[f"{cell}.f1"], abs=1e-5)
                seen += 1
    assert seen == 12


def test_curves_are_kept_by_the_checksums_of_the_scores(two_classes, two_classes_table, event_figures, monkeypatch):
    monkeypatch.setattr(thresholds, "threshold_curve", lambda *_: pytest.fail("counted again"))
    table, memo = two_classes_table, Memo(two_classes.cache)
    again = [one for one in table_figures(table, STANDIN, table.others[STANDIN], memo) if "thresholds" in one.name]
    assert [one.data for one in again] == [event_figures[one.name].data for one in again] and again
    done = next(one for one in two_classes_table.others[STANDIN] if one.mean is not None)
    scored = done.evidence.scored[0]
    other = replace(scored.finished, result={"files": {**scored.finished.result["files"], "scores_devtest.npz": "1"}})
    with pytest.raises(pytest.fail.Exception, match="counted again"):
        thresholds.curve(replace(scored, finished=other), done.cell, rule_of_errors(done.cell), memo)
