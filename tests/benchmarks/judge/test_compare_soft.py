"""Scores of soft activity made elsewhere: of the classes that are scored, of all that are learnt, of others."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.judge.compare import compare
from benchmarks.judge.placement import _of_a_list
from benchmarks.judge.truth_here import official_truth
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper
from datasets.maestro_real import MaestroReal
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.fixture
def here(tmp_path, miniature_maestro):
    workspace = workspace_in(tmp_path)
    workspace.data.mkdir(exist_ok=True)
    (workspace.data / "maestro_real").symlink_to(miniature_maestro)
    return workspace


def scores_of(workspace, classes: list[str]) -> Scores:
    """What a network says that knows all soft labels, with a class left out."""
    truth = official_truth(load_paper("maestro"), "maestro", "test", workspace)
    items = tuple(dict.fromkeys(truth.index))
    seconds = int(truth["seconds"].max())
    values = np.zeros((len(items), seconds, len(classes)), np.float32)
    rows = truth[truth["label"].isin(classes)]
    for item, label, onset, value in zip(rows.index, rows["label"], rows["onset"], rows["activity"], strict=True):
        values[items.index(item), int(onset), classes.index(label)] = value
    return Scores(items, tuple(classes), values, "probability", hop=1.0)


@pytest.mark.parametrize("which", ["scored", "all"])
def test_scores_have_the_classes_that_are_scored_or_all(here, tmp_path, which):
    classes = MaestroReal.scored if which == "scored" else MaestroReal.classes
    scores_of(here, list(classes)[::-1]).save(tmp_path / "mine.npz")
    found = compare(str(tmp_path / "mine.npz"), "maestro.t1", here, "mine")
    assert found.cell.column == "f1mo" and found.value > 99


def test_a_list_of_items_says_nothing_about_classes():
    truth = pd.DataFrame({"label": ["car", "car", "bird", "wind"], "few": [True, False, True, False]})
    scores = Scores(("one",), ("bird", "car"), np.zeros((1, 2), np.float32), "probability")
    assert _of_a_list(truth, {"few"}, scores, ("bird", "car", "wind")) is None
    of_classes = truth.assign(few=[True, True, True, False])
    assert _of_a_list(of_classes, {"few"}, scores, ("car", "bird", "wind")) == ("car", "bird")


def test_a_class_that_is_scored_may_not_be_left_out(here, tmp_path):
    scores_of(here, list(MaestroReal.scored[1:])).save(tmp_path / "mine.npz")
    with pytest.raises(InputError, match=r"10 classes fit no column .* has 17, .* differs"):
        compare(str(tmp_path / "mine.npz"), "maestro.t1", here, "mine")
