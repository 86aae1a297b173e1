"""Which files a table shows where runs on several states of them are stored."""

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in

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


def test_a_page_is_the_same_with_the_files_of_its_runs_and_without_any(workspace, monkeypatch):
    on_files(workspace, NEW, wrong=40)
    texts = []
    for here in (NEW, "absent"):
        monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus, here=here: here)
        write_reports(workspace, "acrnn.t1", workspace.reports)
        texts.append((workspace.reports / "acrnn" / "t1.md").read_text())
    assert texts[0] == texts[1] and f"files: `{NEW}`, the only state that runs are stored of" in texts[0]
    monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus: OLD)
    write_reports(workspace, "acrnn.t1", workspace.reports)
    assert "**not those of the machine" in (workspace.reports / "acrnn" / "t1.md").read_text()


def test_the_page_names_the_release_as_the_newest_run_on_these_files_found_it(workspace):
    on_files(workspace, OLD, wrong=20)
    write_reports(workspace, "acrnn.t1", workspace.reports)
    path = workspace.reports / "acrnn" / "t1.md"
    assert "- release and state: not kept with these runs" in path.read_text()
    found = {"release": "v2 WAV", "complete": True, "summary": "400 of 400 clips (v2 WAV): all usable", "faults": {}}
    for tier, ended in (("reduced", "2026-02-01"), ("full", "2026-01-01")):
        census = {**found, "summary": found["summary"].replace("all", tier)}
        fabricate(workspace, "rf", "esc10", kind="decision", tier=tier, seeds=1, fingerprint=OLD, ended=ended,
                  data={"census": census})  # fmt: skip
    write_reports(workspace, "acrnn.t1", workspace.reports)
    told = [line for line in path.read_text().splitlines() if line.startswith("- release and state: ")]
    assert [line.partition(": ")[2] for line in told] == [
        "400 of 400 clips (v2 WAV): full usable", "400 of 400 clips (v2 WAV): reduced usable",
    ]  # fmt: skip


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


def marked(rms, **others):
    """Data of a result with the signatures of features."""
    mark = {"shape": [2], "rms": rms, "projections": [rms] * 8}
    return {"signatures": {"none": {"extractor": mark, **others}}}


def test_runs_on_features_of_other_code_are_no_further_seeds(workspace):
    on_files(workspace, OLD, 20, data=marked(1.0), ended="2026-01-01T00:00:00+00:00")
    for run in setting_runs(load_paper("acrnn"), "knn", "esc10", Choice(seeds=4)):
        if run.seed >= 2:
            newer = scores_with("esc10", run.fold, 40, "decision")
            publish(workspace, run, newer, OLD, data=marked(1.1), ended="2026-02-01T00:00:00+00:00")
    table = Results(workspace).table("acrnn.t1")
    [cell] = [one for one in table.main if one.cell.id == CELL]
    assert cell.evidence.complete_seeds == (2, 3) and cell.mean == 50.0
    [left] = Results(workspace).left_aside([table])
    assert left.runs == 10 and left.why == "features of other code than newer runs have"


def test_copies_and_the_clip_that_is_tried_may_differ_between_seeds_and_folds(workspace):
    for run in setting_runs(load_paper("acrnn"), "knn", "esc10", Choice(seeds=2)):
        other = {"shape": [1], "rms": 1.0 + run.seed, "projections": [1.0 + run.seed] * 8}
        said = scores_with("esc10", run.fold, 20, "decision")
        publish(workspace, run, said, OLD, data=marked(1.0, copy=other, clip=other))
    [cell] = [one for one in Results(workspace).table("acrnn.t1").main if one.cell.id == CELL]
    assert cell.evidence.complete_seeds == (0, 1)


def test_equal_values_of_seeds_that_differ_tell_no_spread(workspace):
    for run in setting_runs(load_paper("acrnn"), "rf", "esc10", Choice(seeds=2)):
        publish(workspace, run, scores_with("esc10", run.fold, 20, "decision", first=40 * run.seed))
    [cell] = [one for one in Results(workspace).table("acrnn.t1").main if one.cell.id == "acrnn.t1.rf.esc10"]
    assert cell.status == "undecided" and "one value by chance" in cell.verdict.message
