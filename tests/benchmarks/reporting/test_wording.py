from dataclasses import replace

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import FITTED, CellResult, Variant
from benchmarks.reporting.render.blocks import Footnotes
from benchmarks.reporting.wording import (
    COUNTED,
    as_printed,
    counted,
    digits,
    interval,
    most_off,
    published,
    reproduced,
    runs,
    sentence,
    so_far,
    told,
    verdict,
)
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Protocol
from tests import ROOT
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


def test_a_cell_without_all_folds_says_of_which_files_its_runs_are(workspace):
    summary = "30 of 400 clips (v1 OGG): 370 missing"
    flawed = {"census": {"complete": False, "summary": summary}}
    fabricate(workspace, "knn", "esc10", folds=(1,), seeds=1, kind="decision", data=flawed)
    one = result_of(workspace, "acrnn.t1", "acrnn.t1.knn.esc10")
    assert (one.status, one.flaw) == ("incomplete", summary)
    assert so_far(one).endswith(f" (1 of 5 folds; {summary})") and reproduced(one) == f"1 of 5 folds; {summary}"


def test_a_value_of_some_folds_alone_says_of_which_wherever_it_stands(scene_table):
    ran = {one.cell.id: one for one in scene_table.others[Variant("reduced", "standin")]}
    average, fold = ran["pbcnn.t2.average.cnn"], ran["pbcnn.t2.fold1.cnn"]
    assert average.mean == fold.mean and average.partial == "fold 1 of 4" and fold.partial is None
    assert reproduced(average).endswith(" (fold 1 of 4)") and as_printed(average).endswith(" (fold 1 of 4)")
    assert digits(average) == as_printed(fold) and "fold" not in reproduced(fold)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        # Of ESC-50 folds are printed as 30.0, 32.5, 34.0, 34.7 (34.75, cut), 30.0; ours are 30.25, 32.5, 34, 35, 29.75.
        ("knn.esc50", "0.25 points (1 of 400 clips)"),
        ("svm.esc50", "0.75 points (3 of 400 clips)"),  # 39.7 is 159 of 400, ours 156
        ("rf.esc10", "4.0 points"),  # 73.75 and 69.75: of forests, whose seeds differ, no number of clips is told
    ],
)  # fmt: skip
def test_of_a_mean_alone_it_is_told_how_far_folds_are_off_at_most(tmp_path, cell, told):
    stored = Workspace(tmp_path / "data", tmp_path / "runs", tmp_path / "cache", ROOT / "reports")
    one, notes = result_of(stored, "acrnn.t1", f"acrnn.t1.{cell}"), Footnotes()
    assert most_off(one) == told and one.mean_alone is not None
    assert verdict(one, notes).partition("[^")[0].endswith(f" of 5 folds, {told} at most")
    note = _note_of(interval(one, notes), notes)
    assert (
        f"by {told} at most (folds: " in note or f"lies {told} from ours at most, and on 1 of 5 folds further" in note
    )


def _note_of(text: str, notes: Footnotes) -> str:
    """The note whose mark a text ends with."""
    return list(notes.texts)[int(text.rpartition("[^")[2].rstrip("]")) - 1]


@pytest.mark.parametrize(
    ("variant", "decimals", "deviation", "said"),
    [
        (Variant("reduced", "standin"), 3, 7.1527, "72.44 ± 7.15"), (Variant(), 3, 7.1527, "72.44 ± 7.15"),
        (Variant(), 1, 0.427, "72.44 ± 0.43"), (Variant(), 2, 0.03, "72.444 ± 0.030"),
        (Variant("reduced", "standin"), 3, None, "72.44"), (Variant(), 3, None, "72.4444"),
    ],
)  # fmt: skip
def test_a_value_has_no_more_digits_than_its_deviation_bears(
    scene_table, monkeypatch, variant, decimals, deviation, said
):
    some = next(one for one in scene_table.main if one.cell.row == "fold1" and one.mean is not None)
    one = replace(some, variant=variant, cell=some.cell.model_copy(update={"decimals": decimals}))
    for name, value in {"mean": 72.44444, "seed_sd": deviation, "draws_nothing": False}.items():
        monkeypatch.setattr(CellResult, name, value)
    assert reproduced(one) == said


def test_all_folds_are_no_part(workspace):
    fabricate(workspace, "base", "esc10", seeds=1)
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    assert one.mean is not None and one.partial is None and one.evidence.every == 5


@pytest.mark.parametrize(
    ("number", "word", "said"),
    [
        (1, "deviates", "1 deviates"), (2, "deviates", "2 deviate"), (2, "reproduced", "2 reproduced"),
        (2, f"deviates{FITTED}", "2 deviate under a fitted reading"), (1, "holds", "1 holds in the audit"),
        (15, f"holds{FITTED}", "15 hold in the audit under a fitted reading"), (3, "fails", "3 fail in the audit"),
        (2, "undecided", "2 undecided"),
    ],
)  # fmt: skip
def test_states_are_told_after_their_number_as_one_speaks(number, word, said):
    assert told(number, word) == said == counted({**dict.fromkeys(COUNTED, 0), word: number}, {})


def test_how_many_are_so_on_the_mean_alone_is_told_with_them():
    counts = {**dict.fromkeys(COUNTED, 0), "reproduced": 1, f"reproduced{FITTED}": 5}
    assert counted(counts, {"reproduced": 1, f"reproduced{FITTED}": 3}) == (
        "1 reproduced on the mean alone, 5 reproduced under a fitted reading (3 of them on the mean alone)"
    )


def test_a_corrected_value_stands_beside_the_printed_one(workspace):
    one, notes = result_of(workspace, "acrnn.t1", "acrnn.t1.alexnet.esc50"), Footnotes()
    assert published(one, notes) == "78.7, corrected 63.2[^1]"
    assert "rows mix columns" in notes.texts[0]
    one = result_of(workspace, "acrnn.t1", "acrnn.t1.procnn.esc50")
    assert verdict(one, notes) == "quoted[^2]" and "recipe could not be read" in notes.texts[1]


def test_what_the_paper_did_otherwise_is_not_comparable_and_named(workspace):
    fabricate(workspace, "base", "esc10")
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    other = Protocol(value="three folds", status="stated", where="code", ours="four folds")
    protocol = {**one.cell.protocol, "training_folds": other}
    otherwise = CellResult(one.cell.model_copy(update={"protocol": protocol}), Variant(), one.evidence, one.verdict)
    notes = Footnotes()
    assert (otherwise.status, otherwise.protocol) == ("not comparable", "differs")
    assert verdict(otherwise, notes) == "not comparable[^1]"
    said = "published with three folds, ours with four folds (stated: code)"
    held = f"{one.verdict.kind} ({one.verdict.low:+.1f} … {one.verdict.high:+.1f})"
    assert notes.texts == [
        f"No verdict: training folds: {said}. Held against each other all the same, they would be {held}."
    ]


def test_sentences_begin_and_end():
    assert sentence("γ, learned") == "γ, learned." and sentence("a clip") == "A clip." and sentence("k-NN") == "k-NN."
    assert sentence("bf16 is") == "bf16 is." and sentence("`code`") == "`code`." and sentence("the x") == "The x."
    assert sentence("why\n not") == "Why not." and sentence("Done!") == "Done!"
