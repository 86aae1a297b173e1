import json
import statistics
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.cli.listing import plan_lines
from benchmarks.runs import plan as planning
from benchmarks.runs.plan import Choice, make_plan, setting_runs
from benchmarks.runs.stored.timings import (
    TYPED,
    Machine,
    Timings,
    Took,
    expected,
    leave_one_out,
    spent,
    stored_timings,
)
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select
from tests import ROOT
from tests.benchmarks.fabricated_runs import fabricate, workspace_in

EPYC, XEON, H200 = Machine("cpu", "EPYC"), Machine("cpu", "Xeon"), Machine("cuda", "H200")


@pytest.fixture(scope="module")
def runs():
    """One run each of some settings."""
    return {name: setting_runs(load_paper("acrnn"), name, "esc10", Choice())[0] for name in ("base", "att", "aug")}


def took(run, machine, *minutes, threads=2, day=1):
    key = (run.setting, run.recipe)
    return [Took(key, machine, threads, of_it, f"2026-01-{day + at:02}") for at, of_it in enumerate(minutes)]


def test_what_was_taken_on_this_cpu_decides_and_the_newest_of_it(runs):
    timings = Timings([*took(runs["base"], EPYC, 99, 99, 99, 10, 12, 11, 10, 50), *took(runs["base"], XEON, 1, 1)])
    found = expected(runs["base"], {"cpu": 7.0, "cuda": 1.0}, timings, EPYC)
    assert found["cpu"].minutes == 11 and found["cpu"].basis == "5 runs on this kind of CPU with 2 threads"
    assert found["cuda"].minutes == 1.0 and found["cuda"].basis == TYPED


def test_a_run_of_one_thread_leaves_the_other_core_to_others(runs):
    few = took(runs["base"], EPYC, 5, threads=2)
    found = expected(runs["base"], {}, Timings([*took(runs["base"], EPYC, 20, 24, threads=1), *few]), EPYC)
    assert found["cpu"].minutes == 11 and found["cpu"].basis == "2 runs on this kind of CPU"


def test_what_another_cpu_took_is_scaled_as_far_as_that_is_known_and_named(runs):
    """Without a setting that both have run it is told as it is; with two that say 2 and 8 times, it is 4 times."""
    there = took(runs["base"], XEON, 10)
    alone = expected(runs["base"], {"cpu": 7.0}, Timings(there), EPYC)["cpu"]
    assert alone.minutes == 10 and alone.basis == "1 run on Xeon, another kind of CPU"
    both = [
        *took(runs["att"], XEON, 5), *took(runs["att"], EPYC, 10), *took(runs["aug"], XEON, 1),
        *took(runs["aug"], EPYC, 8),
    ]  # fmt: skip
    found = expected(runs["base"], {"cpu": 7.0}, Timings([*there, *both]), EPYC)["cpu"]
    assert found.minutes == pytest.approx(40)
    assert found.basis == "1 run on Xeon, scaled by 4.00, as 2 settings run on both"


def test_an_accelerator_is_named(runs):
    found = expected(runs["base"], {"cuda": 9.0}, Timings(took(runs["base"], H200, 2, 4)), EPYC)["cuda"]
    assert (found.minutes, found.basis) == (3, "2 runs on H200")


def test_a_report_says_the_same_on_every_machine(runs):
    timings = Timings([*took(runs["base"], EPYC, 10, 10), *took(runs["base"], XEON, 2)])
    assert expected(runs["base"], {}, timings, None)["cpu"].basis == "2 runs on EPYC"


def test_plan_tells_what_it_used(tmp_path, monkeypatch):
    workspace = workspace_in(tmp_path)
    device = {"kind": "cpu", "name": "EPYC", "threads": 1}
    fabricate(workspace, "base", "esc10", seeds=1, device=device, seconds={"total": 7200.0})
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: EPYC)
    plan = make_plan(select("acrnn.t3"), Choice(), workspace)
    lines = "\n".join(plan_lines(plan))
    assert "1.0 h on cpu (5 runs on this kind of CPU)" in lines and lines.count(TYPED) == 1
    told = {
        one["setting"]: one["basis"]["cpu"]
        for one in json.loads(json.dumps(plan.to_dict()))["runs"]
        if one["dataset"] == "esc10"
    }
    assert told["base"] == "5 runs on this kind of CPU"
    assert told["att"].startswith("typed, times ") and told["att"].endswith(f" as base on esc10: {told['base']}")
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: XEON)
    elsewhere = "\n".join(plan_lines(make_plan(select("acrnn.t3"), Choice(), workspace)))
    assert "this kind of CPU" not in elsewhere and "1.0 h on cpu (5 runs on EPYC, another kind of CPU)" in elsewhere
    fabricate(workspace, "att", "esc10", seeds=1, device=device, seconds={"total": 60.0})
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: EPYC)
    again = make_plan(select("acrnn.t3"), Choice(), workspace).to_dict()["runs"]  # the store is read again
    assert {one["minutes"]["cpu"] for one in again if one["id"].startswith("acrnn-esc10-att-")} == {0.5}


def test_a_typed_estimate_is_scaled_by_what_its_like_was_off(tmp_path, monkeypatch):
    """The paper file types 160 min for a run of `base` on ESC-10: one that took half of that halves ESC-50's, too."""
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: EPYC)
    workspace = workspace_in(tmp_path)
    typed = load_paper("acrnn").settings["base"].minutes["full"]["cpu"]

    def told():
        plan = make_plan(select("acrnn.t3.base.esc50"), Choice(seeds=1), workspace).to_dict()
        return plan["runs"][0]["minutes"]["cpu"], plan["runs"][0]["basis"]

    assert told() == (typed["esc50"], {"cpu": TYPED, "cuda": TYPED})
    device, seconds = {"kind": "cpu", "name": "EPYC", "threads": 2}, {"total": 30.0 * typed["esc10"]}
    fabricate(workspace, "base", "esc10", seeds=1, device=device, seconds=seconds)
    minutes, basis = told()
    assert minutes == pytest.approx(typed["esc50"] / 2) and basis["cuda"] == TYPED
    assert basis["cpu"] == "typed, times 0.5 as on esc10: 5 runs on this kind of CPU with 2 threads"


def test_another_setting_of_the_network_scales_a_typed_estimate(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: EPYC)
    workspace = workspace_in(tmp_path)
    settings = load_paper("acrnn").settings
    typed = {name: settings[name].minutes["full"]["cpu"]["esc10"] for name in ("base", "att_aug", "googlenet")}
    device = {"kind": "cpu", "name": "EPYC", "threads": 2}
    fabricate(workspace, "base", "esc10", seeds=1, device=device, seconds={"total": 15.0 * typed["base"]})
    plan = make_plan(select("acrnn"), Choice(seeds=1), workspace).runs.values()
    told = {one.run.setting: (one.minutes["cpu"], one.basis["cpu"]) for one in plan if one.run.dataset == "esc10"}
    assert told["att_aug"][0] == pytest.approx(typed["att_aug"] / 4)
    assert told["att_aug"][1].startswith("typed, times 0.2 as base on esc10: 5 runs")
    assert told["googlenet"] == (typed["googlenet"], TYPED), "another network says nothing of it"


def begins(workspace, run, **note):
    """An attempt at a run, with such a progress note."""
    folder = workspace.ledger.attempt(run)
    (folder / "progress.json").write_text(json.dumps({"epoch": 3, "of": 300, "loss": 0.5, **note}))


def test_a_run_that_has_begun_tells_what_its_like_will_take(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "this_cpu", lambda numerics: EPYC)
    workspace = workspace_in(tmp_path)
    device = {"kind": "cpu", "name": "EPYC", "threads": 1, "kernels": "compiled"}

    def told():
        planned = next(iter(make_plan(select("acrnn.t3.base.esc10"), Choice(), workspace_in(tmp_path)).runs.values()))
        return planned.minutes["cpu"], planned.basis["cpu"]

    begins(workspace, runs["att"], seconds=12.0)  # it does not tell where
    begins(workspace, runs["base"])
    before = told()
    assert before[1] == TYPED
    begins(workspace, runs["base"], seconds=12.0, device=device)
    assert told() == (30.0, "1 begun run on this kind of CPU"), "300 epochs of 12 s on one of two cores"
    begins(workspace, runs["base"], seconds=-1.0, device=device)
    assert told() == before
    begins(workspace, runs["base"], seconds=12.0, device=device)
    fabricate(workspace, "base", "esc10", seeds=1, device=device, seconds={"total": 2400.0})
    assert told() == (20.0, "5 runs on this kind of CPU"), "those that have ended know better"


def test_one_left_out_is_told_from_those_beside_it(runs):
    errors = leave_one_out(took(runs["base"], EPYC, 10, 10, 10, 5))
    assert errors == [0, 0, 0, 1.0] and leave_one_out(took(runs["att"], EPYC, 10)) == []


EPOCHS = "epoch,loss,seconds\n" + "".join(f"{at},1.0,{40 if at < 4 else 10}.0\n" for at in range(12))
#: What becomes of 12 epochs of 10 s, of which four took four times as long, and 30 s beside them.
USUAL = {
    "a busy hour": ({"total": 270.0, "fit": 240.0}, None, 1, 270.0, 150.0),
    "resumed before its last two": ({"total": 50.0, "fit": 20.0}, None, 1, 270.0, 150.0),
    "half of a core": ({"total": 270.0, "fit": 240.0}, {"total": 130.0, "fit": 120.0}, 1, 270.0, 70.0),
    "of two threads": ({"total": 270.0, "fit": 240.0}, {"total": 130.0, "fit": 120.0}, 2, 270.0, 150.0),
    "without epochs": ({"total": 5000.0, "fit": 4900.0}, None, 1, 5000.0, 5000.0),
}


@pytest.mark.parametrize("case", USUAL)
def test_a_busy_hour_is_not_taken_on(case, tmp_path):
    seconds, computed, threads, took, usual = USUAL[case]
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1, device={"kind": "cpu", "name": "EPYC", "threads": threads})
    stored = next(iter(workspace.ledger.finished()))
    (stored.folder / "history.csv").write_text(EPOCHS)
    ended = replace(stored, result={**stored.result, "seconds": seconds, "cpu_seconds": computed})
    told = Took.of(ended)
    assert told.minutes * 60 == pytest.approx(took)
    assert spent(ended)["total"] == pytest.approx(took), "what pages tell is not what plans go by"
    assert told.to_expect * 60 == pytest.approx(usual * threads / 2)


@pytest.mark.parametrize("odd", ["inf", "nan", "-5", "1e308", "x", "9" * 200_000])
def test_epochs_that_cannot_be_tell_nothing(odd, tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    stored = next(iter(workspace.ledger.finished()))
    (stored.folder / "history.csv").write_text(f"epoch,loss,learning_rate,seconds\n0,1.0,0.1,5\n1,1.0,0.1,{odd}\n")
    assert spent(stored)["total"] == stored.result["seconds"]["total"]
    assert Took.of(stored).to_expect * 60 == pytest.approx(stored.result["seconds"]["total"])


def test_runs_with_other_kernels_than_the_newest_tell_nothing_of_the_next(runs):
    before, after = took(runs["base"], EPYC, 9, 9, 9), took(runs["base"], EPYC, 3, day=4)
    after = [replace(one, kernels="fused") for one in after]
    told = expected(runs["base"], {}, Timings([*before, *after]), EPYC)["cpu"]
    assert told.minutes == 3 and told.basis.startswith("1 run on this kind of CPU")
    errors = leave_one_out([*before, *after])
    assert len(errors) == 3 and not any(errors)


def had_its_threads(one):
    """Whether a run computed on all its threads nearly all the time; those from before that was kept do not tell."""
    computed = one.result.get("cpu_seconds")
    return not computed or computed["total"] > 0.9 * one.result["seconds"]["total"] * one.result["device"]["threads"]


def test_committed_runs_are_told_within_a_fifth_where_the_machine_was_its_own():
    """Networks that trained for more than a minute: half within a tenth, four of five within a fifth."""
    workspace = Workspace(*(ROOT / "build" / "none" for _ in range(3)), ROOT / "reports")
    trained = [one for one in workspace.ledger.finished() if one.run.resolved["trainer"] and one.run.tier != "smoke"]
    stored = [one for one in trained if had_its_threads(one)]
    errors = [abs(one) for one in leave_one_out([Took.of(one) for one in stored], lambda one: one.minutes > 1)]
    assert len(errors) > 150 and statistics.median(errors) < 0.1
    assert sum(error <= 0.2 for error in errors) / len(errors) > 0.78
    assert stored_timings(workspace.ledger) is stored_timings(workspace.ledger)


def test_instructions_tell_processors_of_one_name_apart(runs):
    """Runs from before they were noted stand for both, where nothing better is known."""
    wide, narrow = EPYC._replace(instructions="avx512"), EPYC._replace(instructions="avx2")
    base = [*took(runs["base"], wide, 4), *took(runs["base"], EPYC, 6)]

    def told(here, *more):
        return expected(runs["base"], {}, Timings([*base, *more]), here)["cpu"]

    assert told(wide).minutes == 4 and told(wide).basis == "1 run on this kind of CPU with 2 threads"
    assert told(narrow).minutes == 6 and told(narrow).basis == "1 run on a CPU named EPYC with 2 threads"
    assert told(narrow, *took(runs["base"], narrow, 9)).minutes == 9
    both = [*took(runs["att"], wide, 5), *took(runs["att"], narrow, 10)]
    scaled = expected(runs["base"], {}, Timings([*took(runs["base"], wide, 4), *both]), narrow)["cpu"]
    assert (scaled.minutes, scaled.basis) == (8, "1 run on EPYC (avx512), scaled by 2.00, as 1 setting run on both")


def test_a_machine_is_what_a_result_says():
    def machine(**more):
        return Machine.of(SimpleNamespace(result={"device": {"kind": "cpu", "name": "EPYC", **more}}))

    assert machine() == EPYC and machine(instructions="avx2") == EPYC._replace(instructions="avx2")
