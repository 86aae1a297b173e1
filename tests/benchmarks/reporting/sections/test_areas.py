from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.reporting.render.blocks import Folded, Grid, Text
from benchmarks.reporting.sections import areas as sections_areas
from benchmarks.reporting.sections.areas import Areas, area_blocks
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import read_reference
from tests.benchmarks.fabricated_stores import STANDIN
from tests.benchmarks.fabricated_tag_runs import ABSENT, CLASSES


def grids(blocks) -> dict[str, tuple[Grid, list[Text]]]:
    assert all(isinstance(block, Folded) for block in blocks)
    return {block.title: (block.blocks[0], block.blocks[1:]) for block in blocks}


@pytest.mark.parametrize(("column", "listed"), [("om_dcase", "original"), ("om_dcase_clean", "clean")])
def test_class_tables_agree_with_scikit_learn(tagged, tag_tables, cell_of, column, listed):
    table = tag_tables["t3"]
    label = table.table.columns[column].label
    found = grids(area_blocks(table, table.others[STANDIN], Memo(tagged.cache)))
    grid, left = found[f"Area under the curve of each class (%), {label}, tier reduced, stand-in files"]
    evidence = cell_of(table, "2_selfatt", column).evidence
    areas = {name: [] for name in CLASSES["dcase"] if name != ABSENT}
    for scored in evidence.scored:
        folder = scored.finished.folder
        truth = read_reference(folder / "reference_test.csv")
        truth = truth[truth[listed].astype(bool)]
        scores = Scores.load(folder / "scores_test.npz").select(list(truth.index))
        has = truth["label"].str.get_dummies(",")
        for name, values in areas.items():
            values.append(100 * roc_auc_score(has[name], scores.values[:, scores.classes.index(name)]))
    expected = [f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}" for values in areas.values()]
    rows = {row[0]: list(row[1:]) for row in grid.rows}
    assert rows["Self-attention [11]"] == expected
    assert rows[f"clips that have it, of {len(truth)}"] == [str(has[name].sum()) for name in areas]
    assert list(grid.head) == ["row", *(name.replace("_", " ") for name in areas)]
    assert [text.text for text in left] == ["Left out, as no test clip has them, or all have: Vacuum cleaner."]
    assert np.mean(list(areas.values())) == pytest.approx(evidence.mean)


def test_rows_on_other_items_stand_below_their_own_counts(tagged, tag_tables, cell_of):
    one = cell_of(tag_tables["t3"], "1_none", "om_dcase")
    clean = replace(one, cell=one.cell.model_copy(update={"items": "clean", "label": "None, corrected"}))
    (block,) = area_blocks(tag_tables["t3"], (one, clean), Memo(tagged.cache))
    heads = [row[0] for row in block.blocks[0].rows]
    assert heads == ["clips that have it, of 42", "None", "clips that have it, of 42", "None, corrected"]
    assert block.blocks[0].rows[0] != block.blocks[0].rows[2]


def test_class_values_are_kept_by_the_checksums_of_scores_and_reference(tagged, tag_tables, cell_of, monkeypatch):
    results = tag_tables["t3"].others[STANDIN]
    before = area_blocks(tag_tables["t3"], results, Memo(tagged.cache))
    monkeypatch.setattr(sections_areas, "auc_of", lambda *_: pytest.fail("computed again"))
    assert area_blocks(tag_tables["t3"], results, Memo(tagged.cache)) == before and before
    one = cell_of(tag_tables["t3"], "1_none", "om_dcase")
    scored = one.evidence.scored[0]
    for name in ("scores_test.npz", "reference_test.csv"):
        other = replace(scored.finished, result={"files": {**scored.finished.result["files"], name: "1"}})
        with pytest.raises(pytest.fail.Exception, match="computed again"):
            sections_areas.run_areas(replace(scored, finished=other), one.cell, Memo(tagged.cache))


def test_a_class_that_a_seed_cannot_judge_has_no_value():
    both = [Areas({"a": 90.0, "b": 80.0}, {"a": 2, "b": 1}, 9), Areas({"a": 92.0, "b": None}, {}, 9)]
    assert sections_areas._values(both, "a") == [90.0, 92.0] and sections_areas._values(both, "b") == []
    assert [sections_areas._written(values) for values in ([90.0], [])] == ["90.0", "–"]
