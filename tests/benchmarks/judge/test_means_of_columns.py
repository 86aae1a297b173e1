"""Cells that are the mean of columns: values, spread, noise, verdicts, claims."""

import math

import numpy as np
import pytest

from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.results import Results
from benchmarks.judge.spread import spread_of
from benchmarks.judge.table import CellResult
from benchmarks.metrics import metric_named
from benchmarks.reporting import wording
from benchmarks.runs.plan import Choice
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper, select
from tests.benchmarks import fabricated_stores
from tests.benchmarks.fabricated_event_runs import fabricate_events, reference_of
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.fabricated_stores import FULL, ITEMS, SMOKE, STANDIN, written_once
from tests.benchmarks.fabricated_stores import RARE_CLASSES as CLASSES

PAPER = load_paper("mtfa")


@pytest.fixture(scope="module")
def stored(session_folder):
    return written_once(session_folder, "three_classes", fabricated_stores.three_classes)


@pytest.fixture(scope="module")
def table(stored):
    return Results(stored).table("mtfa.t1")


def cell_of(table, row: str, column: str) -> CellResult:
    return next(one for one in table.main if one.cell.id == f"mtfa.t1.{row}.{column}")


def parts_of(table, row: str, column: str) -> list[CellResult]:
    side, _, kind = column.split(".")
    return [cell_of(table, row, f"{side}.{name}.{kind}") for name in CLASSES]


@pytest.mark.parametrize("column", ["dev.average.er", "eval.average.f1"])
@pytest.mark.parametrize("row", ["mtfa", "resattrnn"])
def test_a_mean_of_columns_is_the_mean_of_its_parts_seed_by_seed(table, row, column):
    mean, parts = cell_of(table, row, column), parts_of(table, row, column)
    assert mean.evidence.folds == tuple(part.cell.column for part in parts)
    assert mean.evidence.seed_values == {
        seed: pytest.approx(np.mean([part.evidence.seed_values[seed] for part in parts])) for seed in range(3)
    }
    assert mean.mean == pytest.approx(np.mean(list(mean.evidence.seed_values.values())))
    expected = {part.cell.column: np.mean(list(part.evidence.seed_values.values())) for part in parts[1:]}
    assert {name: mean.evidence.fold_values[name] for name in expected} == pytest.approx(expected)


def test_a_seed_that_one_class_alone_has_is_left_out(table):
    babycry, mean = cell_of(table, "resattrnn", "dev.babycry.er"), cell_of(table, "resattrnn", "dev.average.er")
    assert babycry.evidence.complete_seeds == (0, 1, 2, 3) and mean.evidence.complete_seeds == (0, 1, 2)
    assert mean.n_runs == 10 and wording.runs(mean) == "10 of 12"
    lone = cell_of(table, "mlp", "dev.average.er")
    assert (lone.status, lone.mean, wording.reproduced(lone)) == ("incomplete", None, "1 of 3 columns")


def test_the_settings_of_a_mean_are_those_of_its_classes(stored):
    (cell,) = select("mtfa.t1.mtfa.eval.average.er")
    runs = {(one.finished.run.setting, one.column) for one in Evaluator(stored, Choice()).evidence(cell).scored}
    settings = {"babycry": "mtfa", "glassbreak": "mtfa", "gunshot": "mtfa_gunshot"}
    assert runs == {(setting, f"eval.{name}.er") for name, setting in settings.items()}


def test_the_spread_of_a_mean_is_that_of_its_parts_over_their_number(table):
    """The variance of a mean of three is a ninth of the sum of their variances."""
    cells = [one.cell for one in table.main]
    evidence = {one.cell.id: one.evidence for one in table.main if one.evidence}
    spread = spread_of([cell for cell in cells if cell.column == "dev.average.er" and cell.id in evidence], evidence)
    squares, dof = 0.0, 0
    for row in ("mtfa", "resattrnn", "mlp"):
        for part in parts_of(table, row, "dev.average.er"):
            values = np.array([one.value.value for one in part.evidence.measured])
            squares += ((values - values.mean()) ** 2).sum() if len(values) else 0.0
            dof += max(0, len(values) - 1)
    assert (spread.folds, spread.dof) == (3, dof) and dof == 2 * 2 * 3 + 1
    assert spread.sd_mean == pytest.approx(math.sqrt(squares / dof / 3))


def test_item_noise_of_a_mean_is_that_of_drawing_sources_for_all_classes(tmp_path):
    """Against drawing the sources themselves and counting anew; classes share them, as the official mixtures do."""
    workspace, items = workspace_in(tmp_path), 60
    for dataset, skill in zip(CLASSES, (0.9, 0.6, 0.3), strict=True):
        setting = PAPER.tables["t1"].rows["resrnn"].setting_for("", dataset)
        fabricate_events(workspace, setting, dataset, skill, items=items, seeds=2)
    (cell,) = select("mtfa.t1.resrnn.dev.average.er")
    evidence = Evaluator(workspace, Choice()).evidence(cell)
    noise = Results(workspace)._item_noise(PAPER, cell, evidence)

    counted = [errors_by_source(evidence, part, items) for part in cell.parts]
    sources, random = sorted(counted[0]), np.random.default_rng(0)
    drawn = random.multinomial(len(sources), np.full(len(sources), 1 / len(sources)), size=3000)
    sums = [drawn @ np.array([of_class[source] for source in sources]) for of_class in counted]
    rates = np.mean([above / below for above, below in (one.T for one in sums)], axis=0)
    assert noise.low < evidence.mean < noise.high
    assert noise.sd == pytest.approx(rates.std(), rel=0.15)
    assert (noise.low, noise.high) == pytest.approx(np.quantile(rates, [0.05, 0.95]), abs=0.3 * rates.std())


def errors_by_source(evidence, part, items: int) -> dict[str, tuple[float, int]]:
    """Errors and events of each source, the mean over seeds: the official metric on the items of one source alone."""
    truth = reference_of(part.dataset, part.test_set, items)
    truth, runs = truth[truth["official"]], [one.finished for one in evidence.scored if one.column == part.column]
    found = {}
    for source, rows in truth.groupby("unit"):
        events, scores = int((rows["label"] != "").sum()), [Scores.load(run.scores_path(part.test_set)) for run in runs]
        rates = [metric_named(part.metric).compute(one.select(list(rows.index)), rows).value for one in scores]
        found[source] = (events * float(np.mean(rates)), events)
    return found


def test_a_mean_of_columns_has_a_verdict_by_its_own_margin(table):
    good = cell_of(table, "mtfa", "dev.average.er")
    assert good.verdict.margin == 0.03 and good.verdict.difference == pytest.approx(good.mean - 0.07)
    assert good.correct is None and good.counts["n_ref"] == sum(
        part.counts["n_ref"] for part in parts_of(table, "mtfa", "dev.average.er")
    )
    assert cell_of(table, "resattrnn", "dev.average.er").status == "deviates"
    assert cell_of(table, "rcrnn", "dev.average.er").status == "quoted"


def claims_of(tests) -> dict:
    return {test.claim.id: test for test in tests}


def test_claims_about_an_average_are_tested_on_all_its_classes(table):
    claims = claims_of(table.claims)
    found = claims["scales_help_on_evaluation"]
    above, below = (cell_of(table, row, "eval.average.er").mean for row in ("mtfa", "resattrnn"))
    assert found.in_print.outcome == "holds"
    assert (found.ours.status, found.ours.kind) == ("holds", "method")
    assert found.ours.difference == pytest.approx(below - above) and below > above  # in favour of the lower one
    assert claims["attention_then_scales"].ours.note == "needs runs of “ResRNN” in eval, average, ER"
    assert claims["comparable_on_development"].ours.status == "not measured"


def test_claims_are_tested_apart_on_stand_in_files_only(table):
    assert set(table.claims_apart) == {STANDIN} and set(table.others) == {STANDIN, SMOKE}
    found = claims_of(table.claims_apart[STANDIN])["scales_help_on_evaluation"].ours
    assert (found.status, found.kind) == ("fails", "method") and found.difference < 0


def test_controls_stand_by_their_own_variant(table):
    assert set(table.controls) == {FULL, STANDIN, SMOKE}
    for variant in (FULL, STANDIN):
        rows = {one.cell.row for one in table.controls[variant]}
        assert {"mtfa_half", "mtfa_500", "resattrnn_half", "resattrnn_500"} <= rows
        assert rows - {"mlp_500"} == {"mtfa_half", "mtfa_500", "resattrnn_half", "resattrnn_500"}
        assert {one.variant for one in table.controls[variant]} == {variant}
    whole = next(one for one in table.controls[FULL] if one.cell.id == "mtfa.t1.mtfa_500.dev.babycry.er")
    listed = cell_of(table, "mtfa", "dev.babycry.er")
    assert {one.value.n for one in whole.evidence.measured} == {ITEMS}
    assert {one.value.n for one in listed.evidence.measured} == {ITEMS - 1}
    assert whole.counts["n_ref"] == listed.counts["n_ref"] + 3  # one event more, three seeds
    half = next(one for one in table.controls[FULL] if one.cell.id == "mtfa.t1.mtfa_half.eval.average.f1")
    assert {part.metric for part in half.cell.parts} == {"event_f1_onset_500ms_above_0.5_median_540ms"}
