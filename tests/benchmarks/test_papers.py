"""Every registered paper, held against what its folder must say."""

import inspect
from functools import cache

import pytest
from jsonargparse import ArgumentParser

from benchmarks.build import import_class
from benchmarks.claim_form import links_of, published_ordering
from benchmarks.metrics import METRICS
from benchmarks.spec import TIERS, load_paper, paper_ids

PAPERS = [load_paper(name) for name in paper_ids()]
CELLS = [pytest.param(cell, id=cell.id) for paper in PAPERS for cell in paper.cells()]
SETTINGS = [pytest.param(paper, name, id=f"{paper.id}.{name}") for paper in PAPERS for name in paper.settings]
ERRATA = [pytest.param(paper, e, id=f"{paper.id}.{e.id}") for paper in PAPERS for e in paper.errata]
CLAIMS = [pytest.param(paper, c, id=f"{paper.id}.{c.id}") for paper in PAPERS for c in paper.claims]
#: What the harness fills in, run by run.
FILLED = {"root", "cache", "fold", "subset", "seed", "num_classes"}


def test_acrnn_is_registered():
    assert "acrnn" in paper_ids()


@pytest.mark.parametrize("cell", CELLS)
def test_cell_says_how_it_is_checked(cell):
    assert cell.label
    assert cell.unit
    if cell.unit == "%":
        assert cell.published is None or 0 <= cell.published <= 100
    if cell.published is not None:
        assert round(cell.published, cell.decimals) == cell.published, "more digits than printed"
    if cell.recipe == "quoted":
        assert len(cell.quoted) > 20, "a reason that says something"
    if cell.recipe == "train":
        assert cell.setting
        assert cell.dataset
        assert cell.metric in METRICS
        assert cell.margin
        assert {"training_folds", "validation", "selection", "test_list"} <= set(cell.protocol)


@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_setting_feeds_a_cell_and_has_a_cost(paper, name):
    controls = [cell for table in paper.tables for cell in paper.control_cells(table)]
    fed = {cell.dataset for cell in (*paper.cells(), *controls) if cell.setting == name}
    assert fed, "a setting that no cell needs"
    setting = paper.settings[name]
    for tier in TIERS:
        assert tier == "full" or tier in setting.tiers
        for device in ("cpu", "cuda"):
            assert fed <= set(setting.minutes[tier][device])
    smoke = setting.tiers["smoke"]
    assert smoke.folds == [1]
    assert setting.arguments("data", "smoke")["limit"].value <= 32


@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_every_hyper_parameter_has_an_origin_that_can_be_looked_up(paper, name):
    setting = paper.settings[name]
    for tier in TIERS:
        for part in ("data", "model", "trainer"):
            for argument, sourced in setting.arguments(part, tier).items():
                assert argument not in FILLED, f"{argument} is filled in by the harness"
                if sourced.origin in ("paper", "code"):
                    assert sourced.where, f"{tier}: {part}.{argument} has no place"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_setting_fits_the_real_signatures(paper, name, tier):
    resolved = paper.settings[name].resolved(tier)
    data, model = resolved["data"], resolved["model"]
    _check_arguments(data["class_path"], {**data["init_args"], "root": "."})
    _check_arguments(model["class_path"], model["init_args"])
    trainer = import_class("pytorch_lightning.Trainer")
    assert set(resolved["trainer"]) <= set(inspect.signature(trainer).parameters)


def _check_arguments(class_path, arguments):
    parsed = _parser(class_path).parse_object({"object": arguments}).object
    assert set(arguments) <= set(vars(parsed))


@cache
def _parser(class_path):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(import_class(class_path), "object", fail_untyped=False)
    return parser


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
def test_dataset_of_a_paper_is_real(paper):
    for name, use in paper.datasets.items():
        dataset = import_class(use.class_path)
        assert set(use.args) <= set(inspect.signature(dataset).parameters)
        assert set(use.folds) <= set(dataset.folds), name


@pytest.mark.parametrize(("paper", "erratum"), ERRATA)
def test_erratum_gives_a_reason_and_another_value(paper, erratum):
    assert len(erratum.reason) > 20
    assert erratum.where
    for cell, corrected in erratum.cells.items():
        assert corrected != paper.published[cell].value, f"{cell}: corrected to what is printed"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
def test_no_cell_has_two_errata(paper):
    cells = [cell for erratum in paper.errata for cell in erratum.cells]
    assert len(cells) == len(set(cells))


@pytest.mark.parametrize(("paper", "claim"), CLAIMS)
def test_claim_compares_rows_that_are_printed(paper, claim):
    rows = {row for link in links_of(claim.id, claim.test) for row in link[:2]}
    assert rows <= set(paper.tables[claim.table].rows)
    assert claim.column in paper.tables[claim.table].columns
    assert claim.text
    assert claim.where


def test_acrnn_contradicts_itself_only_where_it_is_known_to():
    paper = load_paper("acrnn")
    wrong = set()
    for claim in paper.claims:
        printed = {
            row: paper.published[f"acrnn.{claim.table}.{row}.{claim.column}"].value
            for row in paper.tables[claim.table].rows
        }
        if not published_ordering(claim.id, claim.test, printed).holds:
            wrong.add(claim.id)
    assert wrong == {"lower_layer_l4_softmax_esc50", "sigmoid_improves_l6_esc10", "sigmoid_beats_softmax_l2_esc10"}


def test_acrnn_has_every_cell_of_its_four_tables():
    tables = {name: len(list(load_paper("acrnn").table_cells(name))) for name in ("t1", "t2", "t3", "t4")}
    assert tables == {"t1": 24, "t2": 6, "t3": 8, "t4": 20}


@pytest.mark.parametrize(
    ("cell", "published"),
    [
        # numbers that the text of the paper says again (abstract, sections 4.2 to 4.4) or that are special in a table
        ("t1.acrnn.esc50", 86.1),
        ("t1.multistream.esc10", 93.7),
        ("t1.alexnet.esc50", 78.7),
        ("t2.piczak.flops_M", 63.27),
        ("t2.acrnn.params_M", 3.81),
        ("t3.att.esc50", 81.3),
        ("t4.l8_softmax.esc10", 92.5),
    ],
)
def test_acrnn_prints(cell, published):
    assert load_paper("acrnn").published[f"acrnn.{cell}"].value == published


def test_acrnn_corrects_the_transposed_rows():
    cells = {cell.id: cell for cell in load_paper("acrnn").table_cells("t1")}
    alexnet, googlenet = cells["acrnn.t1.alexnet.esc50"], cells["acrnn.t1.googlenet.esc10"]
    assert (alexnet.published, alexnet.target) == (78.7, 63.2)
    assert (googlenet.published, googlenet.target) == (63.2, 78.7)


def test_acrnn_trains_four_settings_with_three_seeds():
    paper = load_paper("acrnn")
    assert {n for n, s in paper.settings.items() if s.seeds == 3} == {"base", "att", "aug", "att_aug"}
    networks = [s for s in paper.settings.values() if s.model.class_path == "models.acrnn.ACRNNModule"]
    assert len(networks) * len(paper.datasets["esc10"].folds) * len(paper.datasets) == 120


def test_acrnn_reduced_tier_is_the_one_that_was_agreed():
    setting = load_paper("acrnn").settings["att_aug"]
    assert setting.resolved("reduced")["trainer"] == {"max_epochs": 60}
    assert setting.arguments("model", "reduced")["drops"].value == [20, 40]
    assert setting.arguments("data", "reduced")["segment_mode"].value == "random"
    assert setting.tiers["reduced"].folds == [1, 2, 3, 4, 5]
