from collections import Counter

import pytest

from benchmarks.audit import isolated as checks
from benchmarks.errors import InputError
from benchmarks.judge.results import Results
from benchmarks.reporting.sections.audited import check_blocks
from tests.benchmarks.fabricated_runs import workspace_in


def test_the_section_tells_failures_of_the_paper_apart_from_readings_of_ours(tmp_path):
    _, folded = check_blocks(Results(workspace_in(tmp_path)).table("pbcnn.t3"))
    tries = "36 tries of assumed readings: 10 fit, 26 do not fit"
    assert folded.title == f"Without training: 5 checks: 2 hold, 3 fail; {tries}"
    [grid] = folded.blocks
    words = Counter(row[3] for row in grid.rows)
    assert words == {"holds": 2, "**fails**": 3, "fits": 10, "does not fit": 26}
    assert sum("Read as: the 1170 files of the four development folds" in row[4] for row in grid.rows) == 12


def test_an_audit_that_fails_elsewhere_is_one_line():
    with pytest.raises(InputError, match="audit of nonsense failed: unknown paper"):
        checks._audit_elsewhere("nonsense")
