import json
import math

import pytest
from scipy import stats

from benchmarks.judge.results import Results
from benchmarks.reporting.render.json_data import report_data
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


def test_report_json_has_the_fields_of_the_contract(clips):
    cells = json.loads((clips.reports / "report.json").read_text())["cells"]
    names = {"id", "published", "mean", "low", "high", "n_runs", "tier", "corpus", "verdict", "protocol"}
    more = {"corrected", "df", "draws_nothing", "flaw", "partial", "mean_alone", "numerics"}
    assert all(set(cell) == names | more for cell in cells)
    first = next(cell for cell in cells if cell["id"] == "acrnn.t3.att_aug.esc10")
    assert (first["published"], first["mean"], first["n_runs"]) == (93.7, 93.75, 15)
    assert first["df"] == 4 and first["flaw"] is None  # 2 of each setting with copies, whose folds vary together
    assert first["low"] < 93.75 < first["high"] and first["protocol"] == "our reading"
    tiers = [cell["tier"] for cell in cells]
    assert tiers == sorted(tiers) and set(tiers) == {"full", "reduced"}
    assert all(cell["verdict"] is None for cell in cells if cell["tier"] == "reduced")
    absent = next(cell for cell in cells if cell["id"] == "acrnn.t3.base.esc50")
    assert (absent["mean"], absent["n_runs"], absent["verdict"]) == (None, 0, "not yet run")


def test_report_json_has_the_interval_of_further_runs_around_the_mean_and_not_around_the_difference(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=10, seeds=2)
    cells = {one["id"]: one for one in report_data([Results(workspace).table("acrnn.t3")])["cells"]}
    base = cells["acrnn.t3.base.esc10"]
    assert (base["published"], base["mean"], base["df"]) == (89.2, 86.875, 5)
    # On each of five folds two seeds that are one clip of 80 apart; the published value is known to ± 0.05.
    half = stats.t.ppf(0.95, 5) * math.sqrt(1.25**2 / 2 / 5 * (1 / 2 + 1)) + 0.05
    assert (base["low"] + base["high"]) / 2 == pytest.approx(base["mean"])
    assert base["high"] - base["low"] == pytest.approx(2 * half)


def test_report_json_tells_every_cell_once_per_variant(three_classes_pages, three_classes_table):
    cells = json.loads(three_classes_pages["report.json"])["cells"]
    main = [cell for cell in cells if (cell["tier"], cell["corpus"]) == ("full", "real")]
    assert [cell["id"] for cell in main] == [one.cell.id for one in three_classes_table.main]
    apart = [cell for cell in cells if cell["corpus"] == "standin"]
    assert len(apart) == 32 and {cell["verdict"] for cell in apart} == {None}
    mean = next(cell for cell in main if cell["id"] == "mtfa.t1.mtfa.dev.average.er")
    assert mean["n_runs"] == 9 and mean["low"] < mean["mean"] < mean["high"]


def test_report_json_tells_of_which_folds_a_mean_is_and_whether_it_is_of_the_mean_alone(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    cells = {one["id"]: one for one in report_data([Results(workspace).table("acrnn.t1")])["cells"]}
    assert cells["acrnn.t1.knn.esc10"]["verdict"] == "reproduced" and cells["acrnn.t1.knn.esc10"]["mean_alone"] is True
    assert cells["acrnn.t1.svm.esc10"]["mean_alone"] is False and cells["acrnn.t1.knn.esc10"]["partial"] is None


def test_report_json_has_controls_and_what_ran_otherwise(controlled_pages):
    data = json.loads(controlled_pages["report.json"])
    ran = {(one["id"], one["tier"]) for one in data["controls"] if one["n_runs"]}
    assert ran and not {name for name, _ in ran} & {one["id"] for one in data["cells"]}
    assert all(one["published"] is None and one["label"] for one in data["controls"])
    (told,) = [one for one in data["ran_otherwise"] if one["table"] == "edc.t3" and one["corpus"] == "standin"]
    assert any(text.startswith("*Stand-in*: ") for text in told["changes"])


def test_report_json_has_the_added_cells(controlled_pages):
    cells = json.loads(controlled_pages["report.json"])["cells"]
    clean = [one for one in cells if one["id"] == "edc.t3.1_none.om_dcase_clean" and one["tier"] == "full"]
    assert clean and clean[0]["published"] is None and clean[0]["mean"] is not None


def test_runs_in_other_numerics_are_told_apart_from_those_in_float32(tmp_path):
    workspace = workspace_in(tmp_path)
    for numerics, wrong in (("float32", 20), ("bf16", 22)):
        fabricate(workspace, "base", "esc10", wrong, tier="reduced", step=0, numerics=numerics)
        fabricate(workspace, "att", "esc10", wrong - 8, tier="reduced", numerics=numerics)
    found = report_data([Results(workspace).table("acrnn.t3")])
    cells = [one for one in found["cells"] if one["id"] == "acrnn.t3.base.esc10" and one["tier"] == "reduced"]
    assert {one["numerics"]: one["mean"] for one in cells} == {"float32": 75.0, "bf16": 72.5}
    asked = [one for one in found["claims"] if one["tier"] == "reduced" and one["difference"] is not None]
    assert [one["numerics"] for one in asked] == ["float32"]  # of what is the same a question is asked once
