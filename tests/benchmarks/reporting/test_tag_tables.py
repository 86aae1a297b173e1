"""Tables of clip tagging: added and audited columns, several test lists, controls that questions ask about."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.audit.ranges import main, recorded
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.judge.compare import compare
from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import load_paper, select
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.fabricated_tag_runs import CLASSES, fabricate_tags, reference_of

PAPER = load_paper("edc")
STANDIN = Variant("reduced", "standin")
#: Skill of each setting on stand-in files: rescaling does it all, the conditioning after it nothing.
SKILL = {"none": 0.5, "minmax": 2.0, "edc_a7": 2.0, "selfatt": 0.3, "tm": 1.0, "fm": 1.6, "tw": 0.8}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Stand-in runs of some rows with three seeds, in which both test lists are the same; runs in full of one row."""
    workspace = workspace_in(tmp_path_factory.mktemp("tags"))
    for setting, skill in SKILL.items():
        for mode in ("om", "am"):
            name = f"{setting}_{mode}"
            fabricate_tags(workspace, name, "dcase", skill, items=200, with_probes=False, all_clean=True)
    fabricate_tags(workspace, "none_om", "dcase", 1.0, "full", "real", items=64, seeds=3, with_probes=False)
    return workspace


@pytest.fixture(scope="module")
def table(stored):
    return Results(stored).table("edc.t3")


@pytest.fixture(scope="module")
def page(stored):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.reporting.pages.table.table_figures", lambda *_: [])
        write_reports(stored, "edc", stored.reports)
    return {name: (stored.reports / "edc" / f"{name}.md").read_text() for name in ("t1", "t2", "t3")}


# -- the paper's folder ------------------------------------------------------------------------------------------------


def test_all_published_values_are_there_and_what_was_added_has_none():
    cells = list(PAPER.cells())
    assert sum(cell.published is not None for cell in cells) == 101
    added = [cell for cell in cells if PAPER.tables[cell.table].columns[cell.column].added]
    assert {cell.column for cell in added} == {"om_dcase_clean", "am_dcase_clean"}
    assert all(cell.published is None and cell.items == "clean" for cell in added)


def test_eighty_settings_fill_the_three_tables(tmp_path):
    """Section 3 of the protocol: 20 settings for each of two datasets and two modes."""
    runs = make_plan(select("edc"), Choice(seeds=1), workspace_in(tmp_path)).runs.values()
    assert len(runs) == 80
    assert {one.run.dataset for one in runs} == {"dcase", "chime"}
    modes = [one.run.resolved["data"]["init_args"]["mode"] for one in runs]
    assert modes.count("om") == modes.count("am") == 40


def test_on_stand_in_files_only_what_has_a_stand_in_is_planned(tmp_path):
    plan = make_plan(select("edc.t3"), Choice("reduced", "standin"), workspace_in(tmp_path))
    assert {one.run.dataset for one in plan.runs.values()} == {"dcase"}
    assert not [cell for cell in plan.feeds if cell.endswith("chime")]


@pytest.mark.parametrize(
    ("target", "corpus", "message"),
    [
        ("edc.t3.1_none.om_chime", "standin", "edc.t3.1_none.om_chime: its datasets have no stand-in"),
        ("edc.t3", "standin", "not there; write it with `python -m benchmarks data standin dcase2018_domestic`"),
        ("edc.t3", "miniature", "not there; write it with `python -m benchmarks data miniature dcase2018_domestic`"),
    ],
)
def test_a_corpus_that_is_not_there_names_the_command_that_writes_it(tmp_path, target, corpus, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Sweep(target, Choice("reduced", corpus), workspace_in(tmp_path), "cpu").run(confirmed=True)


@pytest.mark.parametrize(("dataset", "name"), [("dcase", "DCASE2018Domestic"), ("chime", "CHiMEHome")])
def test_a_setting_takes_the_data_module_of_its_dataset(dataset, name):
    resolved = PAPER.settings["none_om"].resolved("full", PAPER.datasets[dataset])
    assert resolved["data"]["class_path"].endswith(f".{name}DataModule")


def test_the_row_of_edc_is_fed_by_the_published_alphas():
    settings = {cell.column: cell.setting for cell in select("edc.t3.6_edc")}
    assert settings == {
        "om_dcase": "edc_a7_om", "om_dcase_clean": "edc_a7_om", "om_chime": "edc_a10_om",
        "am_dcase": "edc_a7_am", "am_dcase_clean": "edc_a7_am", "am_chime": "edc_a10_am",
    }  # fmt: skip


def test_a_control_has_cells_where_it_has_a_setting():
    cells = {cell.column: cell for cell in PAPER.control_cells("t1") if cell.row == "a7_plain"}
    assert set(cells) == {"am_dcase", "am_dcase_clean", "am_chime"}
    assert {cell.test_set for cell in cells.values()} == {"test_plain"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    data_module: datasets.chime_home.CHiMEHomeDataModule\n", "", "chime: needs a data_module: setting"),
        ("        best_of: [tm, fm, tw]", "        best_of: [tm, fm, tx]", "unknown name 'tx'; did you mean t[mw]"),
        ("        table: t2\n", "        table: t4\n", "unknown name 't4'"),
        ("of: models.edc.decay_support,", "off: models.edc.decay_support,", "is missing|not a field"),
        ("column: om_dcase,", "column: om_dcas,", "unknown name 'om_dcas'; did you mean om_dcase"),
    ],
)
def test_a_mistake_has_file_and_line(tmp_path, old, new, message):
    import shutil

    from benchmarks.spec import paper_folder

    shutil.copytree(paper_folder("edc"), tmp_path / "edc")
    path = tmp_path / "edc" / "paper.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_paper("edc", tmp_path)
    assert re.match(r".*paper\.yaml:\d+: ", str(caught.value)) and re.search(message, str(caught.value))


# -- tables ------------------------------------------------------------------------------------------------------------


def test_an_audited_column_of_a_trained_table_is_computed(stored):
    table = Results(stored).table("edc.t1")
    frames = [one for one in table.main if one.cell.column == "frames"]
    assert [one.status for one in frames] == ["holds"] * 9
    assert [one.mean for one in frames] == [18, 38, 54, 78, 156, 390, 782, 1956, 3912]
    assert {one.status for one in table.main if one.cell.column != "frames"} == {"not yet run"}


def test_both_test_lists_are_scored_by_one_run(table):
    cells = {one.cell.column: one for one in table.main if one.cell.row == "1_none"}
    original, clean = cells["om_dcase"], cells["om_dcase_clean"]
    runs = [{scored.finished.run.id for scored in one.evidence.scored} for one in (original, clean)]
    assert runs[0] == runs[1] and len(runs[0]) == 3
    assert {scored.value.n for scored in original.evidence.scored} == {56}
    assert original.mean != clean.mean
    assert original.verdict is not None and clean.verdict.kind == "not judged"  # nothing is printed for it


def test_questions_are_about_controls_and_corrected_among_themselves(table):
    tests = {test.claim.id: test for test in table.claims_apart[STANDIN]}
    asked = [name for name in tests if name.startswith("ask_")]
    assert all(tests[name].claim.ours is (name in asked) for name in tests)
    over_none, over_rescaling = tests["ask_edc_over_none_om_dcase"].ours, tests["ask_edc_over_rescaling_om_dcase"].ours
    assert (over_none.status, over_none.kind) == ("holds", "method")
    assert over_rescaling.status == "undecided" and over_rescaling.low <= 0 <= over_rescaling.high
    assert tests["ask_edc_over_rescaling_om_dcase"].in_print.holds is None
    assert all(re.search("_[oa]m_dcase$", name) for name in tests), "those about what ran, once where lists are alike"


def test_the_best_of_other_rows_is_told_below_the_table(page):
    lines = [line for line in page["t3"].splitlines() if line.startswith("| Best single kind")]
    assert any("94.46 (time warp)" in line for line in lines), "published, original size on DCASE"
    apart = page["t3"][page["t3"].index("Apart from the table: tier reduced") :]
    told = [line for line in apart.splitlines() if line.startswith("| Best single kind")]
    assert told and all("frequency mask" in line for line in told)


def test_a_list_that_says_the_same_is_shown_once(page):
    apart = page["t3"][page["t3"].index("Apart from the table: tier reduced") :]
    assert "OM, DCASE, tier reduced" in apart and "corrected list, tier reduced" not in apart


def test_controls_stand_beside_their_rows(page):
    apart = page["t3"][page["t3"].index("Apart from the table: tier reduced") :]
    assert re.search(r"\| Min-max rescaling alone\[\^\d+\] +\| OM, DCASE", apart)
    assert "Questions of ours" in apart


def test_what_the_decay_reaches_stands_beside_what_is_looked_at(page):
    row = next(line for line in page["t1"].splitlines() if line.startswith("| EDC α = 7 ") and "2.58" in line)
    assert "1.14" in row and "0.13" in row  # mean past and future frames on the released features


def test_areas_of_classes_are_told(page):
    assert "Area under the curve of each class (%)" in page["t3"]


def test_report_json_has_the_added_cells(stored, page):
    cells = json.loads((stored.reports / "report.json").read_text())["cells"]
    clean = [one for one in cells if one["id"] == "edc.t3.1_none.om_dcase_clean" and one["tier"] == "full"]
    assert clean and clean[0]["published"] is None and clean[0]["mean"] is not None


# -- scores made elsewhere ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "listed"), [("om_dcase", "original"), ("om_dcase_clean", "clean")])
def test_scores_made_elsewhere_are_judged_on_the_list_of_the_column(stored, tmp_path, column, listed):
    reference, draw = reference_of("dcase", 64), np.random.default_rng(5)
    truth = np.array([[name in label.split(",") for name in CLASSES["dcase"]] for label in reference["label"]])
    values = np.clip(0.3 * truth + draw.uniform(0, 0.7, truth.shape), 0, 1).round(6)
    frame = pd.DataFrame(values, index=reference.index, columns=list(CLASSES["dcase"]))
    frame.to_csv(tmp_path / "mine.csv")
    found = compare(str(tmp_path / "mine.csv"), f"edc.t3.1_none.{column}", stored, "mine")
    kept, judged = reference[listed].to_numpy(), truth.any(axis=0)
    expected = 100 * roc_auc_score(truth[kept][:, judged], values[kept][:, judged], average="macro")
    assert found.folds[1].value == pytest.approx(expected)
    assert [one.p is not None for one in found.rivals if one.result.cell.row == "1_none"] == [True]
    assert "events" not in comparison_markdown(found)


# -- measured ranges ---------------------------------------------------------------------------------------------------


@pytest.mark.real
def test_recorded_ranges_are_those_of_the_released_features(data_root, tmp_path, monkeypatch):
    features = data_root / "dcase2018_domestic" / "sample_log_mel"
    if not features.is_dir():
        pytest.skip(f"no released features in {features}")
    (tmp_path / "edc").mkdir()
    kept = recorded(PAPER)
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", tmp_path)
    assert main(["edc", str(features)]) == 0
    assert json.loads((tmp_path / "edc" / "ranges.json").read_text()) == kept


def test_ranges_need_features(tmp_path, capsys):
    assert main(["edc", str(tmp_path)]) == 2
    assert "no feature file" in capsys.readouterr().err
    assert main(["edd", str(tmp_path)]) == 2
