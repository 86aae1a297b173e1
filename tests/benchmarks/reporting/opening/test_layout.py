import re

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.layout import grids, own_cells, own_columns
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_stores import RARE_CLASSES


def unrun(target: str) -> TableResult:
    """A table of which nothing ran."""
    paper, table = target.split(".")
    cells = load_paper(paper).table_cells(table)
    return TableResult(load_paper(paper), table, tuple(CellResult(cell, Variant()) for cell in cells))


def test_columns_stand_in_the_groups_of_the_paper():
    table = unrun("edc.t3")
    [grid] = grids(table, own_cells(table, table.main), wording.published)
    assert grid.above == [("", 1), ("OM", 2), ("AM", 2)] and grid.head == ("method", "DCASE", "CHiME", "DCASE", "CHiME")
    assert {row[0]: row[1:] for row in grid.rows}["Proposed EDC"] == ("95.20", "96.93", "96.03", "98.10")


def test_a_wide_table_has_a_grid_for_each_of_its_widest_groups():
    table = unrun("mtfa.t1")
    dev, evaluation = grids(table, own_cells(table, table.main), wording.published)
    assert (dev.head[0], evaluation.head[0]) == ("dev", "eval") and dev.head[1:3] == ("ER", "F1 (%)")
    assert [group for group, _ in dev.above] == ["", *RARE_CLASSES, "average"] and {n for _, n in dev.above} == {1, 2}
    rows = {row[0]: row[1:] for row in dev.rows}
    assert rows["MTFA (proposed)"][:2] == ("0.06", "96.7") and rows["CRNN [6]"][-2:] == ("0.14", "92.9")
    assert {row[0]: row[1:] for row in evaluation.rows}["ResRNN"][-2:] == ("0.18", "91.0")


def test_labels_that_are_no_groups_stay_whole():
    table = unrun("pbcnn.t3")
    [grid] = grids(table, table.main, wording.published)
    assert grid.above == () and grid.head == ("network", "No split", "50 % overlap", "No overlap")


def test_rows_and_columns_that_the_paper_does_not_have_are_not_in_its_table():
    assert own_columns(unrun("pbcnn.t2")) == ["cnn", "tb_cnn", "fb_cnn", "pb_cnn"]
    assert own_columns(unrun("maestro.t1")) == ["f1mo"]
    labels = {one.cell.label for one in own_cells(unrun("mtfa.t1"), unrun("mtfa.t1").main)}
    assert len(labels) == 8 and not any(label.startswith("DCASE 2017 baseline") for label in labels)


def test_what_rows_are_stands_over_the_papers_rows_alone():
    table = unrun("pbcnn.t2")
    [grid] = grids(table, own_cells(table, table.main), wording.published)
    assert grid.head[0] == "fold"
    [beside] = grids(table, [one for one in table.main if one.cell.added], wording.published)
    assert (beside.head[0], beside.head[-1]) == ("row", "other systems")


def test_a_column_of_another_list_stands_in_the_group_of_its_neighbours():
    table = unrun("edc.t3")
    [grid] = grids(table, table.main, wording.published)
    assert grid.above[1:] == [("OM", 3), ("AM", 3)] and grid.head[2] == "DCASE, corrected list"


def test_only_what_ran_has_a_row_or_a_column(three_classes_table):
    table = three_classes_table
    ran = [one for one in table.main if one.n_runs]
    dev, evaluation = grids(table, ran, wording.reproduced)
    rows = {row[0]: row[1:] for row in evaluation.rows}
    assert set(rows) == {"MTFA (proposed)", "ResAttRNN", "DCASE 2017 baseline, MLP"}
    assert re.fullmatch(r"\d\.\d{3} ± \d\.\d{3}", rows["ResAttRNN"][6])
    baseline = {row[0]: row[1:] for row in dev.rows}["DCASE 2017 baseline, MLP"]
    assert re.fullmatch(r"\d\.\d{3}", baseline[0]) and baseline[2] == "" and baseline[6] == "1 of 3 columns"
