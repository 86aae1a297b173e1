import re

from benchmarks.reporting import wording
from benchmarks.reporting.sections.wide import groups, wide_grid
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_stores import RARE_CLASSES


def test_columns_stand_in_groups_of_what_is_measured_together(three_classes_table):
    table = three_classes_table
    found = groups(table.table)
    assert list(found)[:4] == [f"dev.{name}" for name in (*RARE_CLASSES, "average")]
    assert found["eval.average"] == ["eval.average.er", "eval.average.f1"]
    assert groups(load_paper("acrnn").tables["t3"]) == {}


def test_a_wide_grid_pairs_the_published_values(three_classes_table):
    table = three_classes_table
    grid = wide_grid(table, table.main, wording.published)
    assert grid.head[:2] == ("row", "dev, babycry: ER / F1 (%)") and len(grid.head) == 9
    rows = {row[0]: row[1:] for row in grid.rows}
    assert len(rows) == 10
    assert rows["MTFA (proposed)"][0] == "0.06 / 96.7" and rows["ResRNN"][7] == "0.18 / 91.0"
    assert rows["CRNN [6]"][:4] == ("–", "–", "–", "0.14 / 92.9")
    assert rows["R-CRNN [7]"][0] == "0.09 / –"


def test_a_wide_grid_has_a_dash_where_nothing_ran(three_classes_table):
    table = three_classes_table
    ran = [one for one in table.main if one.n_runs]
    rows = {row[0]: row[1:] for row in wide_grid(table, ran, wording.reproduced).rows}
    assert set(rows) == {"MTFA (proposed)", "ResAttRNN", "DCASE 2017 baseline, MLP"}
    baseline = rows["DCASE 2017 baseline, MLP"]
    assert re.fullmatch(r"\d\.\d{3} / \d+\.\d\d", baseline[0]) and baseline[1:3] == ("–", "–")
    assert baseline[3] == "1 of 3 columns / 1 of 3 columns"
    assert re.fullmatch(r"\d\.\d{3} ± \d\.\d{3} / \d+\.\d\d ± \d+\.\d\d", rows["ResAttRNN"][7])
