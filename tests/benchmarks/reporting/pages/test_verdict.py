import math
import re

import numpy as np
from scipy import stats

from benchmarks.judge.results import Results
from benchmarks.reporting import write_reports
from benchmarks.reporting.pages.verdict import WITHOUT
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[+-]?\d+(?:\.\d+)?", text)]


def part(text: str, heading: str) -> str:
    return text.partition(f"### {heading}")[2].partition("\n##")[0]


def test_the_example_leads_from_the_folds_to_the_verdict_by_plain_arithmetic(clips):
    text = (clips.reports / "verdict.md").read_text()
    cell_id = re.search(r"The cell `([\w.]+)`", text)[1]
    table, row, column = cell_id.rsplit(".", 2)
    (one,) = [
        cell for cell in Results(clips).table(table).main if (cell.cell.row, cell.cell.column) == (row, column)
    ]  # fmt: skip

    rows = [numbers(line) for line in part(text, "2.").splitlines() if re.match(r"\| \d", line)]
    values = np.array([row[1:-1] for row in rows])
    ours = values.mean()
    np.testing.assert_allclose(values.mean(axis=1), [row[-1] for row in rows], atol=0.01)
    assert math.isclose(ours, one.mean, abs_tol=0.01)

    bottom, top = numbers(part(text, "1."))[1:3]
    sd, dof = numbers(part(text, "3."))[:2]
    half = (top - bottom) / 2
    half += stats.t.ppf(0.95, dof) * sd / math.sqrt(values.shape[1]) * math.sqrt(1 / len(rows) + 1)
    difference = ours - (bottom + top) / 2
    low, high = numbers(part(text, "4.").rpartition("the interval is")[2])
    np.testing.assert_allclose([low, high], [difference - half, difference + half], atol=0.02)

    margin = numbers(part(text, "5."))[0]
    inside, outside = half + abs(difference) <= margin, abs(difference) - half > margin
    word = "reproduced" if inside else "deviates" if outside else "undecided"
    assert word == one.status and f"The cell is {word.join(('**', '**')) if inside or outside else word}" in text


def test_without_a_verdict_the_page_says_so(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    write_reports(workspace, "acrnn.t3", workspace.reports)
    text = (workspace.reports / "verdict.md").read_text()
    assert WITHOUT in text and "An example" not in text and "## The three words" in text
