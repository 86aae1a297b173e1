"""A further kind of task in files of its own: the harness as it is trains, scores, judges, reports and compares it."""

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.judge.compare import compare
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.evidence import ALL_FOLDS
from benchmarks.judge.results import Results
from benchmarks.metrics import kind_of, metric_of
from benchmarks.reporting import write_reports
from benchmarks.reporting.sections.comparison import comparison_markdown
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A workspace in which all runs of the table are done."""
    folder = tmp_path_factory.mktemp("soft")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.spec.load.PAPERS", HERE / "papers")
        patch.syspath_prepend(str(HERE))
        workspace = Workspace(**{name: folder / name for name in ("data", "runs", "cache", "reports")})
        (workspace.data / "street").mkdir(parents=True)
        plan = make_plan(select("soft"), Choice(), workspace)
        assert len(plan.missing) == 2 * 3 * 3
        for planned in plan.missing:
            execute(planned.run, Surroundings(workspace))
        yield workspace


def cell_of(row: str):
    return next(iter(select(f"soft.t1.{row}.f1")))


def scores_of(workspace: Workspace, setting: str, seed: int) -> tuple[Scores, pd.DataFrame]:
    """The scores of all folds of a seed as one, padded where a fold is shorter, and what is true of all items."""
    from soft_parts import Street

    runs = [one for one in workspace.ledger.finished() if (one.run.setting, one.run.seed) == (setting, seed)]
    found = [Scores.load(one.scores_path()) for one in sorted(runs, key=lambda one: one.run.fold)]
    most = max(one.values.shape[1] for one in found)
    values = np.concatenate([
        np.pad(one.values, ((0, 0), (0, most - one.values.shape[1]), (0, 0)), constant_values=-9) for one in found
    ])  # fmt: skip
    items = tuple(item for one in found for item in one.items)
    return Scores(items, found[0].classes, values, found[0].kind, found[0].hop), Street(
        workspace.data / "street"
    ).truth()


def test_a_run_says_linear_scores_per_frame_and_keeps_what_is_true(trained):
    first = next(trained.ledger.finished())
    scores = Scores.load(first.scores_path())
    assert scores.kind == "linear" and scores.hop == 0.5 and scores.values.shape == (4, 20, 3)
    kind = kind_of(cell_of("wide"))
    truth = pd.read_csv(first.folder / "reference_test.csv")
    assert kind.pooled and set(kind.columns) <= set(truth.columns)
    with pytest.raises(InputError, match="linear outputs"):
        scores.probabilities()


def test_the_value_of_a_seed_is_one_statistic_of_all_folds(trained):
    cell = cell_of("wide")
    evidence, metric = Evaluator(trained, Choice()).evidence(cell), metric_of(cell)
    assert evidence.folds == (1, 2, 3) and evidence.complete_seeds == (0, 1, 2) and len(evidence.scored) == 9
    for seed, value in evidence.seed_values.items():
        scores, truth = scores_of(trained, "wide", seed)
        assert value == metric.compute(scores, truth).value
        of_folds = [
            metric.compute(scores.select(list(dict.fromkeys(part.index))), part).value
            for _, part in truth.groupby("fold", sort=True)
        ]
        assert np.mean(of_folds) > value, "a threshold for each fold and class fits better than one for all folds"
    assert evidence.mean == np.mean(list(evidence.seed_values.values()))
    assert evidence.parts == (ALL_FOLDS,) and evidence.fold_values == {}
    assert [len(set(one.units)) for one in evidence.measured] == [12, 12, 12]


def test_the_spread_of_the_verdict_is_over_seeds(trained):
    wide, narrow, other = Results(trained).table("soft.t1").main
    assert other.status == "quoted" and wide.evidence and narrow.evidence
    values = [list(one.evidence.seed_values.values()) for one in (wide, narrow)]
    sd = np.sqrt(np.mean([np.var(of_row, ddof=1) for of_row in values]))
    half = 0.05 + 2.132 * sd * np.sqrt(1 / 3 + 1)  # t quantile of 2 x 2 degrees of freedom; half of the printed unit
    assert wide.verdict.high - wide.verdict.low == pytest.approx(2 * half, rel=1e-3)
    assert wide.verdict.difference == pytest.approx(wide.mean - 80.0)
    assert wide.item_noise.low < wide.mean < wide.item_noise.high
    assert wide.correct is None and wide.n_runs == 9


def test_a_seed_without_one_of_its_folds_has_no_value(trained, tmp_path):
    shutil.copytree(trained.runs, tmp_path / "runs")
    for folder in (tmp_path / "runs").glob("soft-street-wide-full-f2-*"):
        shutil.rmtree(folder)
    wide, narrow, _ = Results(replace(trained, runs=tmp_path / "runs")).table("soft.t1").main
    assert wide.mean is None and wide.status == "incomplete" and wide.n_runs == 6
    assert narrow.mean is not None and wide.evidence.measured == ()
    write_reports(replace(trained, runs=tmp_path / "runs"), "soft", tmp_path / "out")
    assert "2 of 3 folds" in (tmp_path / "out" / "soft" / "t1.md").read_text()


def test_the_page_shows_the_value_the_claim_and_no_folds(trained, tmp_path):
    write_reports(trained, "soft", tmp_path)
    text, [wide, *_] = (tmp_path / "soft" / "t1.md").read_text(), Results(trained).table("soft.t1").main
    first, row, *_ = [line for line in text.splitlines() if line.startswith("| Wide network")]
    assert f"**{wide.mean:.1f}**" in first  # the paper's own table
    assert f"{wide.mean:.2f} ± {wide.seed_sd:.2f}" in row and "3 × 3" in row
    source, result, claim = [line for line in text.splitlines() if "wide is better than narrow" in line]
    assert (
        "What the paper claims of it, in our words: wide" in source
        and "“wide is better than narrow”: **holds**" in result
    )
    assert claim.startswith("| ")
    assert "holds" in claim and "method" in claim
    assert "fold 1" not in text


def test_values_are_computed_once_and_again_where_the_cache_is_damaged(trained, tmp_path, monkeypatch):
    here, cell = replace(trained, cache=tmp_path / "cache"), cell_of("wide")
    before = Evaluator(here, Choice()).evidence(cell).seed_values
    kept = list((tmp_path / "cache" / "metrics").iterdir())
    assert len(kept) == 3
    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.metrics.scoring.joined", lambda scores: pytest.fail("computed again"))
        assert Evaluator(here, Choice()).evidence(cell).seed_values == before
    for path, content in zip(kept, (b"", kept[1].read_bytes()[:100], b"odd" + kept[2].read_bytes()), strict=True):
        path.write_bytes(content)
    assert Evaluator(here, Choice()).evidence(cell).seed_values == before
    (tmp_path / "file").write_text("")
    assert Evaluator(replace(trained, cache=tmp_path / "file"), Choice()).evidence(cell).seed_values == before


def test_scores_made_elsewhere_are_compared_as_one_statistic(trained, tmp_path):
    scores, truth = scores_of(trained, "narrow", 1)
    scores.save(tmp_path / "mine.npz")
    comparison = compare(str(tmp_path / "mine.npz"), "soft.t1", trained, "mine")
    assert set(comparison.folds) == {ALL_FOLDS}
    assert comparison.value == metric_of(cell_of("wide")).compute(Scores.load(tmp_path / "mine.npz"), truth).value
    against = {rival.result.cell.row: rival for rival in comparison.rivals}
    assert against["wide"].difference < 0 and against["wide"].p < 0.05 and against["other"].p is None
    assert against["narrow"].low < 0 < against["narrow"].high
    text = comparison_markdown(comparison)
    assert "unit: recording" in text and "f1_optimum" in text and "fold 1" not in text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "decision"}, "decisions alone do not fit .*give linear outputs or logits or probabilities"),
        ({"hop": None}, "no hop, so its 12 x 28 x 3 scores are not per frame"),
    ],
)
def test_scores_of_another_kind_or_form_are_refused(trained, tmp_path, changes, problem):
    scores, _ = scores_of(trained, "wide", 0)
    replace(scores, **changes).save(tmp_path / "mine.npz")
    with pytest.raises(InputError, match=problem):
        compare(str(tmp_path / "mine.npz"), "soft.t1", trained, None)


@pytest.mark.parametrize(("seconds", "fits"), [(14.45, True), (13.55, True), (14.55, False), (13.45, False)])
def test_scores_last_as_long_as_their_items_to_a_frame(trained, tmp_path, monkeypatch, seconds, fits):
    monkeypatch.setattr("benchmarks.judge.compare.item_seconds", lambda *asked: seconds)
    scores, _ = scores_of(trained, "wide", 0)
    scores.save(tmp_path / "mine.npz")
    with nullcontext() if fits else pytest.raises(InputError, match="are 14 s, but the items of"):
        compare(str(tmp_path / "mine.npz"), "soft.t1", trained, None)


def test_one_run_is_no_statistic_of_all_folds(trained):
    run = next(trained.ledger.finished()).run.id
    with pytest.raises(InputError, match="one run is one of 3 folds"):
        compare(run, "soft.t1", trained, None)
