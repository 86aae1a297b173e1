"""Rows that are not the paper's, beside those that are: scored alike, tested on what both have, and kept apart."""

import json

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.reporting.exports import exported
from benchmarks.reporting.own.board import board_markdown
from benchmarks.runs.own.changes import read_changes
from benchmarks.runs.own.place import changed_rows
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks import fabricated_event_runs as events
from tests.benchmarks.fabricated_results import publish_run
from tests.benchmarks.fabricated_runs import publish, scores_with, workspace_in

REDUCED = Variant("reduced")


def trained(workspace, paper, setting, wrong, folds=(1, 2), seeds=1):
    choice = Choice("reduced", seeds=seeds, folds=folds)
    for run in setting_runs(paper, setting, "esc10", choice):
        publish(workspace, run, scores_with("esc10", run.fold, wrong, first=3 * run.seed))


def changed(*texts, cell="acrnn.t3.base.esc10"):
    asked = changed_rows(cell, read_changes(texts))
    (name,) = {cell.setting for cell in asked.cells}
    return asked.paper, name


@pytest.fixture
def workspace(tmp_path):
    """The paper's row on two folds, and rows of ours: a better one on both folds, another on one."""
    workspace = workspace_in(tmp_path)
    trained(workspace, load_paper("acrnn"), "base", 40)
    trained(workspace, *changed("model.dropout=0.1"), wrong=10)
    trained(workspace, *changed("model.dropout=0.2"), wrong=40, folds=(1,))
    return workspace


def test_rows_are_scored_and_tested_on_the_folds_that_both_have(workspace):
    table = Results(workspace).table("acrnn.t3")
    rows = {row.result.cell.label: row for row in table.own[REDUCED] if row.result.cell.column == "esc10"}
    assert set(rows) == {"base dropout 0.1", "base dropout 0.2"}
    better, alike = rows["base dropout 0.1"], rows["base dropout 0.2"]
    assert better.result.mean == 87.5 and better.result.evidence.folds == (1, 2)
    assert alike.result.evidence.folds == (1,)
    (rival,) = better.rivals
    assert rival.result.cell.id == "acrnn.t3.base.esc10"
    assert rival.difference == 37.5 and rival.low > 0 and rival.p < 0.01
    assert alike.rivals[0].difference == 0 and alike.rivals[0].p == 1
    assert rival.p_holm == pytest.approx(2 * rival.p) and alike.rivals[0].p_holm == 1  # two tests in the column
    assert {row.result.status for row in rows.values()} & {"reproduced", "deviates"} == set()


def test_the_papers_rows_are_what_they_are_without(workspace, tmp_path):
    alone = workspace_in(tmp_path / "alone")
    trained(alone, load_paper("acrnn"), "base", 40)
    pages = []
    for place in (workspace, alone):
        write_reports(place, "acrnn.t3", place.reports)
        pages.append({name: (place.reports / name).read_text() for name in ("acrnn/t3.md", "README.md", "report.json")})
    data = [json.loads(one.pop("report.json")) for one in pages]
    assert pages[0] == pages[1]
    assert [one.pop("own") for one in data][1] == [] and data[0] == data[1] and data[0]["cells"]
    assert "base dropout 0.1" in (workspace.reports / "acrnn" / "own.md").read_text()
    assert not (alone.reports / "acrnn" / "own.md").exists()


def test_the_data_for_programs_have_them_apart(workspace):
    write_reports(workspace, "acrnn.t3", workspace.reports)
    own = json.loads((workspace.reports / "report.json").read_text())["own"]
    better = next(one for one in own if one["label"] == "base dropout 0.1")
    assert (better["mean"], better["partial"], better["tier"], better["verdict"]) == (
        87.5,
        "folds 1, 2 of 5",
        "reduced",
        None,
    )
    exported_cells = json.loads(exported([Results(workspace).table("acrnn.t3")], "json"))["tables"][0]["cells"]
    assert {one["row"] for one in exported_cells if one["whose"] == "own"} == {one["label"] for one in own}


def test_the_board_ranks_all_rows_and_says_what_each_is(workspace):
    text = board_markdown(Results(workspace).table("acrnn.t3"), REDUCED)
    ranked = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|") and "×" in line]
    assert ranked[1] == "**base dropout 0.1**"
    assert "- **base dropout 0.1**: setting `base` with model.dropout 0.1" in text
    assert "(fold 1 of 5)" in text and "| 1 × 1 |" in " ".join(text.split())


def test_of_error_rates_the_board_ranks_the_lowest_first(tmp_path):
    """Of 11 events one row finds 7 with a false one, 5 / 11 wrong, the other none with two false ones, 13 / 11."""
    workspace = workspace_in(tmp_path)
    for dropout, skill in ((0.1, 0.0), (0.2, 1.0)):
        paper, name = changed(f"model.dropout={dropout}", cell="mtfa.t1.mtfa.dev.babycry.er")
        for run in setting_runs(paper, name, "babycry", Choice("reduced", seeds=1)):
            references = {test_set: events.reference_of("babycry", test_set, 24) for test_set in events.TEST_SETS}
            scores = {test_set: events.scores_of(one, "babycry", skill, 0) for test_set, one in references.items()}
            publish_run(workspace, run, references, scores)
    text = board_markdown(Results(workspace).table("mtfa.t1"), REDUCED, ["dev.babycry.er"])
    ranked = [[cell.strip() for cell in line.split("|")[1:4]] for line in text.splitlines() if "found" in line]
    assert ranked == [
        ["**mtfa dropout 0.2**", "0.455", "7 found, 4 missed, 1 false"],
        ["**mtfa dropout 0.1**", "1.182", "0 found, 11 missed, 2 false"],
    ]


def test_two_recipes_of_one_name_are_two_rows(tmp_path):
    workspace, (paper, name) = workspace_in(tmp_path), changed("model.dropout=0.1")
    trained(workspace, paper, name, 10, folds=(1,))
    setting = paper.settings[name]
    other = paper.model_copy(update={"settings": {**paper.settings, name: paper.settings["att"]}})
    assert setting != paper.settings["att"]
    trained(workspace, other, name, 20, folds=(1,))
    rows = [row for row in Results(workspace).table("acrnn.t3").own[REDUCED] if row.result.cell.column == "esc10"]
    assert len(rows) == 2 and len({row.result.cell.label for row in rows}) == 2
    assert all(row.rivals == () for row in rows)
