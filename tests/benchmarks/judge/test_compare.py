import csv
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from benchmarks.errors import InputError
from benchmarks.judge.compare import compare
from benchmarks.judge.pairs.signs import mcnemar
from benchmarks.judge.truth_here import item_seconds, official_truth
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper
from datasets.esc50.layout import CATEGORIES, parse_item
from tests.benchmarks.fabricated_runs import (
    FINGERPRINT,
    classes_of,
    fabricate,
    items_of,
    publish,
    scores_with,
    workspace_in,
)

FOLDS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A store with two rows of t1 on ESC-10, one of them on ESC-50 as well, and no dataset on disk."""
    workspace = workspace_in(tmp_path_factory.mktemp("store"))
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision")
    fabricate(workspace, "knn", "esc50", wrong=270, kind="decision")
    fabricate(workspace, "att_aug", "esc10", wrong=5, seeds=1)
    return workspace


def write_csv(path, dataset: str, wrong: dict[int, int], leave_out: int = 0):
    """Probabilities as somebody else would write them: classes and items in an order of their own."""
    classes = sorted(classes_of(dataset))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", *classes])
        rows = []
        for fold in FOLDS:
            scores = scores_with(dataset, fold, wrong[fold], "decision", first=40)
            at = [scores.classes.index(name) for name in classes]
            rows += [[item, *values[at]] for item, values in zip(scores.items, scores.values, strict=True)]
        writer.writerows(rows[::-1][leave_out:])
    return str(path)


def test_a_file_becomes_a_row_with_its_folds(workspace, tmp_path):
    source = write_csv(tmp_path / "mine.csv", "esc10", {1: 0, 2: 4, 3: 8, 4: 8, 5: 5})
    comparison = compare(source, "acrnn.t1", workspace, "my network")
    content = comparison.to_dict()
    assert (content["table"], content["column"], content["n_items"]) == ("acrnn.t1", "esc10", 400)
    assert content["folds"] == {"1": 100.0, "2": 95.0, "3": 90.0, "4": 90.0, "5": 93.75}
    assert content["value"] == 93.75
    text = comparison_markdown(comparison)
    assert "**93.75**" in text and "| 375/400 |" in text and "|       93.7 |" in text  # cut, as the paper does
    assert "78.4" in text and "63.2, corrected 78.7" in text  # the rows of the paper, their errata included


def test_the_test_against_a_stored_row_is_mcnemars_on_whole_sources(workspace, tmp_path):
    source = write_csv(tmp_path / "mine.csv", "esc10", dict.fromkeys(FOLDS, 10))
    rows = {row["id"]: row for row in compare(source, "acrnn.t1", workspace, None).to_dict()["rows"]}
    row = rows["acrnn.t1.acrnn.esc10"]
    # ours are wrong on clips 40 to 49 of each fold, the row on five clips from 3 * fold on: never the same
    assert (row["only_new_right"], row["only_row_right"]) == (25, 50)
    gains: Counter = Counter()
    for fold in FOLDS:
        for number, item in enumerate(items_of("esc10", fold)):
            gains[fold, item.split("-")[1]] += (3 * fold <= number < 3 * fold + 5) - (40 <= number < 50)
    assert row["p"] == pytest.approx(mcnemar(np.array(list(gains.values())))) and row["p"] < 0.05
    assert row["test"] == "first seed of each side, exact McNemar test, whole units"
    assert row["difference"] == pytest.approx(-6.25) and row["low"] < -6.25 < row["high"] < 0
    assert row["p_holm"] >= row["p"] and rows["acrnn.t1.procnn.esc10"]["p"] is None
    assert rows["acrnn.t1.knn.esc10"]["tier"] == "full" and rows["acrnn.t1.procnn.esc10"]["tier"] is None


def test_the_classes_choose_the_column(workspace, tmp_path):
    source = write_csv(tmp_path / "big.csv", "esc50", dict.fromkeys(FOLDS, 100))
    comparison = compare(source, "acrnn.t3", workspace, None)
    assert (comparison.name, comparison.column, comparison.value) == ("big", "esc50", 75.0)
    with pytest.raises(InputError, match="its 50 classes fit no column of the table: ESC-10 has 10, airplane differs"):
        compare(source, "acrnn.t3.base.esc10", workspace, None)


def test_a_run_is_compared_on_its_fold_and_not_with_itself(workspace):
    run = next(one.run for one in workspace.ledger.finished() if (one.run.setting, one.run.fold) == ("att_aug", 2))
    comparison = compare(run.id, "acrnn.t1", workspace, None)
    assert list(comparison.folds) == [2] and comparison.value == 93.75
    assert "fold 2 of 5" in comparison_markdown(comparison)
    rows = {row["id"]: row for row in comparison.to_dict()["rows"]}
    assert rows["acrnn.t1.acrnn.esc10"]["p"] is None and rows["acrnn.t1.knn.esc10"]["p"] is not None


def test_decisions_are_scored_as_the_table_scores_decisions(workspace, tmp_path):
    parts = [scores_with("esc10", fold, 8, "decision") for fold in FOLDS]
    values = [row for part in parts for row in part.values]
    items = tuple(item for fold in FOLDS for item in items_of("esc10", fold))
    Scores(items, classes_of("esc10"), np.array(values), "decision").save(tmp_path / "votes.npz")
    comparison = compare(str(tmp_path / "votes.npz"), "acrnn.t1", workspace, None)
    assert comparison.metric.id == "accuracy_clip_decision" and comparison.value == 90.0
    of_segments = Scores(items, classes_of("esc10"), np.array(values)[:, None].repeat(2, axis=1), "decision")
    of_segments.save(tmp_path / "segments.npz")
    with pytest.raises(InputError, match="decisions alone do not fit accuracy_clip_mean_probability; give probab"):
        compare(str(tmp_path / "segments.npz"), "acrnn.t3", workspace, None)


def labels_of(seed: int, dataset: str = "esc10", folds=FOLDS) -> tuple[list[str], list[str], list[str]]:
    """Items, what is true of them by their names, and what somebody says: two of three right, by chance."""
    draws = np.random.default_rng(seed)
    items = [item for fold in folds for item in items_of(dataset, fold)]
    true = [CATEGORIES[parse_item(item).target] for item in items]
    *others, last = classes_of(dataset)  # which nobody says
    said = [label if draws.random() < 0.75 and label != last else str(draws.choice(others)) for label in true]
    return items, true, said


def write_labels(path, items, said, head="item,label"):
    path.write_text(head + "\n" + "".join(f"{item},{label}\n" for item, label in zip(items, said, strict=True)))
    return str(path)


@pytest.mark.parametrize(("table", "dataset"), [("acrnn.t1", "esc10"), ("acrnn.t1", "esc50"), ("acrnn.t3", "esc10")])
def test_labels_are_the_decisions_of_whatever_rule_the_table_has(workspace, tmp_path, table, dataset):
    """Plain scikit-learn on the true labels says the same; what no item is said to be is a class all the same."""
    items, true, said = labels_of(3, dataset)
    assert set(said) < set(true)
    found = compare(write_labels(tmp_path / "mine.csv", items[::-1], said[::-1]), table, workspace, None)
    assert found.column == dataset and found.value == pytest.approx(100 * accuracy_score(true, said), abs=1e-12)
    says_what_that_means = "each is taken for the decision of that rule" in comparison_markdown(found)
    assert (found.metric.id, says_what_that_means) == (
        ("accuracy_clip_decision", False) if table == "acrnn.t1" else ("accuracy_clip_mean_probability", True)
    )


def test_files_of_single_folds_are_as_good_as_one_of_all(workspace, tmp_path):
    whole = write_csv(tmp_path / "mine.csv", "esc10", {1: 0, 2: 4, 3: 8, 4: 8, 5: 5})
    head, *lines = (tmp_path / "mine.csv").read_text().splitlines()
    parts = []
    for fold in FOLDS[::-1]:
        path = tmp_path / f"fold{fold}.csv"
        path.write_text("\n".join([head, *(line for line in lines if line.startswith(f"{fold}-"))]))
        parts.append(str(path))
    one, several = (compare(source, "acrnn.t1", workspace, "mine").to_dict() for source in (whole, parts))
    assert one == several and one["part"] is None and one["value"] == 93.75


@pytest.mark.parametrize(("folds", "part"), [((2,), "fold 2 of 5"), ((1, 4, 5), "folds 1, 4 and 5 of 5")])
def test_scores_of_some_folds_are_a_row_that_says_so(workspace, tmp_path, folds, part):
    items, true, said = labels_of(5, folds=folds)
    found = compare(write_labels(tmp_path / "mine.csv", items, said), "acrnn.t1", workspace, "mine")
    assert found.part == part and list(found.folds) == list(folds)
    for fold, value in found.folds.items():
        of_fold = [place for place, item in enumerate(items) if item.startswith(f"{fold}-")]
        expected = accuracy_score([true[place] for place in of_fold], [said[place] for place in of_fold])
        assert value.value == pytest.approx(100 * expected, abs=1e-12)
    content = found.to_dict()
    assert content["value"] is None and content["part"] == part and len(content["folds"]) == len(folds)
    text = comparison_markdown(found)
    assert f"**mine** ({part})" in text and f"mine is here for {part} alone: its value is no mean over all" in text
    row = next(row for row in content["rows"] if row["id"] == "acrnn.t1.knn.esc10")
    assert row["p"] is not None and f"/{80 * len(folds)} " in text


def test_a_fold_of_which_items_are_missing_is_refused(workspace, tmp_path):
    items, _, said = labels_of(5, folds=(1, 2))
    path = write_labels(tmp_path / "mine.csv", items[:-3], said[:-3])
    with pytest.raises(InputError, match=r"item names: 3 missing \(2-.*or nothing of the fold") as error:
        compare(path, "acrnn.t1", workspace, None)
    assert "\n" not in str(error.value)


def spelled(change):
    return [change(name) for name in sorted(classes_of("esc10"))]


@pytest.mark.parametrize("change", [str.upper, str.title, lambda name: f" {name.replace('_', ' ')}", str.capitalize])
def test_classes_are_known_by_their_names_however_they_are_spelled(workspace, tmp_path, change):
    write_csv(tmp_path / "plain.csv", "esc10", dict.fromkeys(FOLDS, 7))
    head, _, lines = (tmp_path / "plain.csv").read_text().partition("\n")
    assert head.strip() == ",".join(["item", *spelled(str)])
    (tmp_path / "odd.csv").write_text("\n".join([",".join(["item", *spelled(change)]), lines]))
    plain, odd = (compare(str(tmp_path / f"{name}.csv"), "acrnn.t3", workspace, "x") for name in ("plain", "odd"))
    assert plain.to_dict() == odd.to_dict()
    items, true, said = labels_of(9)
    found = compare(write_labels(tmp_path / "l.csv", items, map(change, said)), "acrnn.t1.acrnn.esc10", workspace, "x")
    assert found.value == pytest.approx(100 * accuracy_score(true, said))
    mixed = [change(label) if number % 3 else label for number, label in enumerate(said)]
    found = compare(write_labels(tmp_path / "m.csv", items, mixed), "acrnn.t3", workspace, "x")
    assert found.value == pytest.approx(100 * accuracy_score(true, said))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dog", "hound", r"ESC-10 has 10, dog differs \(rename or leave out 'hound'\)"),
        ("dog", "dogs", r"rename or leave out 'dogs'; did you mean dog\?"),
        ("item,chainsaw", "item,Dog", r"its 10 classes fit no column .*the classes 'Dog' and 'dog' are both dog"),
        ("item,chainsaw", "item,fold", r"rename or leave out 'fold'"),
    ],
)
def test_a_class_that_is_none_says_what_to_change(workspace, tmp_path, old, new, message):
    source = write_csv(tmp_path / "mine.csv", "esc10", dict.fromkeys(FOLDS, 1))
    text = (tmp_path / "mine.csv").read_text()
    (tmp_path / "mine.csv").write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as error:
        compare(source, "acrnn.t1", workspace, None)
    assert "\n" not in str(error.value)


def test_of_several_sources_all_are_files(workspace, tmp_path):
    runs = [one.run.id for one in workspace.ledger.finished() if one.run.setting == "att_aug"]
    with pytest.raises(InputError, match=rf"is one of 2 sources; of several give files, .*{runs[0]}/scores_\*.npz"):
        compare(runs[:2], "acrnn.t1", workspace, None)
    files = [str(workspace.runs / run / "scores_test.npz") for run in runs]
    assert compare(files, "acrnn.t1", workspace, None).value == 93.75


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("absent.csv", "acrnn.t1", "no such scores file"),
        ("acrnn-esc10-knn-full-f1", "acrnn.t1", "nor a stored run; did you mean acrnn-esc10-knn-full-f"),
        ("absent.csv", "acrnn", "needs one trained table"),
        ("absent.csv", "acrnn.t2", "needs one trained table"),
        ("absent.csv", "acrnn.t7", "unknown target 'acrnn.t7'"),
    ],
)
def test_what_cannot_be_compared_is_one_line(workspace, source, target, message):
    with pytest.raises(InputError) as error:
        compare(source, target, workspace, None)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_missing_and_unknown_items_are_named(workspace, tmp_path):
    source = write_csv(tmp_path / "short.csv", "esc10", dict.fromkeys(FOLDS, 1), leave_out=2)
    with pytest.raises(InputError, match=r"short.csv: item names: 2 missing \(5-5413-A-41.wav, 5-5413-B-41.wav\)"):
        compare(source, "acrnn.t1", workspace, None)
    text = (tmp_path / "short.csv").read_text().replace("1-1000-A-0.wav", "1-9999-A-0.wav")
    (tmp_path / "odd.csv").write_text(text)
    with pytest.raises(InputError, match=r"1 unknown \(1-9999-A-0.wav\), 3 missing \(1-1000-A-0.wav"):
        compare(str(tmp_path / "odd.csv"), "acrnn.t1", workspace, None)


def test_the_test_items_come_from_the_files_or_from_runs_of_every_fold(workspace, tmp_path):
    paper = load_paper("acrnn")
    truth = official_truth(paper, "esc10", "test", workspace)
    assert list(truth.index) == [item for fold in FOLDS for item in sorted(items_of("esc10", fold))]
    assert list(truth.loc[truth["fold"] == 3, "unit"].unique()) == sorted(
        {item.split("-")[1] for item in items_of("esc10", 3)}
    )
    poor = workspace_in(tmp_path)
    fabricate(poor, "base", "esc10", folds=(1, 2), seeds=1)
    with pytest.raises(InputError, match="ESC-10: its files are not here and stored runs cover 2 of 5 folds"):
        official_truth(paper, "esc10", "test", poor)
    assert {run.run.fingerprint for run in poor.ledger.finished()} == {FINGERPRINT}


def test_files_of_which_some_are_missing_stand_behind_runs_that_had_all(miniature_esc50, workspace, tmp_path):
    """One who has a part of the clips may still have scores of all; a run on that part is no better than the part."""
    here = replace(workspace, data=tmp_path / "data")
    shutil.copytree(miniature_esc50, here.data / "esc50")
    paper = load_paper("acrnn")
    items = official_truth(paper, "esc10", "test", workspace).index
    assert list(official_truth(paper, "esc10", "test", here).index) == list(items)
    poor = replace(here, runs=tmp_path / "runs", reports=tmp_path / "reports")
    for run in setting_runs(paper, "att", "esc10", Choice("full", seeds=1)):
        whole = scores_with("esc10", run.fold, 5)
        half = Scores(whole.items[::2], whole.classes, whole.values[::2], whole.kind)
        publish(poor, run, half, "f" * 16, data={"items": {"test": {"used": 40, "expected": 80}}})
    shutil.copytree(workspace.runs, poor.reports / "results")
    assert list(official_truth(paper, "esc10", "test", poor).index) == list(items)


def test_with_the_files_here_no_run_is_needed(miniature_esc50, tmp_path):
    workspace = workspace_in(tmp_path)
    workspace.data.mkdir()
    (workspace.data / "esc50").symlink_to(miniature_esc50)
    truth = official_truth(load_paper("acrnn"), "esc10", "test", workspace)
    assert len(truth) == 50 and list(truth["fold"]) == [fold for fold in FOLDS for _ in range(10)]
    assert item_seconds(load_paper("acrnn"), "esc10", "test", workspace) == 1.6
