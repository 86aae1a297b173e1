"""Tables whose columns are folds, whose rows are folds, and whose rows are datasets: planned, judged, reported."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.listing import plan_lines
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.judge.compare import compare
from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.runs.plan import Choice, make_plan, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper, select
from tests.benchmarks.fabricated_runs import publish, workspace_in

TOY = Path(__file__).parents[1] / "toy"
PAPER = """
id: folded
title: A paper about folds
authors: A. Nonymous
reference: none
year: 2026
datasets:
  toy: {title: Toy, class_path: toy_parts.ToyDataset, folds: [1, 2], bootstrap_unit: item}
  again: {title: Toy again, class_path: toy_parts.ToyDataset, folds: [1], bootstrap_unit: item}
training:
  train: {value: the other fold, status: stated, where: "1"}
settings:
  plain:
    title: plain
    seeds: 3
    data: {class_path: toy_parts.ToyDataModule}
    model: {class_path: toy_parts.ToyModule}
    tiers: {smoke: {folds: [1], seeds: 1}}
  slow: {extends: plain, title: slow, model: {args: {pause: {value: 0.02, origin: assumed}}}}
tables:
  t1:
    title: Columns are folds
    kind: train
    columns:
      fold1: {label: Fold 1, unit: "%", dataset: toy, fold: 1, metric: accuracy_clip_mean_probability, margin: 3.0}
      fold2: {label: Fold 2, unit: "%", dataset: toy, fold: 2, metric: accuracy_clip_mean_probability, margin: 3.0}
      average: {label: Average, unit: "%", mean_of: [fold1, fold2], margin: 2.0}
    rows:
      plain: {setting: plain}
      slow: {setting: slow}
  t2:
    title: Rows are folds
    kind: train
    columns:
      plain: {label: Plain, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0}
      slow: {label: Slow, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0}
    rows:
      fold1: {fold: 1, setting: {plain: plain, slow: slow}}
      fold2: {fold: 2, setting: {plain: plain, slow: slow}}
      average: {setting: {plain: plain, slow: slow}}
  t3:
    title: Rows are datasets
    kind: train
    columns:
      accuracy: {label: Accuracy, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0}
    rows:
      toy: {setting: plain}
      again: {setting: plain, dataset: again}
"""
TABLES = {
    "t1": "row,label,fold1,fold2,average\nplain,Plain,80,70,75\nslow,Slow,80,70,75\n",
    "t2": "row,label,plain,slow\nfold1,Fold 1,80,80\nfold2,Fold 2,70,70\naverage,Average,75,75\n",
    "t3": "row,label,accuracy\ntoy,Toy,75\nagain,Again,80\n",
}
#: Wrong clips of 20 by setting, fold and seed.
WRONG = {("plain", 1): (3, 4, 5), ("plain", 2): (6, 6, 9), ("slow", 1): (5, 5, 8), ("slow", 2): (4, 4, 4)}


@pytest.fixture
def papers(tmp_path, monkeypatch):
    folder = tmp_path / "papers" / "folded"
    folder.mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text)
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", folder.parent)
    monkeypatch.syspath_prepend(str(TOY))
    return workspace_in(tmp_path)


@pytest.fixture
def stored(papers):
    """Every run of both settings on the toy."""
    for setting in ("plain", "slow"):
        for run in setting_runs(load_paper("folded"), setting, "toy", Choice()):
            publish(papers, run, scores_of((run.fold,), WRONG[setting, run.fold][run.seed]))
    return papers


def scores_of(folds: tuple[int, ...], wrong: int) -> Scores:
    """Scores with so many wrong clips in each fold."""
    from toy_parts import CLASSES, ITEMS

    items = [item for item in ITEMS if int(item[0]) in folds]
    true = np.array([CLASSES.index(item.rpartition("-")[2]) for item in items])
    decided = np.where(np.arange(len(items)) % 20 < wrong, 1 - true, true)
    return Scores(tuple(items), CLASSES, 4 * np.eye(2, dtype=np.float32)[decided], "logit")


def accuracy(setting: str, fold: int) -> float:
    return 100 - 5 * float(np.mean(WRONG[setting, fold]))


@pytest.mark.parametrize("folds", [(1,), (2,), (1, 2)])
def test_folds_that_were_chosen_against_the_tier_show_their_value(papers, folds):
    for run in setting_runs(load_paper("folded"), "plain", "toy", Choice("smoke", folds=folds)):
        publish(papers, run, scores_of((run.fold,), WRONG["plain", run.fold][0]))
    results = Results(papers)
    table = results.table("folded.t3")
    [toy] = [one for one in table.others[Variant("smoke")] if one.cell.row == "toy"]
    assert toy.mean == np.mean([100 - 5 * WRONG["plain", fold][0] for fold in folds])
    assert results.left_aside([table]) == []


def results_of(workspace, table: str) -> dict:
    return {(one.cell.row, one.cell.column): one for one in Results(workspace).table(f"folded.{table}").main}


def folds_of(workspace, target: str, **choice) -> list[int]:
    return sorted(
        {planned.run.fold for planned in make_plan(select(target), Choice(**choice), workspace).runs.values()}
    )


def test_a_cell_needs_only_the_runs_of_its_fold(papers):
    assert folds_of(papers, "folded.t1.plain.fold2") == [2] == folds_of(papers, "folded.t2.fold2.plain")
    assert folds_of(papers, "folded.t1.plain.average") == [1, 2] == folds_of(papers, "folded.t2.average.plain")
    assert len(make_plan(select("folded.t1"), Choice(), papers).runs) == 2 * 3 * 2
    assert len(make_plan(select("folded.t2.fold1"), Choice(), papers).runs) == 2 * 3
    assert folds_of(papers, "folded.t2.fold2", tier="smoke") == []


@pytest.mark.parametrize("choice", [{"tier": "smoke"}, {"folds": (1,)}])
def test_cells_whose_fold_is_not_run_are_named_and_not_passed_over(papers, choice):
    plan = make_plan(select("folded.t1"), Choice(**choice), papers)
    lacking = [f"folded.t1.{row}.{column}" for row in ("plain", "slow") for column in ("fold2", "average")]
    assert sorted(plan.left_out) == sorted(lacking)
    assert "folded.t1.plain.fold2" not in plan.feeds
    line = list(plan_lines(plan))[-1]
    assert line.startswith("4 cells about other folds than fold 1: folded.t1.plain.fold2, folded.t1.plain.average, ")
    assert line.endswith("; --folds names others")
    assert not make_plan(select("folded.t1"), Choice(), papers).left_out


def test_run_says_so_too(papers, capsys):
    papers.data.joinpath("toy").mkdir(parents=True)
    Sweep("folded.t1.plain.fold2", Choice("smoke"), papers, "cpu").run()
    assert "resound: 1 cell about other folds than fold 1: folded.t1.plain.fold2" in capsys.readouterr().err


def test_a_row_names_its_own_dataset(papers):
    runs = {
        planned.run.dataset: planned.run for planned in make_plan(select("folded.t3"), Choice(), papers).runs.values()
    }
    assert set(runs) == {"toy", "again"}
    assert [cell.dataset for cell in select("folded.t3")] == ["toy", "again"]


def counted(wrong):
    """Right ones of 20 items by three seeds; of seeds that say the same, those of one."""
    return (20 - wrong[0], 20) if len(set(wrong)) == 1 else (60 - sum(wrong), 60)


@pytest.mark.parametrize("turned", [False, True])
def test_values_are_those_of_the_fold_and_their_mean(stored, turned):
    found = results_of(stored, "t2" if turned else "t1")
    for setting in ("plain", "slow"):
        cells = {part: found[(part, setting) if turned else (setting, part)] for part in ("fold1", "fold2", "average")}
        for fold in (1, 2):
            one = cells[f"fold{fold}"]
            assert one.mean == pytest.approx(accuracy(setting, fold))
            assert one.evidence.folds == (fold,) and one.n_runs == 3 and one.correct == counted(WRONG[setting, fold])
        assert cells["average"].mean == pytest.approx(np.mean([accuracy(setting, fold) for fold in (1, 2)]))
        assert cells["average"].n_runs == 6


def test_the_spread_of_rows_that_are_folds_is_that_of_columns_that_are_folds(stored):
    """A column of rows that are folds has the same runs in its average; they count once."""
    turned, plain = results_of(stored, "t2"), results_of(stored, "t1")
    pooled = np.sqrt(np.mean([np.var([5 * wrong for wrong in WRONG["plain", fold]], ddof=1) for fold in (1, 2)]))
    fold, mean = turned["fold1", "plain"].verdict, turned["average", "plain"].verdict
    widths = [(one.high - one.low) / 2 - 0.05 for one in (fold, mean)]
    t, runs = 2.132, np.sqrt(1 / 3 + 1)  # 2 x 2 degrees of freedom
    assert widths == pytest.approx([t * pooled * runs, t * pooled / np.sqrt(2) * runs], rel=1e-3)
    of_fold = [np.var([5 * wrong for wrong in WRONG[setting, 1]], ddof=1) for setting in ("plain", "slow")]
    width = (plain["plain", "fold1"].verdict.high - plain["plain", "fold1"].verdict.low) / 2 - 0.05
    assert width == pytest.approx(t * np.sqrt(np.mean(of_fold)) * runs, rel=1e-3)


def test_pages_show_one_fold_and_what_is_missing(stored, tmp_path):
    write_reports(stored, "folded", tmp_path / "out")
    text = (tmp_path / "out" / "folded" / "t1.md").read_text()
    known = text[text.index("## Value by value") :]
    rows = [line.split("|") for line in known.splitlines() if line.startswith("| Plain")]
    assert [row[7].strip() for row in rows[:3]] == ["3 × 1", "3 × 1", "3 × 2"]
    [turned] = [line for line in (tmp_path / "out" / "folded" / "t2.md").read_text().splitlines()
                if line.startswith("| Average") and "3 × 2" in line][:1]  # fmt: skip
    assert f"{np.mean([accuracy('plain', 1), accuracy('plain', 2)]):.2f}" in turned
    assert "| Again" in (tmp_path / "out" / "folded" / "t3.md").read_text()


def test_new_scores_of_one_fold_are_compared_in_its_column(stored, tmp_path):
    scores_of((2,), 1).save(tmp_path / "mine.npz")
    comparison = compare(str(tmp_path / "mine.npz"), "folded.t1", stored, "mine")
    assert comparison.column == "fold2" and comparison.value == 95 and set(comparison.folds) == {2}
    assert {rival.result.cell.row: rival.only_new_right for rival in comparison.rivals} == {"plain": 5, "slow": 3}
    assert "Fold 2" in comparison_markdown(comparison)
    scores_of((1, 2), 2).save(tmp_path / "all.npz")
    first = compare(str(tmp_path / "all.npz"), "folded.t1", stored, None)
    assert (first.column, first.part) == ("fold1", None) and comparison.note is None
    assert first.note == (
        "This is about fold 1 alone; scores of fold 2 are here, too: name a cell like folded.t1.plain.fold2."
    )
    half = compare(str(tmp_path / "mine.npz"), "folded.t2.average", stored, "mine")
    assert (half.part, half.to_dict()["value"], half.value) == ("fold 2 of 2", None, 95)
    assert compare(str(tmp_path / "all.npz"), "folded.t1.slow.fold2", stored, None).column == "fold2"
    assert set(compare(str(tmp_path / "all.npz"), "folded.t2.average", stored, None).folds) == {1, 2}
    with pytest.raises(InputError, match="20 missing"):
        compare(str(tmp_path / "mine.npz"), "folded.t1.slow.fold1", stored, None)


def test_scores_of_several_folds_have_a_mean_and_a_spread_over_them(stored, tmp_path):
    one, other = scores_of((1,), 1), scores_of((2,), 4)
    values = np.concatenate([one.values, other.values])
    Scores((*one.items, *other.items), one.classes, values, "logit").save(tmp_path / "all.npz")
    for target in ("folded.t1", "folded.t1.slow"):
        found = compare(str(tmp_path / "all.npz"), target, stored, None)
        assert found.across == {1: 95.0, 2: 80.0}
        assert found.to_dict()["mean_across"] == 87.5 and found.to_dict()["sd_across"] == pytest.approx(112.5**0.5)
        text = comparison_markdown(found)
        assert re.search(r"95\.00 \| +80\.00 \| \*\*87\.50 ± 10\.61\*\* \|", text) and text.count("fold 1 |") == 1
        assert "over folds, not over seeds" in text
    one.save(tmp_path / "one.npz")
    alone = compare(str(tmp_path / "one.npz"), "folded.t1", stored, None)
    assert alone.mean_across is None and "over folds, not over seeds" not in comparison_markdown(alone)


def test_a_stored_run_is_compared_in_the_column_of_its_fold(stored):
    run = next(one.run for one in stored.ledger.finished() if (one.run.setting, one.run.fold) == ("slow", 2))
    comparison = compare(run.id, "folded.t1", stored, None)
    assert comparison.column == "fold2" and comparison.value == 80
    with pytest.raises(InputError, match="a run on fold 2, which has no cell here"):
        compare(run.id, "folded.t1.slow.fold1", stored, None)


def test_a_lost_fold_leaves_the_other_fold_its_value(stored):
    for finished in list(stored.ledger.finished()):
        if (finished.run.setting, finished.run.fold) == ("plain", 2):
            (finished.folder / "result.json").unlink()
    found = results_of(replace(stored), "t1")
    assert found["plain", "fold1"].mean is not None
    assert found["plain", "fold2"].status == "not yet run" and found["plain", "average"].status == "incomplete"
