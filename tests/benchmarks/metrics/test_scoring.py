"""Values are kept one by one and together; whoever computes them, they are those of the metric."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.metrics import metric_named, scoring
from benchmarks.metrics.scoring import Question, Referenced, values
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores
from datasets.esc50 import ESC50
from tests.benchmarks.fabricated_runs import fabricate, workspace_in

METRIC = "accuracy_clip_mean_probability"
QUESTION = Question(METRIC, "test", "all")


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """Three runs on each of two folds, with what their names tell."""
    workspace = workspace_in(tmp_path_factory.mktemp("runs"))
    fabricate(workspace, "base", "esc10", seeds=3, folds=(1, 2))
    return [[Referenced(one, {"test": truth_of(one)})] for one in workspace.ledger.finished()]


def truth_of(one):
    return ESC50.truth_of_names(list(Scores.load(one.scores_path()).items))


def expected(group):
    [one] = group
    return metric_named(METRIC).compute(Scores.load(one.finished.scores_path()), one.truths["test"])


def agree(found, groups):
    for value, group in zip(found, groups, strict=True):
        other = expected(group)
        assert (value.value, value.items, value.is_share) == (other.value, other.items, other.is_share)
        assert np.array_equal(value.per_item, other.per_item) and value.counts == other.counts


def test_values_are_those_of_the_metric_and_runs_on_the_same_items_share_their_names(groups, tmp_path):
    found = values(Memo(tmp_path), QUESTION, groups)
    agree(found, groups)
    assert len({id(one.items) for one in found}) == 2
    assert len({one.value for one in found}) > 1


def test_what_is_kept_is_not_computed_again(groups, tmp_path, monkeypatch):
    memo, scored = Memo(tmp_path), []
    value = Question.value
    monkeypatch.setattr(Question, "value", lambda self, runs: scored.append(runs) or value(self, runs))
    values(memo, QUESTION, groups[:-1])
    assert len(scored) == len(groups) - 1
    agree(values(memo, QUESTION, groups), groups)  # of one run more only that is scored
    assert len(scored) == len(groups)
    shutil.rmtree(tmp_path / "metrics")
    agree(values(memo, QUESTION, groups), groups)
    assert len(scored) == len(groups)
    shutil.rmtree(tmp_path / "values")
    agree(values(memo, QUESTION, groups), groups)
    assert len(scored) == 2 * len(groups)
    assert values(memo, QUESTION, []) == []
    corrected = replace(metric_named(METRIC), version=metric_named(METRIC).version + 1)
    monkeypatch.setattr(scoring, "metric_named", lambda name: corrected)
    agree(values(memo, QUESTION, groups), groups)
    assert len(scored) == 3 * len(groups)


def test_damaged_scores_are_no_scores(groups, tmp_path):
    one = groups[0][0].finished
    whole = one.scores_path().read_bytes()
    one.scores_path().write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="damaged"):
        values(Memo(tmp_path), QUESTION, groups)
    one.scores_path().write_bytes(whole)


@pytest.mark.slow
def test_processes_say_the_same(groups, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "SECONDS_WORTH_PROCESSES", 0.0)
    monkeypatch.setattr(scoring, "AT_A_TIME", 2)
    monkeypatch.setattr(scoring, "available_cores", lambda: 2)
    agree(values(Memo(tmp_path), QUESTION, groups), groups)
    assert len(list((tmp_path / "metrics").iterdir())) == len(groups)
