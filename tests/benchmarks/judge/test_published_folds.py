"""Values of single folds that somebody else has published, held against the committed runs: no tolerance, no fit."""

import pytest

from benchmarks.judge.results import Results
from benchmarks.runs.workspace import Workspace
from tests import ROOT

#: What the notebook of the ESC dataset printed for the folds of ESC-10, cut to one decimal (copies of it agree).
FOLDS = {"knn": (58.7, 72.5, 67.5, 72.5, 62.5), "svm": (57.5, 78.7, 65.0, 73.7, 62.5)}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    place = tmp_path_factory.mktemp("nothing")
    return Results(Workspace(place / "data", place / "runs", place / "cache", ROOT / "reports")).table("acrnn.t1")


@pytest.mark.parametrize("row", FOLDS)
def test_fits_without_draws_give_each_published_fold(row, table):
    """Which takes ties between votes to go to the class that comes first among the folders of ESC-10."""
    cell = next(one for one in table.main if one.cell.id == f"acrnn.t1.{row}.esc10")
    first = {one.part: one.value for one in cell.evidence.complete if one.seed == 0}
    values = [first[fold] for fold in sorted(first)]
    assert tuple(1000 * value.correct // value.n / 10 for value in values) == FOLDS[row]
    assert cell.folds_off == (0, 5) and cell.mean_alone is None
    assert sum(value.counts["ties"] for value in values) == cell.ties > 30
