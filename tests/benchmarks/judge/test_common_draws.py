"""Copies of clips are made once for all folds of a seed, so that its folds vary together."""

import inspect

import numpy as np
import pytest

from benchmarks.judge.evidence import Evidence
from benchmarks.judge.results import Results
from benchmarks.judge.table_claims import outcomes_of
from benchmarks.runs.build import import_class
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.versions import class_constant
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in

#: Rows whose training clips have copies, and rows without.
COPIED, PLAIN = ("aug", "att_aug"), ("base", "att")
MODULES = (
    "datasets.esc50.ESC50DataModule", "datasets.maestro_real.MaestroRealDataModule",
    "datasets.batches.clips.ClipDataModule", "datasets.batches.activity.ActivityDataModule",
)  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    workspace = workspace_in(tmp_path_factory.mktemp("copies"))
    for number, setting in enumerate((*COPIED, *PLAIN)):
        fabricate(workspace, setting, "esc10", wrong=8, seeds=3, step=1 + number % 2)
    return Results(workspace).table("acrnn.t3")


def cell_of(table, row):
    return next(one for one in table.main if one.cell.id == f"acrnn.t3.{row}.esc10")


@pytest.mark.parametrize("row", COPIED)
def test_the_spread_of_rows_with_copies_is_that_of_their_means(table, row):
    squares = [np.var(list(cell_of(table, one).evidence.seed_values.values()), ddof=1) for one in COPIED]
    verdict = cell_of(table, row).verdict
    assert verdict.dof == 2 + 2 and verdict.sd == pytest.approx(np.sqrt(np.mean(squares)))


@pytest.mark.parametrize("row", PLAIN)
def test_that_of_rows_without_is_that_within_their_folds(table, row):
    squares = [
        np.var([run.value.value for run in cell_of(table, one).evidence.measured if run.part == fold], ddof=1)
        for one in PLAIN for fold in range(1, 6)
    ]  # fmt: skip
    verdict = cell_of(table, row).verdict
    assert verdict.dof == 2 * 5 * 2 and verdict.sd == pytest.approx(np.sqrt(np.mean(squares) / 5))


def test_claims_are_tested_on_the_means_of_rows_with_copies(table):
    copied, plain = (outcomes_of(cell_of(table, row).evidence, 100.0) for row in ("aug", "base"))
    assert copied.is_bound and not plain.is_bound


def test_a_seed_that_lacks_folds_tells_nothing_of_the_spread(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "aug", "esc10", wrong=5, seeds=3)
    before = cell_of(Results(workspace).table("acrnn.t3"), "aug").verdict
    more = setting_runs(load_paper("acrnn"), "aug", "esc10", Choice(seeds=4, folds=(1,)))
    for run in (run for run in more if run.seed == 3):
        publish(workspace, run, scores_with("esc10", 1, 20))
    assert before.dof == 2 and cell_of(Results(workspace).table("acrnn.t3"), "aug").verdict == before


@pytest.mark.parametrize("path", MODULES)
def test_what_a_data_module_draws_once_are_arguments_of_it(path):
    names = class_constant(path, "drawn_once")
    assert names and names == import_class(path).drawn_once
    assert set(names) <= {name for one in import_class(path).mro() for name in inspect.signature(one).parameters}


def test_without_runs_nothing_is_in_common():
    assert not Evidence((1, 2)).shares_draws
