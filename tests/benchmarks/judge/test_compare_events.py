"""Scores per frame made elsewhere, in the table of the MTFA paper: against plain use of sed_eval, and bad input."""

import numpy as np
import pandas as pd
import pytest
import sed_eval
from scipy.ndimage import median_filter

from benchmarks.errors import InputError
from benchmarks.judge.claims import judge_claims
from benchmarks.judge.compare import compare
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.truth_here import item_seconds, official_truth, truth_of_run
from benchmarks.metrics import metric_named
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.runs.plan import Choice
from benchmarks.runs.scores import Scores
from benchmarks.spec import Claim, load_paper, select
from datasets.dcase2017_rare.layout import Layout
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.recipe_files import write_recipes
from tests.benchmarks.fabricated_event_runs import FRAMES, HOP, fabricate_events, reference_of, scores_of
from tests.benchmarks.fabricated_runs import workspace_in

ITEMS = 24


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A store with two rows of t1 on babycry and one on gunshot, and no dataset on disk."""
    workspace = workspace_in(tmp_path_factory.mktemp("events"))
    fabricate_events(workspace, "resrnn", "babycry", skill=0.4, items=ITEMS, seeds=2)
    for setting in ("mlp", "mlp_full"):  # one for each test set
        fabricate_events(workspace, setting, "babycry", skill=0.6, items=ITEMS, seeds=1)
    fabricate_events(workspace, "resrnn_gunshot", "gunshot", items=ITEMS, seeds=1)
    return workspace


def mine(test_set: str = "devtest", dataset: str = "babycry", skill: float = 0.9) -> tuple[Scores, pd.DataFrame]:
    truth = reference_of(dataset, test_set, ITEMS)
    return scores_of(truth, dataset, skill, seed=7), truth


def changed(scores: Scores, **changes) -> Scores:
    return Scores(**{**vars(scores), **changes})


def saved(folder, scores: Scores) -> str:
    scores.save(folder / "mine.npz")
    return str(folder / "mine.npz")


def plainly(scores: Scores, truth: pd.DataFrame, threshold: float) -> dict[str, float]:
    """Threshold, median filter and sed_eval as their documentation has them, one item after the other."""
    evaluator = sed_eval.sound_event.EventBasedMetrics(
        list(scores.classes), evaluate_onset=True, evaluate_offset=False, t_collar=0.5
    )
    for item, logits in zip(scores.items, scores.values[:, :, 0], strict=True):
        if item not in truth.index:
            continue
        probabilities = 1 / (1 + np.exp(-logits.astype(np.float16).astype(np.float64)))
        active = median_filter((probabilities > threshold).astype(int), 27, mode="constant")
        edges = np.flatnonzero(np.diff(np.concatenate([[0], active, [0]])))
        events = [
            {"filename": item, "event_label": scores.classes[0], "onset": HOP * first, "offset": HOP * last}
            for first, last in edges.reshape(-1, 2)
        ]
        one = truth.loc[item]
        there = {"filename": item, "event_label": one["label"], "onset": one["onset"], "offset": one["offset"]}
        evaluator.evaluate([there] if one["label"] else [], events)
    overall = evaluator.results_overall_metrics()
    return {
        "er": overall["error_rate"]["error_rate"],
        "f1": 100 * overall["f_measure"]["f_measure"],
        "tp": evaluator.overall["Ntp"],
        "n_ref": evaluator.overall["Nref"],
    }


@pytest.mark.parametrize(
    ("dataset", "test_set", "target", "column", "threshold", "listed"),
    [
        ("babycry", "devtest", "mtfa.t1", "dev.babycry.er", 0.4, "official"),
        ("babycry", "evaltest", "mtfa.t1", "eval.babycry.er", 0.4, "official"),
        ("gunshot", "devtest", "mtfa.t1", "dev.gunshot.er", 0.4, "official"),
        ("babycry", "devtest", "mtfa.t1.mtfa.dev.babycry.er", "dev.babycry.er", 0.4, "official"),
        ("babycry", "devtest", "mtfa.t1.mtfa.dev.babycry.f1", "dev.babycry.f1", 0.4, "official"),
        ("babycry", "devtest", "mtfa.t1.crnn.dev.babycry.er", "dev.babycry.er", 0.5, "official"),
        ("babycry", "devtest", "mtfa.t1.mtfa_half", "dev.babycry.er", 0.5, "official"),
        ("babycry", "devtest", "mtfa.t1.mtfa_500", "dev.babycry.er", 0.4, "all"),
    ],
)
def test_a_file_is_scored_by_the_rule_and_list_of_its_column(
    workspace, tmp_path, dataset, test_set, target, column, threshold, listed
):
    scores, truth = mine(test_set, dataset)
    comparison = compare(saved(tmp_path, scores), target, workspace, "my network")
    content = comparison.to_dict()
    expected = plainly(scores, truth if listed == "all" else truth[truth["official"]], threshold)
    own, other = ("er", "f1") if column.endswith("er") else ("f1", "er")
    assert (content["table"], content["column"]) == ("mtfa.t1", column)
    assert content["value"] == pytest.approx(expected[own])
    assert content["beside"] == {f"{column[:-3]}.{other}": pytest.approx(expected[other])}
    assert content["n_items"] == ITEMS - (listed == "official")
    assert (content["counts"]["tp"], content["counts"]["n_ref"]) == (expected["tp"], expected["n_ref"])


def test_the_page_shows_f1_counts_and_the_rule(workspace, tmp_path):
    scores, _ = mine()
    comparison = compare(saved(tmp_path, scores), "mtfa.t1", workspace, "my network")
    lines = comparison_markdown(comparison).splitlines()
    assert lines[0].startswith("## mtfa.t1, dev, babycry, ER: Comparison of MTFA")
    assert "F1 (%), published" in lines[2] and "events" in lines[2]
    (row,) = (line for line in lines if line.startswith("| **my network**"))
    assert f"**{comparison.value:.3f}**" in row and f"**{comparison.beside['dev.babycry.f1']:.2f}**" in row
    assert "{tp} found, {fn} missed, {fp} false".format(**comparison.counts) in row
    paper, tested = (line for line in lines if line.startswith("| ResRNN"))
    assert "0.09" in paper and "95.8" in paper and " … " in tested
    text = " ".join(lines)
    assert f"`event_er_onset_500ms_above_0.4_median_540ms` on {ITEMS - 1} items" in text
    assert "unit: isolated event" in text and "fold 1" not in text


def test_items_off_the_list_may_be_left_out(workspace, tmp_path):
    scores, truth = mine()
    official = saved(tmp_path, scores.select(list(truth.index[truth["official"]])[::-1]))
    short = compare(official, "mtfa.t1", workspace, None)
    whole = compare(saved(tmp_path, scores), "mtfa.t1", workspace, None)
    assert short.value == whole.value and short.name == "mine"


def test_the_test_against_a_stored_row_is_that_of_a_claim(workspace, tmp_path):
    """One seed each: the same test as judges a claim about two rows, signs turned because lower is better."""
    scores, truth = mine()
    rows = {row["id"]: row for row in compare(saved(tmp_path, scores), "mtfa.t1", workspace, None).to_dict()["rows"]}
    tested = {name for name, row in rows.items() if row["p"] is not None}
    assert tested == {"mtfa.t1.resrnn.dev.babycry.er", "mtfa.t1.mlp.dev.babycry.er"}
    (cell,) = select("mtfa.t1.resrnn.dev.babycry.er")
    metric, official = metric_named(cell.metric), truth[truth["official"]]
    stored = [one.value for one in Evaluator(workspace, Choice()).evidence(cell).measured if one.seed == 0]
    own = metric.compute(Scores.load(tmp_path / "mine.npz").select(list(official.index)), official)
    units = {(1, item): unit for item, unit in official["unit"].items()}
    outcomes = {
        ("er", row): Outcomes.collect([(1, 0, value)], units, scale=-1.0)
        for row, value in (("mine", own), ("resrnn", stored[0]))
    }
    claim = Claim.model_validate(
        {"id": "a", "text": "-", "where": "-", "table": "t1", "column": "er",
         "test": {"kind": "beats", "rows": ["mine", "resrnn"]}}
    )  # fmt: skip
    (judged,) = judge_claims([claim], outcomes)
    row = rows["mtfa.t1.resrnn.dev.babycry.er"]
    assert row["difference"] == pytest.approx(own.value - stored[0].value) == pytest.approx(-judged.difference)
    assert (row["low"], row["high"]) == pytest.approx((-judged.high, -judged.low))
    assert row["p"] == pytest.approx(judged.p) and row["p"] <= row["p_holm"] <= 2 * row["p"]
    assert row["only_new_right"] is None
    lower, higher = sorted((rows[name]["p"], rows[name]["p_holm"]) for name in tested)
    assert lower[1] == pytest.approx(min(1, 2 * lower[0])) and lower[0] < 1
    assert higher[1] == pytest.approx(max(lower[1], higher[0]))


def test_a_run_is_placed_by_its_cell_and_not_tested_against_itself(workspace):
    run = next(one.run for one in workspace.ledger.finished() if (one.run.setting, one.run.seed) == ("resrnn", 0))
    comparison = compare(run.id, "mtfa.t1.resrnn.eval.babycry.er", workspace, None)
    rows = {row["id"]: row["p"] for row in comparison.to_dict()["rows"]}
    assert rows["mtfa.t1.resrnn.eval.babycry.er"] is None and rows["mtfa.t1.mlp.eval.babycry.er"] is not None
    assert "is one run, tier full, real files; the other rows are means over all seeds." in comparison_markdown(
        comparison
    )
    with pytest.raises(
        InputError, match=r"has scores of devtest and evaltest; name a cell of one of them, like mtfa.t1"
    ):
        compare(run.id, "mtfa.t1", workspace, None)


def test_a_landed_run_borrows_what_is_true_of_its_items(tmp_path):
    """It is without the copy of annotations, which another run has."""
    workspace = workspace_in(tmp_path)
    fabricate_events(workspace, "mlp", "babycry", items=ITEMS, seeds=1)
    (landed,) = workspace.ledger.finished()
    own = truth_of_run(landed, "devtest", workspace)
    (landed.folder / "reference_devtest.csv").unlink()
    with pytest.raises(InputError, match="babycry: its files are not here and stored runs cover 0 of 1 folds"):
        truth_of_run(landed, "devtest", workspace)
    fabricate_events(workspace, "crnn", "babycry", items=ITEMS, seeds=1)
    pd.testing.assert_frame_equal(truth_of_run(landed, "devtest", workspace), own)


def wrong_frames(scores):
    return changed(scores, values=scores.values[:, : FRAMES // 2])


def wrong_hop(scores):
    return changed(scores, hop=0.01)


def two_classes(scores):
    return changed(scores, classes=("babycry", "gunshot"), values=scores.values.repeat(2, axis=2))


def no_hop(scores):
    return changed(scores, hop=None)


def clip_scores(scores):
    return changed(scores, values=scores.values[:, 0], hop=None)


def other_items(scores):
    return changed(scores, items=tuple(item.replace("devtest", "devtrain") for item in scores.items))


def too_few(scores):
    return scores.select(scores.items[:-2])


def other_class(scores):
    return changed(scores, classes=("dogbark",))


def decisions(scores):
    return changed(scores, kind="decision")


@pytest.mark.parametrize(
    ("spoil", "target", "message"),
    [
        (wrong_frames, "mtfa.t1", "750 frames of 0.02 s are 15 s, but the items of devtest last 30.02 s"),
        (wrong_hop, "mtfa.t1", "1501 frames of 0.01 s are 15.01 s"),
        (two_classes, "mtfa.t1", "2 classes (babycry, gunshot), but events are judged one class at a time"),
        (no_hop, "mtfa.t1", "no hop, so its 24 x 1501 x 1 scores are not per frame"),
        (clip_scores, "mtfa.t1", "no hop, so its 24 x 1 scores are not per frame"),
        (other_items, "mtfa.t1", "item names: 24 unknown (mixture_devtrain_babycry_000"),
        (too_few, "mtfa.t1", "item names: 2 missing (mixture_devtest_babycry_022"),
        (other_class, "mtfa.t1", "fits no column of the table: TUT Rare Sound Events 2017, babycry has babycry"),
        (decisions, "mtfa.t1", "decisions alone do not fit event_er_onset_500ms_above_0.4_median_540ms"),
        (lambda scores: scores, "mtfa.t1.mtfa.eval.babycry.er", "item names: 24 unknown (mixture_devtest_babycry_000"),
        (lambda scores: scores, "mtfa.t1.mtfa.dev.gunshot.er", "its one class fits no column of the table: "),
        (lambda scores: scores, "mtfa.t1.mtfa.dev.glassbreak.er", "its files are not here and stored runs cover 0"),
        (lambda scores: scores, "mtfa.t1.mtfa.dev.average.er", "is the mean of mtfa.t1.mtfa.dev.babycry.er, mtfa"),
        (lambda scores: scores, "acrnn.t1", "its one class fits no column of the table: ESC-10: its files are not"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_line(workspace, tmp_path, spoil, target, message):
    source = saved(tmp_path, spoil(mine()[0]))
    with pytest.raises(InputError) as error:
        compare(source, target, workspace, None)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_without_runs_the_files_tell_what_is_true(tmp_path):
    """The evaluation record as released: ready-made mixtures and their recipes, and no sources."""
    workspace = workspace_in(tmp_path)
    layout = Layout(workspace.data / "dcase2017_rare")
    recipes = [
        Recipe(bg_path="audio/1.wav", bg_classname="home", ebr=-np.inf, mixture_audio_filename=""),
        Recipe(
            bg_path="audio/2.wav", bg_classname="home", ebr=6, mixture_audio_filename="", event_path="babycry/3.wav",
            event_class="babycry", event_start_in_mixture_seconds=12.5, event_length_seconds=1.5, scaling_factor=0.5,
            segment_start_seconds=0.0, segment_end_seconds=1.5,
        ),
    ]  # fmt: skip
    path = layout.recipes("evaltest", "babycry")
    path.parent.mkdir(parents=True)
    write_recipes(path, [one.named("evaltest", "babycry", number) for number, one in enumerate(recipes)])
    paper = load_paper("mtfa")
    truth = official_truth(paper, "babycry", "evaltest", workspace)
    assert list(truth["label"]) == ["", "babycry"] and list(truth["official"]) == [True, True]
    assert item_seconds(paper, "babycry", "evaltest", workspace) == 30.0
    logits = np.full((2, FRAMES, 1), -8.0)
    logits[1, 630:700] = 8.0  # 12.6 s, within the collar of 12.5 s
    logits[0, 100:150] = 8.0
    source = saved(tmp_path, Scores(tuple(truth.index), ("babycry",), logits, "logit", HOP))
    comparison = compare(source, "mtfa.t1", workspace, None)  # there is nothing of the development set
    assert comparison.column == "eval.babycry.er"
    assert comparison.value == 1.0 and comparison.counts == {"n_ref": 1, "n_sys": 2, "tp": 1, "fp": 1, "fn": 0}
    assert "nothing to test against" in comparison_markdown(comparison)
    with pytest.raises(InputError, match=r"750 frames of 0.02 s are 15 s, but the items of evaltest last 30 s"):
        compare(saved(tmp_path, wrong_frames(Scores.load(tmp_path / "mine.npz"))), "mtfa.t1.mtfa.eval", workspace, None)
