"""Which files a table shows where runs on several states of them are stored."""

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.runs.workspace import Workspace
from tests.benchmarks.fabricated_runs import fabricate, workspace_in

OLD, NEW = "0" * 16, "1" * 16
CELL = "acrnn.t1.knn.esc10"


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def on_files(workspace, fingerprint, wrong, seeds=2, **facts):
    fabricate(workspace, "knn", "esc10", wrong, kind="decision", step=0, seeds=seeds, fingerprint=fingerprint, **facts)


def shown(workspace):
    table = Results(workspace).table("acrnn.t1")
    [cell] = [one for one in table.main if one.cell.id == CELL]
    return cell.mean, table.states[Variant()]["esc10"]


def test_the_files_that_are_here_are_shown_although_there_are_more_runs_on_others(workspace, monkeypatch):
    on_files(workspace, OLD, wrong=20, seeds=3, ended="2026-02-01T00:00:00+00:00")
    on_files(workspace, NEW, wrong=40, ended="2026-01-01T00:00:00+00:00")
    monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus: NEW)
    mean, state = shown(workspace)
    assert mean == 50.0 and state.is_here and state.others == {OLD: 15}
    write_reports(workspace, "acrnn.t1", workspace.reports)
    text = (workspace.reports / "acrnn" / "t1.md").read_text()
    assert f"files: `{NEW}`, those of the machine that wrote this page; **runs on other files" in text
    assert f"left aside**: 15 on `{OLD}`" in text


@pytest.mark.parametrize(("here", "said"), [("absent", "has none"), ("2" * 16, "**not those of the machine")])
def test_without_runs_on_the_files_here_the_newest_are_shown_and_the_page_says_so(workspace, monkeypatch, here, said):
    on_files(workspace, OLD, wrong=20, seeds=3, ended="2026-01-01T00:00:00+00:00")
    on_files(workspace, NEW, wrong=40, ended="2026-02-01T00:00:00+00:00")
    monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus: here)
    mean, state = shown(workspace)
    assert mean == 50.0 and not state.is_here
    write_reports(workspace, "acrnn.t1", workspace.reports)
    assert said in (workspace.reports / "acrnn" / "t1.md").read_text()


def test_undated_runs_are_older_than_dated_ones_and_among_them_most_runs_count(workspace):
    on_files(workspace, OLD, wrong=20, seeds=3)
    on_files(workspace, NEW, wrong=40)
    assert shown(workspace)[0] == 75.0
    on_files(workspace, "3" * 16, wrong=60, seeds=1, ended="2026-02-01T00:00:00+00:00")
    workspace.__dict__.pop("ledger", None)
    assert shown(workspace)[0] == 25.0


def test_all_rows_show_one_state(workspace, monkeypatch):
    on_files(workspace, OLD, wrong=20)
    fabricate(workspace, "svm", "esc10", 40, kind="decision", step=0, fingerprint=NEW)
    monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus: NEW)
    cells = {one.cell.id: one.n_runs for one in Results(workspace).table("acrnn.t1").main}
    assert (cells[CELL], cells["acrnn.t1.svm.esc10"]) == (0, 10)
