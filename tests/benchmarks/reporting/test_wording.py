import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import CellResult, Variant
from benchmarks.reporting.render.blocks import Footnotes
from benchmarks.reporting.wording import published, reproduced, runs, sentence, verdict
from benchmarks.spec import Protocol
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def result_of(workspace, table: str, cell: str) -> CellResult:
    return next(one for one in Results(workspace).table(table).main if one.cell.id == cell)


def test_missing_folds_are_told_and_nothing_is_averaged(workspace):
    fabricate(workspace, "base", "esc10", folds=(1, 2, 4), seeds=1)
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    assert (one.status, one.mean, reproduced(one), runs(one)) == ("incomplete", None, "3 of 5 folds", "3 of 5")


def test_a_corrected_value_stands_beside_the_printed_one(workspace):
    one, notes = result_of(workspace, "acrnn.t1", "acrnn.t1.alexnet.esc50"), Footnotes()
    assert published(one, notes) == "78.7, corrected 63.2[^1]"
    assert "rows mix columns" in notes.texts[0]
    one = result_of(workspace, "acrnn.t1", "acrnn.t1.procnn.esc50")
    assert verdict(one, notes) == "quoted[^2]" and "recipe could not be read" in notes.texts[1]


def test_a_proven_difference_of_protocols_is_refused_and_named(workspace):
    fabricate(workspace, "base", "esc10")
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    other = Protocol(value="three folds", status="stated", where="code", ours="four folds")
    protocol = {**one.cell.protocol, "training_folds": other}
    refused = CellResult(one.cell.model_copy(update={"protocol": protocol}), Variant(), one.evidence, one.verdict)
    notes = Footnotes()
    assert (refused.status, refused.protocol, verdict(refused, notes)) == ("refused", "differs", "refused[^1]")
    assert notes.texts == ["No verdict: training folds: the paper has three folds, ours four folds."]


def test_sentences_begin_and_end():
    assert sentence("why\n not") == "Why not." and sentence("Done!") == "Done!"
