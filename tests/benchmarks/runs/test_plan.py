import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.cli.listing import listing, listing_lines, plan_lines
from benchmarks.errors import InputError
from benchmarks.runs.plan import Choice, make_plan, setting_runs
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select
from benchmarks.spec.load import PAPERS
from tests import ROOT

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
        **{(name, data): 5 for name in ("alexnet", "googlenet", "wavemsnet") for data in ("esc10", "esc50")},
        **{(f"envnetv2_{data}", data): 5 for data in ("esc10", "esc50")},
        ("piczak_long", "esc10"): 5,
        ("piczak_short", "esc50"): 5,
    }


def test_three_seeds_go_to_the_settings_of_table_3_and_the_cheap_image_networks(nowhere):
    plan = make_plan(select("acrnn"), Choice(), nowhere)
    seeds = Counter(p.run.setting for p in plan.runs.values() if p.run.dataset == "esc10" and p.run.fold == 1)
    three = {name for name, count in seeds.items() if count == 3}
    assert three == {"base", "att", "aug", "att_aug", "alexnet", "googlenet"}
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


@pytest.fixture
def mtfa_plan(nowhere):
    return make_plan(select("mtfa"), Choice(), nowhere)


def test_mtfa_needs_27_runs_of_its_networks_and_those_of_what_it_cites(mtfa_plan):
    runs = [planned.run for planned in mtfa_plan.runs.values()]
    assert len(runs) == len({run.id for run in runs}) == 87
    assert Counter(run.setting.removesuffix("_gunshot") for run in runs) == {
        "resrnn": 9, "resattrnn": 9, "mtfa": 9, "crnn": 9, "crnn_full": 9, "mlp": 3, "mlp_full": 3, "gmm": 9,
        "crnn_1d": 9, "multi_scale_rnn": 9, "attentive_crnn": 9,
    }  # fmt: skip
    assert {run.dataset for run in runs if run.setting.endswith("_gunshot")} == {"gunshot"}
    assert {run.dataset for run in runs if run.setting == "mtfa"} == {"babycry", "glassbreak"}
    assert Counter((run.setting, run.seed) for run in runs)["crnn", 2] == 3
    assert {run.seed for run in runs if run.setting == "mlp"} == {0}


def test_an_mtfa_run_feeds_both_test_sets_and_their_averages(mtfa_plan):
    runs, feeds = mtfa_plan.runs, mtfa_plan.feeds
    assert set(feeds) == {cell.id for cell in select("mtfa.t1") if cell.recipe == "train"} and len(feeds) == 9 * 16
    for run_id, planned in runs.items():
        setting, name = planned.run.setting.removesuffix("_gunshot"), planned.run.dataset
        row = {"crnn_1d": "1dcrnn", "multi_scale_rnn": "msrnn", "attentive_crnn": "crnn_att"}.get(setting, setting)
        fed = {cell for cell, ids in feeds.items() if run_id in ids}
        sides = ("eval",) if setting.endswith("_full") else ("dev",) if setting in ("crnn", "mlp") else ("dev", "eval")
        row = row.removesuffix("_full")
        places = [f"{side}.{what}" for side in sides for what in (name, "average")]
        assert fed == {f"mtfa.t1.{row}.{place}.{kind}" for place in places for kind in ("er", "f1")}
    assert len(feeds["mtfa.t1.mtfa.eval.average.er"]) == 9


def test_a_target_may_end_within_the_name_of_a_column(nowhere):
    assert len(select("mtfa.t1.mtfa.eval")) == 8
    assert [cell.column for cell in select("mtfa.t1.mtfa.eval.gunshot")] == ["eval.gunshot.er", "eval.gunshot.f1"]
    runs = make_plan(select("mtfa.t1.mtfa.eval.average"), Choice(seeds=1), nowhere).runs.values()
    assert sorted(planned.run.setting for planned in runs) == ["mtfa", "mtfa", "mtfa_gunshot"]
    with pytest.raises(InputError, match=r"unknown target 'mtfa.t1.mtfa.evil'; did you mean mtfa.t1.mtfa.eval"):
        select("mtfa.t1.mtfa.evil")


def test_controls_of_mtfa_are_run_when_asked_for(nowhere):
    runs = make_plan(select("mtfa.t1.crnn_gru2"), Choice(), nowhere).runs.values()
    assert Counter(planned.run.setting for planned in runs) == {"crnn_gru2": 9}
    half, own = (make_plan(select(f"mtfa.t1.{row}"), Choice(), nowhere).runs for row in ("mtfa_half", "mtfa"))
    assert half.keys() == own.keys()  # scored otherwise, trained once


def test_the_lines_of_a_plan_are_aligned(mtfa_plan):
    *lines, note, total = plan_lines(mtfa_plan)
    assert len({line.index("run") for line in lines}) == len({line.index("(") for line in lines}) == 1
    first, _, each = lines[1].partition("; ")
    assert first == "mtfa babycry    crnn                3 runs (3 seeds), 0 done"
    assert re.fullmatch(r"each \S+ h on cpu\*, \S+ min on cuda\*", each)
    assert note == "* typed estimate, from the paper's file"
    assert lines[5].partition(";")[0] == "mtfa babycry    mlp                 1 run  (1 seed), 0 done"
    assert total.startswith("87 runs, 87 missing: about ")


def test_the_lines_of_a_list_are_aligned():
    of_table = [line for line in listing_lines(listing()) if line.startswith("    mtfa.t1.")]
    lines, controls = of_table[:160], of_table[160:]
    assert all(line.split()[0].split(".")[2] in load_paper("mtfa").tables["t1"].controls for line in controls)
    assert {line.split()[0].split(".")[2] for line in lines} == set(load_paper("mtfa").tables["t1"].rows)
    assert len({line.rindex("train") for line in lines if line.endswith("train")}) == 1
    assert lines[0].split() == ["mtfa.t1.resrnn.dev.babycry.er", "0.09", "train"]
    assert any(re.search(r"mtfa.t1.rcrnn.eval.gunshot.f1 +n/a  quoted: no public code", line) for line in lines)


def test_a_plan_of_nothing_says_so(nowhere):
    none, why = plan_lines(make_plan(select("mtfa.t1.rcrnn"), Choice(), nowhere))
    assert none == "0 runs, 0 missing" and why == "nothing is trained there; `list` tells how each number is checked"


def ids_of(target: str, workspace) -> set[str]:
    return set(make_plan(select(target), Choice(), workspace).runs)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("paper.yaml", "args: {event: gunshot}", "args: {event: babycry}"),
        (
            "paper.yaml",
            "class_path: models.mtfa.MTFAModule",
            "class_path: models.baselines.rare_events.CakirCRNNModule",
        ),
    ],
)
def test_what_a_paper_file_says_of_a_run_is_in_its_identity(nowhere, tmp_path, monkeypatch, file, old, new):
    before = ids_of("mtfa.t1.mtfa.eval.gunshot", nowhere)
    shutil.copytree(PAPERS / "mtfa", tmp_path / "papers" / "mtfa")
    path = tmp_path / "papers" / "mtfa" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", tmp_path / "papers")
    monkeypatch.setattr("benchmarks.runs.plan.check_arguments", lambda resolved: None)  # the other class takes others
    after = ids_of("mtfa.t1.mtfa.eval.gunshot", nowhere)
    assert len(after) == len(before) and not after & before


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("acrnn.t3.att.esc10", {
            "datasets.esc50.ESC50", "datasets.esc50.ESC50DataModule", "models.acrnn.ACRNNModule",
            "datasets.features.log_gammatone.LogGammatone",
        }),
        ("edc.t1.a10.om_dcase", {
            "datasets.dcase2018_domestic.DCASE2018Domestic", "models.edc.EDCModule", "models.edc.EventConditioning",
            "datasets.dcase2018_domestic.DCASE2018DomesticDataModule", "datasets.features.log_mel_edc.LogMelEdc",
        }),
    ],
)  # fmt: skip
def test_a_run_has_the_versions_of_all_that_it_is_made_of(nowhere, target, named):
    for planned in make_plan(select(target), Choice(), nowhere).runs.values():
        assert set(planned.run.versions) == named


def test_a_change_in_a_base_class_changes_the_ids_of_all_runs_on_top_of_it(nowhere, tmp_path, monkeypatch):
    before = ids_of("acrnn.t3.att.esc10", nowhere)
    root = tmp_path / "changed"
    for package in ("datasets", "models"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    clips = root / "datasets" / "batches" / "clips.py"
    clips.write_text(clips.read_text().replace("    version = 1\n", "    version = 2\n"))
    code = (
        "import sys; from pathlib import Path; from benchmarks.runs.plan import Choice, make_plan; "
        "from benchmarks.runs.workspace import Workspace; from benchmarks.spec import select; "
        f"here = Workspace(*[Path({str(tmp_path)!r}) / name for name in ('data', 'runs', 'cache', 'reports')]); "
        "print(*make_plan(select('acrnn.t3.att.esc10'), Choice(), here).runs)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": f"{root}:{ROOT}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = set(done.stdout.split())
    assert len(after) == len(before) and not after & before


def test_the_identity_of_a_run_is_not_changed_by_accident(toy_workspace):
    """If this id changes, so do those of all stored runs: they would have to be migrated, or trained again."""
    first, *_ = make_plan(select("toy.t1.plain"), Choice(), toy_workspace).runs
    assert first == "toy-toy-plain-full-f1-s0-bbea646c8c"


def test_an_unknown_fold_is_refused(nowhere):
    with pytest.raises(InputError, match="esc10 has no fold 6; its folds are 1, 2, 3, 4, 5"):
        make_plan(select("acrnn.t3"), Choice(folds=(6,)), nowhere)


def test_of_the_folds_that_are_chosen_each_dataset_has_those_that_are_its_own(nowhere):
    """One table has networks of four folds, and one of all data."""
    plan = make_plan(select("pbcnn.t2"), Choice(folds=(2,), seeds=1), nowhere)
    assert {(one.run.dataset, one.run.fold) for one in plan.runs.values()} == {("scenes", 2)}
    assert plan.left_out["pbcnn.t2.gmm_evaluation.other"] == (2,) and "pbcnn.t2.average.cnn" in plan.feeds
    both = make_plan(select("pbcnn.t2"), Choice(folds=(1, 2), seeds=1), nowhere).runs.values()
    assert {one.run.fold for one in both if one.run.dataset == "scenes_all"} == {1}
    with pytest.raises(InputError, match="scenes has no fold 5"):
        make_plan(select("pbcnn.t2"), Choice(folds=(2, 5)), nowhere)
    with pytest.raises(InputError, match="scenes_all has no fold 2; its folds are 1"):
        make_plan(select("pbcnn.t2.gmm_evaluation"), Choice(folds=(1, 2)), nowhere)


def test_of_the_folds_of_a_tier_a_dataset_with_fewer_has_those_that_are_its_own():
    folds = {run.fold for run in setting_runs(load_paper("pbcnn"), "cnn", "scenes_all", Choice(tier="reduced"))}
    assert folds == {1}
    with pytest.raises(InputError, match="scenes_all has no fold 2; its folds are 1"):
        setting_runs(load_paper("pbcnn"), "cnn", "scenes_all", Choice(tier="reduced", folds=(1, 2)))


def test_done_runs_are_planned_as_done(toy_workspace):
    from benchmarks.runs.execute import Surroundings, execute

    before = make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace)
    assert [p.done for p in before.runs.values()] == [False]
    execute(before.missing[0].run, Surroundings(toy_workspace))
    toy_workspace.ledger.__dict__.pop("by_slot", None)
    after = make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace)
    assert after.missing == []
    assert after.runs.keys() == before.runs.keys()
    assert after.runs[before.missing[0].run.id].minutes["cpu"] < 0.5  # measured now


def test_the_json_of_plan_and_list_keep_the_contract(tmp_path):
    root = Path(__file__).parents[3]

    def call(*arguments):
        command = [sys.executable, "-m", "benchmarks", *arguments, "--json"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout)

    plan = call("plan", "acrnn.t3", "--data-root", str(tmp_path), "--runs", str(tmp_path / "runs"))
    fields = {"name", "id", "paper", "setting", "dataset", "fold", "seed", "tier", "corpus", "done", "minutes", "basis"}
    assert set(plan) == {"runs", "feeds", "left_out", "lacking", "beside", "without_id"}
    assert all(set(run) == fields for run in plan["runs"])
    cells = [cell for paper in call("list")["papers"] for table in paper["tables"] for cell in table["cells"]]
    fields = {"id", "label", "published", "corrected", "unit", "metric", "erratum", "recipe", "reason"}
    assert all(set(cell) == fields for cell in cells)
    assert Counter(cell["id"].partition(".")[0] for cell in cells) == {
        "acrnn": 58,
        "edc": 147,
        "mtfa": 160,
        "maestro": 32,
        "pbcnn": 92,
    }
    by_id = {cell["id"]: cell for cell in cells}
    assert by_id["mtfa.t1.crnn.dev.babycry.er"]["published"] is None
    assert by_id["mtfa.t1.crnn.dev.babycry.er"]["recipe"] == "train"
    assert by_id["mtfa.t1.mtfa.eval.babycry.er"] == {
        "id": "mtfa.t1.mtfa.eval.babycry.er", "label": "MTFA (proposed)", "published": 0.1, "corrected": None,
        "unit": "", "metric": "event_er_onset_500ms_above_0.4_median_540ms", "erratum": None, "recipe": "train",
        "reason": None,
    }  # fmt: skip
