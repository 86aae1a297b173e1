"""A paper with added and audited columns, settings that serve several datasets, controls: that on EDC."""

import re
import shutil

import pytest

from benchmarks.errors import InputError
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import load_paper, select
from tests.benchmarks.fabricated_runs import workspace_in

PAPER = load_paper("edc")


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
    from benchmarks.spec import paper_folder

    shutil.copytree(paper_folder("edc"), tmp_path / "edc")
    path = tmp_path / "edc" / "paper.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_paper("edc", tmp_path)
    assert re.match(r".*paper\.yaml:\d+: ", str(caught.value)) and re.search(message, str(caught.value))
