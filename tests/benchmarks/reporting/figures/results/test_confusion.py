import re
from collections import defaultdict

import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.judge.results import Results
from benchmarks.reporting.figures import Asked
from benchmarks.reporting.figures.results import confusion
from benchmarks.reporting.figures.results.confusion import Confusion, Decisions, decisions, headline
from benchmarks.reporting.told import SideBySide
from benchmarks.runs.memo import Memo
from datasets.dcase2016_asc.layout import CLASSES
from tests.benchmarks.fabricated_scene_runs import FILES_PER_CLASS
from tests.benchmarks.fabricated_stores import FULL, STANDIN

NETWORKS = {"CNN": "cnn", "TB-CNN": "tb_cnn", "FB-CNN": "fb_cnn", "PB-CNN": "pb_cnn"}


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


def test_told_of_cells_it_shows_these_beside_each_other(scene_figures, scene_table, scenes, cell_of):
    figure = scene_figures["confusions_t2_average_scenes_full"]
    assert list(figure.data["counts"]) == ["CNN", "TB-CNN", "FB-CNN", "PB-CNN"] and "seed 0: share" in figure.caption
    one = cell_of(scene_table, "average", "pb_cnn", FULL)
    right = sum(measured.value.correct for measured in one.evidence.complete if measured.seed == 0)
    counts = np.array(figure.data["counts"]["PB-CNN"])
    assert np.trace(counts) == right and (counts.sum(axis=1) == 4 * FILES_PER_CLASS).all()
    assert (decisions(scene_table, one, Memo(scenes.cache), 0).counts == counts).all()
    assert (decisions(scene_table, one, Memo(scenes.cache), 1).counts != counts).any()


def test_the_bars_are_what_the_metric_says_of_the_files_of_each_class(scene_figures, scene_table, cell_of):
    names, shares = scene_figures["classes_t2_average_scenes_full"].data
    assert names == list(CLASSES) and list(shares) == list(NETWORKS)
    for label, column in NETWORKS.items():
        one = cell_of(scene_table, "average", column, FULL)
        assert np.mean(shares[label]) == pytest.approx(one.mean)  # each class has as many files
        for seed in one.evidence.complete_seeds:
            right = defaultdict(list)
            for measured in one.evidence.complete:
                if measured.seed == seed:
                    for name, of_file in zip(measured.classes, measured.value.per_item, strict=True):
                        right[name].append(100 * of_file)
            assert shares[label][seed] == pytest.approx([np.mean(right[name]) for name in names])


def test_captions_tell_of_which_files_and_folds(scene_figures):
    full, standin = (scene_figures[f"classes_t2_average_scenes_{name}"] for name in ("full", "reduced-standin"))
    assert full.caption.endswith("2016, test set evaluation, folds 1, 2, 3, 4, tier full, real files")
    assert re.search(r"test set evaluation, folds? 1[ ,0-9]*, tier reduced, stand-in files$", standin.caption)
    assert list(standin.data[1]) == ["CNN", "PB-CNN"]


def test_a_class_without_a_test_file_is_left_out(scenes, scene_table, monkeypatch):
    counts = np.array([[3, 1, 0], [0, 0, 0], [1, 0, 1]])
    monkeypatch.setattr(confusion, "decisions", lambda *_: Decisions(counts, ("bus", "car", "home"), 0))
    cells = [one for one in scene_table.main if one.mean is not None]
    asked = Asked(scene_table, FULL, cells, (), Memo(scenes.cache), dataset="scenes")
    by_class, _ = Confusion(cells={"row": "average", "columns": ["cnn"]}).figures(asked)
    assert by_class.data == [["bus", "home"], {"CNN": [[75.0, 50.0]] * 2}]


def test_told_of_nothing_it_is_about_the_row_that_is_praised_most(clips):
    table = Results(clips).table("acrnn.t3")
    of_esc10 = [one for one in table.main if one.cell.column == "esc10" and one.mean is not None]
    (figure,) = Confusion().figures(Asked(table, FULL, of_esc10, (), Memo(clips.cache), dataset="esc10"))
    assert figure.name == "confusion_att_aug_esc10_full" and list(figure.data) == [
        "title",
        "counts",
        "classes",
        "groups",
    ]
    assert figure.caption.startswith("Clip decisions, seed 0, all folds; ESC-10: ")


@pytest.mark.parametrize(
    "told",
    [{"row": "average"}, {"row": "average", "rows": ["fold1"]}, {"row": "a", "columns": ["b"], "column": "c"}, {}],
)
def test_cells_side_by_side_share_a_row_or_a_column(told):
    with pytest.raises(ValidationError, match="some columns of a row, or some rows of a column"):
        SideBySide(**told)


def test_rows_of_a_column_stand_side_by_side(scene_table):
    cells = [one for one in scene_table.main if one.mean is not None]
    chosen = SideBySide(column="cnn", rows=["average", "fold2"])
    found = chosen.of(scene_table, cells)
    assert list(found) == ["Average", "2"] and {one.cell.column for one in found.values()} == {"cnn"}
    assert (chosen.name, chosen.title(scene_table, cells[:1]), chosen.title(scene_table, [])) == ("cnn", "CNN", "")
