"""The value of a cell and those of its folds are of the same runs: of the seeds of which every fold is there."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.judge.evidence import Evidence
from benchmarks.judge.results import Results
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in

VALUES = {(1, 0): 72.5, (2, 0): 82.5, (1, 1): 74.5}


def evidence(*runs: tuple[int, int]) -> Evidence:
    """What feeds a cell of two folds, by fold and seed of its runs."""
    scored = tuple(SimpleNamespace(fold=fold, seed=seed) for fold, seed in runs)
    measured = tuple(
        SimpleNamespace(part=fold, seed=seed, value=SimpleNamespace(value=VALUES[fold, seed])) for fold, seed in runs
    )
    return Evidence((1, 2), scored, measured)  # type: ignore[arg-type]


def test_folds_of_a_seed_that_is_begun_do_not_move_those_of_complete_ones():
    one = evidence(*VALUES)
    assert one.fold_values == {1: 72.5, 2: 82.5} and one.begun == {1: (1,)}
    assert one.mean == pytest.approx(sum(one.fold_values.values()) / 2) == 77.5


def test_without_a_complete_seed_the_folds_are_of_what_ran():
    one = evidence((1, 0), (1, 1))
    assert one.fold_values == {1: 73.5} and one.mean is None and one.begun == {0: (1,), 1: (1,)}


@pytest.mark.parametrize("name", ["aamine", "mine"])  # before and behind `acrnn`, as runs are read by their names
def test_runs_of_another_paper_with_the_same_recipe_are_none_of_a_row(tmp_path, name):
    workspace = workspace_in(tmp_path)
    runs = fabricate(workspace, "base", "esc10", wrong=9, seeds=2)
    before = Results(workspace).table("acrnn.t3").main[0]
    for run in runs:
        publish(workspace, replace(run, paper=name), scores_with("esc10", run.fold, 40))
    after = Results(workspace).table("acrnn.t3").main[0]
    assert (after.n_runs, after.mean) == (before.n_runs, before.mean) and before.n_runs == 10
