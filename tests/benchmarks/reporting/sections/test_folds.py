"""The values behind the cells of a table, of runs that have another value on each fold and of each seed."""

from benchmarks.reporting.render.blocks import Folded, Grid
from benchmarks.reporting.sections.folds import fold_blocks
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import publish, scores_with, workspace_in
from tests.benchmarks.fabricated_stores import judged_without_audit


def fold_grid(workspace) -> Grid:
    """The table of the only column that ran."""
    table = judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"]
    (folded,) = fold_blocks(table, table.main)
    assert isinstance(folded, Folded) and folded.title.startswith("Folds of ESC-10, ")
    (grid,) = folded.blocks
    return grid


def fabricate_unlike(workspace, seeds: int, folds: tuple[int, ...] | None = None) -> None:
    """Of the 80 clips of fold n, 8 n are wrong, and 4 more for each further seed: 10 n and 5 points."""
    for run in setting_runs(load_paper("acrnn"), "base", "esc10", Choice(seeds=seeds, folds=folds)):
        publish(workspace, run, scores_with("esc10", run.fold, 8 * run.fold + 4 * run.seed))


def test_each_fold_has_its_own_value_and_each_seed_its_own_mean(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate_unlike(workspace, seeds=2)
    grid = fold_grid(workspace)
    assert grid.head == ("row", "fold 1", "fold 2", "fold 3", "fold 4", "fold 5", "each seed")
    assert grid.rows == [("convolutional RNN", "87.50", "77.50", "67.50", "57.50", "47.50", "70.00, 65.00")]


def test_a_seed_that_lacks_folds_is_in_no_value_and_told_with_those_that_ran(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate_unlike(workspace, seeds=1)
    fabricate_unlike(workspace, seeds=2, folds=(2, 4))
    told = "70.00; of seed 1 alone fold 2, fold 4"
    assert fold_grid(workspace).rows == [("convolutional RNN", "90.00", "80.00", "70.00", "60.00", "50.00", told)]
