"""A table of event metrics from stored runs: means of columns, what is tested on them, and how its page is written."""

import json
import math
import re

import numpy as np
import pytest

from benchmarks.judge.evidence import Evaluator
from benchmarks.judge.results import Results, _spread
from benchmarks.judge.table import CellResult, Variant
from benchmarks.metrics import metric_named
from benchmarks.reporting import print_tables, wording, write_reports
from benchmarks.reporting.sections.wide import groups, wide_grid
from benchmarks.runs.plan import Choice
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper, select
from tests.benchmarks.fabricated_event_runs import fabricate_events, reference_of
from tests.benchmarks.fabricated_runs import workspace_in

PAPER = load_paper("mtfa")
CLASSES = ("babycry", "glassbreak", "gunshot")
FULL, STANDIN, SMOKE = Variant(), Variant("reduced", "standin"), Variant("smoke", "miniature")
ITEMS = 12


def fabricate_row(workspace, row: str, skill: float, variant: Variant = FULL, seeds: int = 3) -> None:
    """A row's runs on all three classes."""
    for dataset in CLASSES:
        setting = PAPER.tables["t1"].rows[row].setting_for("", dataset)
        fabricate_events(workspace, setting, dataset, skill, variant.tier, variant.corpus, ITEMS, seeds)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Two rows in full with three seeds; on stand-in files the other way round; one row of generated sounds.

    Of ResAttRNN there is a fourth seed on one class, and of the baseline nothing but that class.
    """
    workspace = workspace_in(tmp_path_factory.mktemp("events"))
    fabricate_row(workspace, "mtfa", 1.0)
    fabricate_row(workspace, "resattrnn", 0.4)
    fabricate_events(workspace, "resattrnn", "babycry", 0.4, items=ITEMS, seeds=4)
    fabricate_events(workspace, "mlp", "babycry", 0.4, items=ITEMS, seeds=1)
    fabricate_row(workspace, "mtfa", 0.2, STANDIN, seeds=3)
    fabricate_row(workspace, "resattrnn", 1.0, STANDIN, seeds=3)
    fabricate_row(workspace, "mtfa", 1.0, SMOKE, seeds=1)
    return workspace


@pytest.fixture(scope="module")
def table(stored):
    return Results(stored).table("mtfa.t1")


@pytest.fixture(scope="module")
def pages(stored):
    """The pages of the report by name; figures have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.reporting.pages.table.table_figures", lambda *_: [])
        write_reports(stored, "mtfa.t1", stored.reports)
    return {name: (stored.reports / name).read_text() for name in ("README.md", "mtfa/t1.md", "report.json")}


def cell_of(table, row: str, column: str) -> CellResult:
    return next(one for one in table.main if one.cell.id == f"mtfa.t1.{row}.{column}")


def parts_of(table, row: str, column: str) -> list[CellResult]:
    side, _, kind = column.split(".")
    return [cell_of(table, row, f"{side}.{name}.{kind}") for name in CLASSES]


# -- means of columns --------------------------------------------------------------------------------------------------


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
    spread = _spread(PAPER, cells, evidence, "dev.average.er")
    squares, dof = 0.0, 0
    for row in ("mtfa", "resattrnn", "mlp"):
        for part in parts_of(table, row, "dev.average.er"):
            values = np.array([one.value.value for one in part.evidence.scored])
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
    assert cell_of(table, "1dcrnn", "dev.average.er").status == "quoted"


# -- claims and controls -----------------------------------------------------------------------------------------------


def claims_of(tests) -> dict:
    return {test.claim.id: test for test in tests}


def test_claims_about_an_average_are_tested_on_all_its_classes(table):
    claims = claims_of(table.claims)
    found = claims["scales_help_on_evaluation"]
    above, below = (cell_of(table, row, "eval.average.er").mean for row in ("mtfa", "resattrnn"))
    assert found.in_print.holds is True
    assert (found.ours.status, found.ours.kind) == ("holds", "method")
    assert found.ours.difference == pytest.approx(below - above) and below > above  # in favour of the lower one
    assert claims["attention_then_scales"].ours.note == "needs runs of resrnn in eval.average.er"
    assert claims["comparable_on_development"].ours.status == "not measured"


def test_claims_are_tested_apart_on_stand_in_files_only(table):
    assert set(table.claims_apart) == {STANDIN} and set(table.others) == {STANDIN, SMOKE}
    found = claims_of(table.claims_apart[STANDIN])["scales_help_on_evaluation"].ours
    assert (found.status, found.kind) == ("fails", "method") and found.difference < 0


def test_controls_stand_by_their_own_variant(table):
    assert set(table.controls) == {FULL, STANDIN}
    for variant in (FULL, STANDIN):
        rows = {one.cell.row for one in table.controls[variant]}
        assert {"mtfa_half", "mtfa_500", "resattrnn_half", "resattrnn_500"} <= rows
        assert rows - {"mlp_500"} == {"mtfa_half", "mtfa_500", "resattrnn_half", "resattrnn_500"}
        assert {one.variant for one in table.controls[variant]} == {variant}
    whole = next(one for one in table.controls[FULL] if one.cell.id == "mtfa.t1.mtfa_500.dev.babycry.er")
    listed = cell_of(table, "mtfa", "dev.babycry.er")
    assert {one.value.n for one in whole.evidence.scored} == {ITEMS}
    assert {one.value.n for one in listed.evidence.scored} == {ITEMS - 1}
    assert whole.counts["n_ref"] == listed.counts["n_ref"] + 3  # one event more, three seeds
    half = next(one for one in table.controls[FULL] if one.cell.id == "mtfa.t1.mtfa_half.eval.average.f1")
    assert {part.metric for part in half.cell.parts} == {"event_f1_onset_500ms_above_0.5_median_540ms"}


# -- wide grids --------------------------------------------------------------------------------------------------------


def test_columns_stand_in_groups_of_what_is_measured_together(table):
    found = groups(table.table)
    assert list(found)[:4] == [f"dev.{name}" for name in (*CLASSES, "average")]
    assert found["eval.average"] == ["eval.average.er", "eval.average.f1"]
    assert groups(load_paper("acrnn").tables["t3"]) == {}


def test_a_wide_grid_pairs_the_published_values(table):
    grid = wide_grid(table, table.main, wording.published)
    assert grid.head[:2] == ("row", "dev, babycry: ER / F1 (%)") and len(grid.head) == 9
    rows = {row[0]: row[1:] for row in grid.rows}
    assert len(rows) == 10
    assert rows["MTFA (proposed)"][0] == "0.06 / 96.7" and rows["ResRNN"][7] == "0.18 / 91.0"
    assert rows["CRNN [6]"][:4] == ("–", "–", "–", "0.14 / 92.9")
    assert rows["R-CRNN [7]"][0] == "0.09 / –"


def test_a_wide_grid_has_a_dash_where_nothing_ran(table):
    ran = [one for one in table.main if one.n_runs]
    rows = {row[0]: row[1:] for row in wide_grid(table, ran, wording.reproduced).rows}
    assert set(rows) == {"MTFA (proposed)", "ResAttRNN", "DCASE 2017 baseline, MLP"}
    baseline = rows["DCASE 2017 baseline, MLP"]
    assert re.fullmatch(r"\d\.\d{3} / \d+\.\d\d", baseline[0]) and baseline[1:3] == ("–", "–")
    assert baseline[3] == "1 of 3 columns / 1 of 3 columns"
    assert re.fullmatch(r"\d\.\d{3} ± \d\.\d{3} / \d+\.\d\d ± \d+\.\d\d", rows["ResAttRNN"][7])


# -- pages -------------------------------------------------------------------------------------------------------------


def test_the_page_shows_published_reproduced_verdicts_and_then_every_column(pages):
    text = pages["mtfa/t1.md"]
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    main = [title for title in titles if title in ("Published", "Reproduced", "Verdicts", "Column by column")]
    assert main == ["Published", "Reproduced", "Verdicts", "Column by column"]
    assert "<summary>dev, average, ER (margin ± 0.03)</summary>" in text
    assert "<summary>Columns of dev, average, ER, tier full, real files</summary>" in text
    assert "| dev, babycry, ER | dev, glassbreak, ER | dev, gunshot, ER |" in text
    assert "<summary>Seeds of dev, babycry, ER, tier full, real files</summary>" in text
    added = re.search(r"DCASE 2017 baseline, MLP(\[\^\d+\])", text)
    assert added and f"{added[1]}: Added from the documentation of the official baseline system" in text
    marks, notes = (set(re.findall(pattern, text, re.MULTILINE)) for pattern in (r"\[\^(\d+)\](?!:)", r"^\[\^(\d+)\]:"))
    assert marks == notes
    apart = text[text.index("## Apart from the table: tier reduced, stand-in files") :]
    assert "### Controls" in apart and "### Claims" in apart and "0.06 / 96.7" not in apart


def test_the_front_page_counts_published_numbers_and_lists_studies(pages):
    text = pages["README.md"]
    published = [value for value in PAPER.published.values() if value.value is not None]
    told = re.search(r"(\d+) published numbers in 1 table: (.*)\.", text)
    assert told and int(told[1]) == len(published) == sum(map(int, re.findall(r"\d+", told[2])))
    assert "- [mtfa.t1](mtfa/t1.md), tier reduced, stand-in files" in text
    assert "On generated files ran 16 cells in tier smoke, generated miniature" in text
    assert "left aside" not in text and "cannot be scored" not in text
    assert "not scored here" not in text


def test_report_json_tells_every_cell_once_per_variant(pages, table):
    cells = json.loads(pages["report.json"])["cells"]
    main = [cell for cell in cells if (cell["tier"], cell["corpus"]) == ("full", "real")]
    assert [cell["id"] for cell in main] == [one.cell.id for one in table.main]
    apart = [cell for cell in cells if cell["corpus"] == "standin"]
    assert len(apart) == 32 and {cell["verdict"] for cell in apart} == {None}
    mean = next(cell for cell in main if cell["id"] == "mtfa.t1.mtfa.dev.average.er")
    assert mean["n_runs"] == 9 and mean["low"] < mean["mean"] < mean["high"]


@pytest.mark.parametrize(
    ("choice", "there", "gone"),
    [
        (Choice(), ["## Published", "## Verdicts", "0.06 / 96.7", "Added from the documentation"], ["stand-in files"]),
        (Choice("reduced", "standin"), ["stand-in files", "### Controls", "### Claims"], ["0.06 / 96.7"]),
        (Choice("smoke", "miniature"), ["generated miniature"], ["0.06 / 96.7", "### Controls"]),
    ],
)
def test_a_terminal_gets_what_is_not_folded(stored, pages, choice, there, gone, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.reporting.site.write_site", lambda *_: [])
    print_tables(stored, "mtfa.t1", choice)
    text = capsys.readouterr().out
    assert all(part in text for part in there) and not any(part in text for part in gone)
    assert "<details>" not in text and "Column by column" not in text and "median filter" not in text
    assert len(text.splitlines()) < 100
