"""An evaluation set that the networks of all folds are tested on; claims about columns and about single classes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.judge.claims import judge_claims
from benchmarks.judge.compare import compare
from benchmarks.judge.pairs.difference import difference, difference_of
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.signs import MCNEMAR_UNITS, mcnemar, sign_test
from benchmarks.judge.results import Results
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.reporting.site import print_choice
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import write_reference
from benchmarks.spec import Claim, load_paper
from datasets.contract import EVERY_FOLD
from tests.benchmarks.fabricated_results import result_of
from tests.benchmarks.fabricated_runs import FINGERPRINT, workspace_in

TOY = Path(__file__).parents[1] / "toy"
PAPER = """
id: shared
title: A paper with an evaluation set
authors: A. Nonymous
reference: none
year: 2026
datasets:
  toy: {title: Toy, class_path: toy_parts.ToyAnnotated, folds: [1, 2], bootstrap_unit: item}
training:
  train: {value: the other fold, status: stated, where: "1"}
settings:
  plain:
    title: plain
    seeds: 3
    data: {class_path: toy_parts.ToyDataModule}
    model: {class_path: toy_parts.ToyModule}
  slow: {extends: plain, title: slow, model: {args: {pause: {value: 0.02, origin: assumed}}}}
  slower: {extends: plain, title: slower, model: {args: {pause: {value: 0.03, origin: assumed}}}}
tables:
  t1:
    title: Rows are folds
    kind: train
    columns:
      plain: {label: Plain, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0,
        test_set: evaluation}
      slow: {label: Slow, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0,
        test_set: evaluation}
      slower: {label: Slower, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0,
        test_set: evaluation}
      other: {label: Other, unit: "%", dataset: toy, metric: accuracy_clip_mean_probability, margin: 3.0}
    rows:
      fold1: {fold: 1, setting: {plain: plain, slow: slow, slower: slower}}
      fold2: {fold: 2, setting: {plain: plain, slow: slow, slower: slower}}
      average: {setting: {plain: plain, slow: slow, slower: slower}}
      second: {quoted: nobody has it}
    controls:
      tested: {label: Tested, note: the same networks on the other test set, setting: {plain: plain}, test_set: test}
claims:
  - {id: plain_wins, table: t1, row: average, where: "1", text: plain is better than slow,
     test: {kind: beats, columns: [plain, slow]}}
  - {id: high_ones, table: t1, row: average, of_class: high, where: "1", text: plain is better at high ones,
     test: {kind: beats, columns: [plain, slow]}}
  - {id: low_ones, table: t1, row: average, of_class: low, where: "1", text: plain is better at low ones,
     test: {kind: beats, columns: [plain, slow]}}
  - {id: middle_ones, table: t1, row: average, of_class: middle, where: "1", text: plain is better at middle ones,
     test: {kind: beats, columns: [plain, slow]}}
  - {id: never, table: t1, row: average, where: "1", text: plain is never the worst,
     test: {kind: never_worst, columns: [plain, slow, slower]}}
  - {id: slow_never, table: t1, row: average, where: "1", text: slow is never the worst,
     test: {kind: never_worst, columns: [slow, plain, slower]}}
"""
TABLE = """row,label,plain,slow,slower,other
fold1,Fold 1,80,80,70,
fold2,Fold 2,70,70,70,
average,Average,75,75,70,
second,Second place,,,,88
"""
#: Wrong items of 40, half of which are high ones and half low ones, by setting; of them, how many are high ones.
WRONG = {"plain": (4, 2), "slow": (24, 18), "slower": (16, 8)}
ITEMS = [f"{number}.wav" for number in range(1, 41)]
CLASSES = ("high", "low")


def truth() -> pd.DataFrame:
    label = [CLASSES[number % 2] for number in range(len(ITEMS))]
    frame = {"label": label, "unit": [str(number // 2) for number in range(len(ITEMS))], "fold": EVERY_FOLD}
    return pd.DataFrame(frame, index=pd.Index(ITEMS, name="item"))


def scores(setting: str, shift: int = 0) -> Scores:
    """Scores in which the given numbers of items of both classes are wrong, from item `shift` of each on."""
    wrong, high = WRONG[setting]
    true = np.arange(len(ITEMS)) % 2
    decided = true.copy()
    for parity, count in ((0, high), (1, wrong - high)):
        of_class = np.flatnonzero(true == parity)
        decided[np.roll(of_class, -shift)[:count]] = 1 - parity
    return Scores(tuple(ITEMS), CLASSES, 4 * np.eye(2, dtype=np.float32)[decided], "logit")


@pytest.fixture
def stored(tmp_path, monkeypatch):
    folder = tmp_path / "papers" / "shared"
    folder.mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    (folder / "t1.csv").write_text(TABLE)
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", folder.parent)
    monkeypatch.syspath_prepend(str(TOY))
    workspace = workspace_in(tmp_path)
    for setting in WRONG:
        for run in setting_runs(load_paper("shared"), setting, "toy", Choice()):
            publish(workspace, run, scores(setting, run.seed + run.fold))
    return workspace


def publish(workspace, run, said: Scores, name: str = "evaluation") -> None:
    run = replace(run, fingerprint=FINGERPRINT)
    attempt = workspace.ledger.attempt(run)
    said.save(attempt / f"scores_{name}.npz")
    write_reference(attempt / f"reference_{name}.csv", truth())
    workspace.ledger.publish(run, attempt, result_of(attempt))


def claims_of(workspace) -> dict:
    return {one.claim.id: one.ours for one in Results(workspace).table("shared.t1").claims}


def test_columns_of_a_row_are_compared(stored):
    found = claims_of(stored)["plain_wins"]
    assert found.status == "holds" and found.kind == "method"
    assert found.difference == pytest.approx(100 * (24 - 4) / 40)


def test_a_claim_may_be_about_one_class(stored):
    found = claims_of(stored)
    assert found["high_ones"].difference == pytest.approx(100 * (18 - 2) / 20)
    assert found["low_ones"].difference == pytest.approx(100 * (6 - 2) / 20)
    assert found["high_ones"].status == "holds"


def test_a_claim_about_a_class_of_which_no_item_is_here_is_not_measured(stored):
    found = claims_of(stored)["middle_ones"]
    assert (found.status, found.note) == ("not measured", "no item of middle in fold 1")


def test_of_every_class_each_fold_needs_an_item_where_none_may_be_the_worst(stored):
    """Folds with test lists of their own may lack a class where files are lacking."""
    rng, items = np.random.default_rng(0), {fold: tuple(f"{fold}{number}" for number in range(6)) for fold in (1, 2)}
    labels = {1: ("high", "low") * 3, 2: ("high",) * 6}
    rows = {
        ("c", row): Outcomes({fold: rng.random((3, 6)).round() for fold in items}, items, items, labels=labels)
        for row in "xyz"
    }
    claim = Claim(id="n", text="t", where="1", table="t1", column="c", test={"kind": "never_worst", "rows": [*"xyz"]})
    [found] = judge_claims([claim], rows)
    assert (found.status, found.note) == ("not measured", "no item of low in fold 2")


def test_never_the_worst_is_one_question_about_all_classes(stored):
    found = claims_of(stored)
    assert found["never"].status == "holds" and len(found["never"].links) == 1
    assert "2 classes as one question" in found["never"].note
    slow = found["slow_never"]
    assert (
        slow.status == "fails" and slow.difference == pytest.approx(100 * (8 - 18) / 20) and "class high" in slow.note
    )


def test_printed_numbers_say_nothing_of_classes(stored):
    printed = {one.claim.id: one.in_print for one in Results(stored).table("shared.t1").claims}
    assert printed["plain_wins"].outcome == "tie"
    assert printed["never"].outcome is None is printed["high_ones"].outcome
    assert "single classes" in printed["never"].note


def test_a_place_in_which_nothing_is_printed_needs_no_run(stored):
    cells = {cell.id: cell for cell in load_paper("shared").cells()}
    assert cells["shared.t1.fold1.other"].recipe == "quoted"
    assert cells["shared.t1.fold1.other"].quoted == "the table has no value here"
    assert cells["shared.t1.second.other"].quoted == "nobody has it"


def test_a_printed_value_needs_a_run_or_a_reason(tmp_path, stored, monkeypatch):
    folder = tmp_path / "others" / "shared"
    folder.mkdir(parents=True)
    (folder / "paper.yaml").write_text(PAPER)
    (folder / "t1.csv").write_text(TABLE.replace("80,80,70,\n", "80,80,70,66\n"))
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", folder.parent)
    with pytest.raises(InputError, match="needs a setting or a quoted reason"):
        load_paper("shared")


def test_other_scores_are_compared_with_the_mean_of_the_folds(stored, tmp_path):
    scores("plain", 7).save(tmp_path / "mine.npz")
    comparison = compare(str(tmp_path / "mine.npz"), "shared.t1", stored, "mine")
    assert comparison.cell.row == "average" and set(comparison.folds) == {EVERY_FOLD} and comparison.value == 90
    rivals = {one.result.cell.row: one for one in comparison.rivals}
    assert rivals["average"].difference == 0 and rivals["fold1"].difference == 0
    assert rivals["average"].test.endswith(MCNEMAR_UNITS)
    assert set(rivals) == {"fold1", "fold2", "average"}, "not those in which the table has nothing"
    shown = comparison_markdown(comparison)
    assert "36/40" in shown and "fold 0" not in shown


def test_scores_stand_beside_what_the_table_has_of_their_test_set(stored, tmp_path):
    """The only value on the other test set stands in another column than the first."""
    run = setting_runs(load_paper("shared"), "plain", "toy", Choice(seeds=4))[-1]
    publish(stored, run, scores("plain"), "test")
    scores("plain", 7).save(tmp_path / "mine.npz")
    comparison = compare(str(tmp_path / "mine.npz"), "shared.t1.second", stored, "mine")
    assert (comparison.cell.id, comparison.value) == ("shared.t1.second.other", 90)
    assert [one.result.cell.id for one in comparison.rivals] == ["shared.t1.second.other"]
    with pytest.raises(InputError, match="needs one trained table"):
        compare(str(tmp_path / "mine.npz"), "shared.t1.average.other", stored, "mine")


def test_beside_a_row_of_ours_stand_those_of_ours(stored, tmp_path):
    """Other items than those of the table's own rows in that column."""
    for run in setting_runs(load_paper("shared"), "plain", "toy", Choice(seeds=4))[-2:]:
        publish(stored, run, scores("plain"), "test")
    scores("plain", 7).save(tmp_path / "mine.npz")
    comparison = compare(str(tmp_path / "mine.npz"), "shared.t1.tested.plain", stored, "mine")
    [rival] = comparison.rivals
    assert rival.result.cell.id == "shared.t1.tested.plain" and rival.difference == 0


def test_runs_without_the_test_set_say_so(stored, capsys):
    run = setting_runs(load_paper("shared"), "plain", "toy", Choice(seeds=5))[-1]
    publish(stored, run, scores("plain"), "test")
    unscored = Results(stored).table("shared.t1").unscored
    assert [why for why in unscored.values() if "not tested on evaluation" in why]
    print_choice(stored, "shared.t1", Choice())
    assert "stored runs cannot be scored here** and count for nothing where" in capsys.readouterr().out


def test_folds_with_the_same_items_bring_no_items_of_their_own():
    """Four folds whose networks are right on the same items are as much as one; unshared, they would be four."""
    rng = np.random.default_rng(3)
    first, second = (np.repeat(rng.random((1, 60)) < level, 3, axis=0).astype(float) for level in (0.9, 0.7))
    unit = np.arange(60) // 3
    one = difference([(first, second, unit)])
    shared = difference([(first, second, unit)] * 4, is_shared=True)
    assert float(shared.item_variance) == pytest.approx(float(one.item_variance))
    assert float(shared.item_dof) == pytest.approx(float(one.item_dof)) and shared.units == one.units
    assert float(difference([(first, second, unit)] * 4).item_variance) == pytest.approx(float(one.item_variance) / 4)


def test_a_unit_of_all_folds_has_one_sign():
    rng = np.random.default_rng(5)
    names = tuple(f"{number:02d}" for number in range(40))
    right = [{fold: (rng.random((1, 40)) < level).astype(float) for fold in (1, 2)} for level in (0.9, 0.6)]
    same = dict.fromkeys((1, 2), names)
    rows = [Outcomes(added, same, same) for added in right]
    found = sign_test(*rows, 0.0, 0.05)
    gains = sum(right[0][fold][0] - right[1][fold][0] for fold in (1, 2))
    assert found.p == mcnemar(gains) and found.test == MCNEMAR_UNITS
    assert difference_of(*rows).units == 40
