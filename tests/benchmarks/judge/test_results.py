"""What stored runs hand to the verdict on a cell and to the claims about a table."""

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.judge.results import Results
from benchmarks.judge.verdict import PooledSpread, judge
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in
from tests.benchmarks.fabricated_scene_runs import fabricate_scenes
from tests.benchmarks.fabricated_stores import judged_without_audit


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def cell_of(table, name):
    [found] = [one for one in table.main if one.cell.id == f"{table.id}.{name}"]
    return found


def test_item_noise_of_both_sides_widens_the_interval_only_where_the_test_items_are_not_known(workspace):
    """The same runs feed a cell of which the paper says what it is tested on, and one of which nothing tells."""
    fabricate_scenes(workspace, "cnn", 0.7, seeds=3)
    tables = judged_without_audit(workspace, "pbcnn.t2", "pbcnn.t3")
    known, unknown = cell_of(tables["pbcnn.t2"], "average.cnn"), cell_of(tables["pbcnn.t3"], "cnn.overlap")
    assert known.cell.protocol["test_list"].status != "unknown" == unknown.cell.protocol["test_list"].status
    measured = unknown.evidence.measured
    of_folds = [[one.value.value for one in measured if one.part == fold] for fold in (1, 2, 3, 4)]
    seeds = np.mean([np.var(values, ddof=1) for values in of_folds]) / 4 * (1 / 3 + 1)
    by_file = np.mean([100 * one.value.per_item for one in measured], axis=0)  # all folds have the same files
    assert unknown.item_noise.sd == pytest.approx(by_file.std() / math.sqrt(len(by_file)), rel=0.05)
    items, quantile = 2 * unknown.item_noise.sd**2, stats.t.ppf(0.95, 4 * 2)
    for one, variance, unit in ((known, seeds, 0.001), (unknown, seeds + items, 0.01)):
        half = quantile * math.sqrt(variance) + unit / 2
        assert one.verdict.dof == 8 and one.verdict.high - one.verdict.difference == pytest.approx(half)


def test_runs_of_a_begun_seed_are_not_reckoned_with_again_among_further_seeds(workspace):
    fabricate(workspace, "base", "esc10", wrong=9, seeds=1)
    more = setting_runs(load_paper("acrnn"), "base", "esc10", Choice(seeds=2, folds=(1, 2, 3)))
    for run in (run for run in more if run.seed == 1):
        publish(workspace, run, scores_with("esc10", run.fold, 11))
    found = cell_of(Results(workspace).table("acrnn.t3"), "base.esc10")
    spread = PooledSpread(math.sqrt(2.5**2 / 2), 5, 3)  # on three folds two clips of 80 between two seeds
    with_begun, without = (
        judge(88.75, 1, spread, found.cell.target, 0.1, found.cell.margin, found.cell.truncates, begun_runs=runs)
        for runs in (3, 0)
    )
    assert found.mean == 88.75 and found.verdict.dof == 3
    assert found.verdict.seeds_needed == with_begun.seeds_needed == 3 and without.seeds_needed == 2


def test_runs_on_flawed_files_say_nothing_of_a_claim_of_the_paper(workspace):
    summary = "399 of 400 clips (v2 WAV): one is silent"
    flawed = {"census": {"complete": False, "summary": summary}}
    for setting, wrong in (("base", 20), ("att", 4)):
        fabricate(workspace, setting, "esc10", wrong, data=flawed)
    [found] = [
        one.ours for one in Results(workspace).table("acrnn.t3").claims if one.claim.id == "attention_improves_esc10"
    ]
    assert found.status == "not measured" and found.note.startswith("flawed files behind")
