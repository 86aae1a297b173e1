import re

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting.opening.conditions import condition_sentences, tier_changes
from benchmarks.spec import TIERS, load_paper, paper_ids
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import SMOKE, STANDIN


def changes(paper: str, *settings: str, tier: str = "reduced") -> list[str]:
    return list(tier_changes(load_paper(paper), settings, tier))


def test_what_reduced_changes_is_told_with_the_values_of_the_paper():
    told = changes("acrnn", "base", "att")
    assert told[0] == "6 of 300 epochs" and not any("seed" in one for one in told)
    assert "batch size: 16 instead of 64 (more steps in as few segments)" in told
    assert "1 of 5 folds" not in told and "1 seed instead of 3" in changes("acrnn", "base", tier="smoke")


def test_values_that_differ_between_settings_stand_with_what_they_replace():
    told = changes("maestro", "baseline", "c5")
    assert told[0] == "30 of 150 or 6 of 30 epochs" and told[-1] == "1 of 5 folds"
    assert "patience of early stopping: none instead of 90 or 27" in told
    assert "patience of the learning-rate schedule: 9 instead of 45 or 2 instead of 9" in told


def test_what_is_replaced_alike_is_told_once():
    told = changes("edc", *load_paper("edc").settings)
    assert told[0] in ("6 or 12 of 500 epochs", "12 or 6 of 500 epochs")
    assert any(re.fullmatch(r"early stopping waits from epoch: (4 or 8|8 or 4) instead of 50", one) for one in told)


def test_of_many_changes_those_of_size_are_told_and_the_others_counted():
    paper = load_paper("mtfa")
    whole, short = (list(tier_changes(paper, [*paper.settings], "reduced", is_whole=is_so)) for is_so in (True, False))
    assert short[-1] == f"and {len(whole) - len(short) + 1} other values ([values](values.md))"
    assert set(short[:-1]) < set(whole) and short[0] == whole[0] and "epochs" in short[0]
    assert not any("learning rate" in one for one in short) and any("learning rate" in one for one in whole)
    assert len("; ".join(short)) < 0.6 * len("; ".join(whole))
    few = list(tier_changes(load_paper("maestro"), ["baseline", "c5"], "reduced", is_whole=False))
    assert few == changes("maestro", "baseline", "c5")


def test_what_data_and_network_share_is_told_once():
    assert sum(one.startswith("mel bands") for one in changes("mtfa", *load_paper("mtfa").settings)) == 1


@pytest.mark.parametrize("paper", paper_ids())
def test_every_tier_of_every_setting_is_told_in_words(paper):
    for name, setting in load_paper(paper).settings.items():
        for tier in (tier for tier in TIERS if tier in setting.tiers):
            told = changes(paper, name, tier=tier)
            assert len(told) == len(set(told)) and not any("_" in one.split(" instead")[0] for one in told)


def test_a_stand_in_says_what_it_is_made_of_and_how_much_there_is(three_classes_table):
    [reduced, standin, *others] = condition_sentences(three_classes_table, STANDIN, three_classes_table.others[STANDIN])
    assert reduced.startswith("*Reduced*: ") and "mel bands: 40 instead of 128" in reduced
    assert standin.startswith("*Stand-in*: a stand-in for TUT Rare Sound Events") and "Here: devtest: " in standin
    assert others == []
    smoke = condition_sentences(three_classes_table, SMOKE, three_classes_table.others[SMOKE])
    assert smoke[-1].startswith("Parametric sounds")


@pytest.mark.parametrize(
    ("seeds", "folds", "told"),
    [
        (None, None, ["1 seed instead of 3", "1 of 5 folds"]),
        (2, (1, 2), ["2 seeds instead of 3", "2 of 5 folds"]),
        (3, (1, 2, 3, 4, 5), []),
    ],
)
def test_seeds_and_folds_are_told_as_they_ran_whatever_the_tier_has(tmp_path, seeds, folds, told):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", tier="smoke", seeds=seeds, folds=folds)
    table, smoke = Results(workspace).table("acrnn.t3"), Variant("smoke")
    [sentence] = condition_sentences(table, smoke, table.others[smoke])
    assert [one for one in sentence.rstrip(".").split("; ") if "seed" in one or "fold" in one] == told


def test_seeds_that_differ_between_settings_stand_together(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", tier="smoke")
    fabricate(workspace, "att", "esc10", tier="smoke", seeds=3)
    table, smoke = Results(workspace).table("acrnn.t3"), Variant("smoke")
    [sentence] = condition_sentences(table, smoke, table.others[smoke])
    assert "; 1 or 3 seeds instead of 3; 1 of 5 folds." in sentence


def test_another_precision_is_told(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    table = Results(workspace).table("acrnn.t3")
    assert condition_sentences(table, Variant(numerics="bfloat16"), table.main) == [
        "Computed in bfloat16 instead of float32."
    ]
    assert condition_sentences(table, Variant(), table.main) == []
