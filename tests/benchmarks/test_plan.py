import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.plan import Choice, make_plan
from benchmarks.spec import select
from benchmarks.workspace import Workspace

ACRNN = {
    "base", "att", "aug", "att_aug",
    *(f"l{layer}_{scaling}" for layer in (2, 4, 6, 8) for scaling in ("softmax", "sigmoid")),
}  # fmt: skip


@pytest.fixture
def nowhere(tmp_path):
    return Workspace(*(tmp_path / name for name in ("data", "runs", "cache", "reports")))


def test_one_seed_of_the_paper_is_120_acrnn_runs_without_double_counting(nowhere):
    plan = make_plan(select("acrnn"), Choice(seeds=1), nowhere)
    runs = [p.run for p in plan.runs.values()]
    acrnn = [run for run in runs if run.setting in ACRNN]
    assert len(acrnn) == 12 * 2 * 5 == 120
    assert len({run.id for run in runs}) == len(runs)
    assert set(Counter((run.setting, run.dataset) for run in acrnn).values()) == {5}
    others = Counter((run.setting, run.dataset) for run in runs if run.setting not in ACRNN)
    assert others == {
        **{(name, data): 5 for name in ("knn", "svm", "rf") for data in ("esc10", "esc50")},
        ("piczak_long", "esc10"): 5,
        ("piczak_short", "esc50"): 5,
    }


def test_the_three_seeds_go_to_the_settings_of_table_3(nowhere):
    plan = make_plan(select("acrnn"), Choice(), nowhere)
    seeds = Counter(p.run.setting for p in plan.runs.values() if p.run.dataset == "esc10" and p.run.fold == 1)
    assert {name for name, count in seeds.items() if count == 3} == {"base", "att", "aug", "att_aug"}
    assert sum(1 for p in plan.runs.values() if p.run.setting in ACRNN) == 120 + 80


def test_cells_that_print_the_same_number_are_fed_by_the_same_runs(nowhere):
    feeds = make_plan(select("acrnn"), Choice(), nowhere).feeds
    for column in ("esc10", "esc50"):
        att_aug = feeds[f"acrnn.t3.att_aug.{column}"]
        assert feeds[f"acrnn.t4.l10.{column}"] == feeds[f"acrnn.t1.acrnn.{column}"] == att_aug
        assert feeds[f"acrnn.t4.none.{column}"] == feeds[f"acrnn.t3.aug.{column}"]
    assert "acrnn.t1.soundnet.esc10" not in feeds
    assert not any(cell.startswith("acrnn.t2") for cell in feeds)


def test_smoke_is_one_fold_and_one_seed(nowhere):
    plan = make_plan(select("acrnn"), Choice(tier="smoke", corpus="miniature"), nowhere)
    assert {(p.run.fold, p.run.seed) for p in plan.runs.values()} == {(1, 0)}


def test_an_unknown_fold_is_refused(nowhere):
    with pytest.raises(InputError, match="esc10 has no fold 6; its folds are 1, 2, 3, 4, 5"):
        make_plan(select("acrnn.t3"), Choice(folds=(6,)), nowhere)


def test_done_runs_are_planned_as_done(toy_workspace):
    from benchmarks.run import Surroundings, execute

    before = make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace)
    assert [p.done for p in before.runs.values()] == [False]
    execute(before.missing[0].run, Surroundings(toy_workspace))
    toy_workspace.ledger.__dict__.pop("by_slot", None)
    after = make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace)
    assert after.missing == []
    assert after.runs.keys() == before.runs.keys()
    assert after.runs[before.missing[0].run.id].minutes["cpu"] < 0.5  # measured now


def test_the_json_of_plan_and_list_keep_the_contract(tmp_path):
    root = Path(__file__).parents[2]

    def call(*arguments):
        command = [sys.executable, "-m", "benchmarks", *arguments, "--json"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout)

    plan = call("plan", "acrnn.t3", "--data-root", str(tmp_path), "--runs", str(tmp_path / "runs"))
    fields = {"id", "paper", "setting", "dataset", "fold", "seed", "tier", "corpus", "done", "minutes"}
    assert set(plan) == {"runs", "feeds"}
    assert all(set(run) == fields for run in plan["runs"])
    cells = [cell for paper in call("list")["papers"] for table in paper["tables"] for cell in table["cells"]]
    fields = {"id", "label", "published", "corrected", "unit", "metric", "erratum", "recipe", "reason"}
    assert all(set(cell) == fields for cell in cells)
    assert sum(cell["id"].startswith("acrnn.") for cell in cells) == 58
