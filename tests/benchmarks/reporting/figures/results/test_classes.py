import numpy as np
import pandas as pd
import pytest

from benchmarks.metrics.activity import count_classes
from benchmarks.runs.scores import joined
from tests.benchmarks.fabricated_soft_runs import SCORED, SKILL, reference, scores_of
from tests.benchmarks.fabricated_stores import FULL


def test_bars_and_texts_are_the_metrics_own_by_class(soft_figures, soft_table, cell_of):
    axis, classes, values, texts = soft_figures["classes_t1_f1mo_full"].data
    assert axis == "F1 at the best threshold of the class (%)"
    assert classes == list(SCORED) and len(values) == 2
    for row, setting in (("r0", "baseline"), ("r7", "c7")):
        one = cell_of(soft_table, row, "f1mo", FULL)
        shown = values[one.cell.label]
        assert np.mean(shown, axis=1) == pytest.approx(list(one.evidence.seed_values.values()))
        parts = [scores_of(SKILL[setting], fold, 0) for fold in range(1, 6)]
        stored = [type(part)(**{**vars(part), "values": part.values.astype(np.float16)}) for part in parts]
        counted = count_classes(joined(stored), pd.concat([reference(fold) for fold in range(1, 6)]))
        assert shown[0] == pytest.approx([counted[label].f1 for label in SCORED])
        for label, text in zip(SCORED, texts[one.cell.label], strict=True):
            assert f"{counted[label].threshold:.2f}" in text.split("–")


def test_rows_that_did_not_run_are_left_out(soft_figures):
    *_, values, texts = soft_figures["classes_t1_f1mo_reduced-standin"].data
    assert len(values) == 1 and all("–" not in text for text in next(iter(texts.values())))
