import numpy as np

from benchmarks.judge.results import Results
from benchmarks.reporting.figures.confusion import Decisions, decisions, headline
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_stores import STANDIN


def test_the_decisions_are_those_of_the_scores(clips):
    table = Results(clips).table("acrnn.t3")
    one = headline([one for one in table.main if one.cell.column == "esc10" and one.mean is not None])
    assert one is not None and one.cell.row == "att_aug"
    found = decisions(table, one, Memo(clips.cache))
    assert found.seed == 0 and found.counts.sum() == 400 and np.diag(found.counts).sum() == 400 - 5 * 4


def test_recall_and_the_most_frequent_confusions():
    found = Decisions(np.array([[3, 1, 0], [0, 4, 0], [2, 0, 2]]), ("a", "b", "c"), 0)
    assert found.recall.tolist() == [0.75, 1.0, 0.5]
    assert found.worst() == [(2, "c", "a", 4), (1, "a", "b", 4)] and found.worst(1) == [(2, "c", "a", 4)]


def test_tables_of_other_kinds_of_tasks_have_no_confusions(tag_tables, two_classes_table):
    for table in (tag_tables["t3"], two_classes_table):
        assert headline([one for one in table.others[STANDIN] if one.mean is not None]) is None
