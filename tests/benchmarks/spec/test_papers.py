"""Every registered paper, held against what its folder must say."""

import inspect
from functools import cache

import pytest
from jsonargparse import ArgumentParser
from pytorch_lightning import Trainer

from benchmarks.bench.schedules import CANDIDATES
from benchmarks.metrics import kind_of, metric_named
from benchmarks.runs.build import import_class
from benchmarks.runs.selection import Selection, selection_arguments
from benchmarks.spec import TIERS, load_paper, paper_ids
from benchmarks.spec.claims import links_of, published_ordering

PAPERS = [load_paper(name) for name in paper_ids()]
CELLS = [pytest.param(cell, id=cell.id) for paper in PAPERS for cell in paper.cells()]
SETTINGS = [pytest.param(paper, name, id=f"{paper.id}.{name}") for paper in PAPERS for name in paper.settings]
ERRATA = [pytest.param(paper, e, id=f"{paper.id}.{e.id}") for paper in PAPERS for e in paper.errata]
CLAIMS = [pytest.param(paper, c, id=f"{paper.id}.{c.id}") for paper in PAPERS for c in paper.claims]
#: What the harness fills in, run by run.
FILLED = {"root", "cache", "fold", "subset", "seed", "num_classes", "n_frames"}


@pytest.mark.parametrize("name", ["acrnn", "edc", "mtfa", "pbcnn"])
def test_papers_are_registered(name):
    assert name in paper_ids()


@pytest.mark.parametrize("cell", CELLS)
def test_cell_says_how_it_is_checked(cell):
    assert cell.label
    units = {metric_named(source.metric).unit for source in cell.sources if source.metric}
    assert units == {cell.unit} if units else cell.unit
    if cell.unit == "%":
        assert cell.published is None or 0 <= cell.published <= 100
    if cell.published is not None:
        assert round(cell.published, cell.decimals) == cell.published, "more digits than printed"
    if cell.recipe == "quoted":
        assert len(cell.quoted) > 20, "a reason that says something"
    if cell.recipe == "train":
        for source in cell.sources:
            assert source.setting
            assert source.dataset
            assert source.metric and kind_of(source) is metric_named(source.metric).kind
        assert cell.margin
        assert {"validation", "selection", "test_list"} <= set(cell.protocol)
        assert any(name.startswith("training_") for name in cell.protocol), "what is trained on"


@pytest.mark.parametrize("cell", [pytest.param(*one.values, id=one.id) for one in CELLS if one.values[0].parts])
def test_a_mean_of_columns_is_of_one_row_and_one_metric(cell):
    assert {part.row for part in cell.parts} == {cell.row}
    assert len({part.metric for part in cell.parts if part.metric}) <= 2, "thresholds may differ"
    assert len({part.test_set for part in cell.parts}) == 1
    assert {(part.unit, part.decimals) for part in cell.parts} == {(cell.unit, cell.decimals)}


@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_setting_feeds_a_cell_and_has_a_cost(paper, name):
    controls = [cell for table in paper.tables for cell in paper.control_cells(table)]
    sources = [source for cell in (*paper.cells(), *controls) for source in cell.sources]
    fed = {source.dataset for source in sources if source.setting == name}
    assert fed, "a setting that no cell needs"
    setting = paper.settings[name]
    for tier in TIERS:
        assert tier == "full" or tier in setting.tiers
        for device in ("cpu", "cuda"):
            assert fed <= set(setting.minutes[tier][device])
    smoke = setting.tiers["smoke"]
    assert {tuple(smoke.folds or paper.datasets[dataset].folds) for dataset in fed} == {(1,)}
    assert setting.arguments("data", "smoke")["limit"].value <= 32


@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_a_network_has_the_bands_of_its_features(paper, name):
    """Some networks would take any number of them without a word."""
    for tier in TIERS:
        data, model = (paper.settings[name].arguments(part, tier) for part in ("data", "model"))
        if "n_mels" in data and "n_mels" in model:
            assert data["n_mels"].value == model["n_mels"].value, tier


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
    for use in paper.datasets.values():
        resolved = paper.settings[name].resolved(tier, use)
        data, model = resolved["data"], resolved["model"]
        _check_arguments(data["class_path"], {**data["init_args"], "root": "."})
    _check_arguments(model["class_path"], model["init_args"])
    selecting, training = selection_arguments(resolved["trainer"])
    assert set(training) <= set(inspect.signature(Trainer).parameters)
    if selecting:
        selection = Selection(**selecting)
        assert selection.begin < training["max_epochs"], "no epoch would count"
        assert selection.keep == "best" or selection.patience, "a selection without any effect"


@pytest.mark.parametrize(("paper", "name"), SETTINGS)
def test_probes_are_methods_of_the_network(paper, name):
    setting = paper.settings[name]
    for probe in setting.probes:
        assert callable(getattr(import_class(setting.model.class_path), probe))


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
def test_claim_compares_rows_of_its_table(paper, claim):
    table = paper.tables[claim.table]
    places = {claim.place(name) for link in links_of(claim.id, claim.test) for name in link[:2]}
    assert {row for _, row in places} <= {*table.rows, *table.controls}
    assert {column for column, _ in places} <= set(table.columns)
    for column, row in places if claim.of_class is not None else ():
        dataset = {**table.rows, **table.controls}[row].dataset_in(table.columns[column])
        assert claim.of_class in import_class(paper.datasets[dataset].class_path).classes
    assert claim.text
    assert claim.where


def test_acrnn_contradicts_itself_only_where_it_is_known_to():
    paper = load_paper("acrnn")
    found = {}
    for claim in paper.claims:
        printed = {
            row: paper.published[f"acrnn.{claim.table}.{row}.{claim.column}"].value
            for row in paper.tables[claim.table].rows
        }
        found[claim.id] = published_ordering(claim.id, claim.test, printed).outcome
    assert [name for name, outcome in found.items() if outcome == "fails"] == ["lower_layer_l4_softmax_esc50"]
    assert {name for name, outcome in found.items() if outcome == "tie"} == {
        *("l2_best_cnn_layer_sigmoid_esc10", "lower_layer_l4_softmax_esc10"),
        *("lower_layer_l4_sigmoid_esc50", "sigmoid_improves_l6_esc10", "sigmoid_beats_softmax_l2_esc10"),
    }


def test_edc_contradicts_itself_only_where_it_is_known_to():
    """More types of noise are not always worse, single ones not alike, feature weighting not second everywhere."""
    paper = load_paper("edc")
    wrong = set()
    for claim in paper.claims:
        table = paper.tables[claim.table]
        if table.columns[claim.column].added is None:
            column = {row: f"edc.{claim.table}.{row}.{claim.column}" for row in table.rows}
            printed = {row: paper.published[cell].value for row, cell in column.items()}
            if published_ordering(claim.id, claim.test, printed).outcome == "fails":
                wrong.add(claim.id)
    assert wrong == {
        *("kinds_are_similar_om_dcase", "kinds_are_similar_om_chime"),
        *("two_are_worse_om_dcase", "three_are_worse_om_dcase", "three_are_worse_om_chime"),
        "featw_is_second_am_dcase",
    }


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
    rows = {row.setting_for("esc10", "esc10") for table in paper.tables.values() for row in table.rows.values()}
    networks = [paper.settings[name] for name in rows - {None}]
    networks = [setting for setting in networks if setting.model.class_path == "models.acrnn.ACRNNModule"]
    with_three = {name for name, one in paper.settings.items() if one.seeds == 3 and one in networks}
    assert with_three == {"base", "att", "aug", "att_aug"}
    assert len(networks) * len(paper.datasets["esc10"].folds) * len(paper.datasets) == 120


def test_acrnn_reduced_tier_is_the_last_schedule_that_was_tried():
    setting, chosen = load_paper("acrnn").settings["att_aug"], CANDIDATES[-1]
    assert setting.resolved("reduced")["trainer"] == {"max_epochs": chosen.epochs}
    model = setting.arguments("model", "reduced")
    assert (model["width_divisor"].value, model["drops"].value) == (chosen.divisor, chosen.drops)
    data = setting.arguments("data", "reduced")
    assert (data["batch_size"].value, data["segment_mode"].value) == (chosen.batch, "all")
    assert setting.tiers["reduced"].folds == [1, 2, 3, 4, 5]


# -- mtfa --------------------------------------------------------------------------------------------------------------

CLASSES = ("babycry", "glassbreak", "gunshot")
MTFA_COLUMNS = [
    f"{side}.{name}.{kind}" for side in ("dev", "eval") for name in (*CLASSES, "average") for kind in ("er", "f1")
]


def test_mtfa_has_every_cell_of_its_table_and_two_rows_of_the_baseline():
    cells = list(load_paper("mtfa").table_cells("t1"))
    rows = ["resrnn", "resattrnn", "mtfa", "1dcrnn", "crnn", "rcrnn", "msrnn", "crnn_att"]
    own = [cell for cell in cells if cell.added is None]
    assert [cell.id for cell in own] == [f"mtfa.t1.{row}.{column}" for row in rows for column in MTFA_COLUMNS]
    assert len(own) == 128
    added = [cell for cell in cells if cell.added is not None]
    assert {cell.row for cell in added} == {"mlp", "gmm"} and len(added) == 2 * 16
    assert all("not in the paper's table" in cell.added for cell in added)


@pytest.mark.parametrize(
    ("cell", "published"),
    [
        # the abstract's headline, the text of section 3.4, and what is special in the table
        ("mtfa.eval.average.er", 0.09),
        ("1dcrnn.eval.average.er", 0.13),
        ("mtfa.eval.average.f1", 95.5),
        ("mtfa.dev.gunshot.er", 0.14),
        ("rcrnn.dev.gunshot.er", 0.14),
        ("resrnn.dev.average.er", 0.10),
        ("resattrnn.eval.gunshot.f1", 91.2),
        ("rcrnn.dev.babycry.f1", None),
        ("rcrnn.eval.average.f1", 87.9),
        ("crnn_att.dev.glassbreak.f1", 99.4),
        ("mlp.eval.gunshot.f1", 46.5),
        ("gmm.dev.average.er", 0.55),
        ("gmm.eval.average.er", None),
    ],
)
def test_mtfa_prints(cell, published):
    assert load_paper("mtfa").published[f"mtfa.t1.{cell}"].value == published


def test_mtfa_leaves_out_what_its_sources_do_not_give():
    missing = {
        cell.id[8:] for cell in load_paper("mtfa").table_cells("t1") if cell.published is None and not cell.added
    }
    crnn = {f"crnn.dev.{name}.{kind}" for name in CLASSES for kind in ("er", "f1")}
    rcrnn = {f"rcrnn.dev.{name}.f1" for name in CLASSES}
    rcrnn |= {f"rcrnn.eval.{name}.{kind}" for name in CLASSES for kind in ("er", "f1")}
    assert missing == crnn | rcrnn


def test_mtfa_margins_are_those_of_the_design():
    margins = {name: column.margin for name, column in load_paper("mtfa").tables["t1"].columns.items()}
    expected = {name: 2.0 if name.endswith("f1") else 0.03 if "average" in name else 0.04 for name in MTFA_COLUMNS}
    assert margins == expected


@pytest.mark.parametrize(
    ("row", "thresholds"),
    [
        *((row, (0.4, 0.2, 0.4)) for row in ("resrnn", "resattrnn", "mtfa", "mtfa_500")),
        *((row, (0.5, 0.5, 0.5)) for row in ("crnn", "mlp", "mtfa_half", "crnn_gru2", "mlp_500")),
    ],
)
def test_mtfa_rows_have_the_thresholds_of_section_3_2_or_of_their_code(row, thresholds):
    paper = load_paper("mtfa")
    cells = {cell.id: cell for cell in (*paper.table_cells("t1"), *paper.control_cells("t1")) if cell.row == row}
    for column in MTFA_COLUMNS:
        cell, kind = cells[f"mtfa.t1.{row}.{column}"], column[-2:]
        wanted = [f"event_{kind}_onset_500ms_above_{threshold}_median_540ms" for threshold in thresholds]
        if cell.parts:
            assert [part.metric for part in cell.parts] == wanted
        else:
            assert cell.metric == wanted[CLASSES.index(cell.dataset)]
            assert cell.test_set == {"dev": "devtest", "eval": "evaltest"}[column.partition(".")[0]]
            assert cell.items == ("all" if row.endswith("_500") else "official")


def test_mtfa_contradicts_none_of_its_claims():
    paper = load_paper("mtfa")
    for claim in paper.claims:
        sign = 1 if claim.column.endswith("f1") else -1
        printed = {row: paper.published[f"mtfa.t1.{row}.{claim.column}"].value for row in paper.tables["t1"].rows}
        merits = {row: None if value is None else sign * value for row, value in printed.items()}
        assert published_ordering(claim.id, claim.test, merits).outcome == "holds", claim.id


def test_mtfa_networks_differ_in_what_section_3_4_takes_away():
    settings = load_paper("mtfa").settings
    resolved = {name: settings[name].resolved("full") for name in ("resrnn", "resattrnn", "mtfa")}
    attention = [one["model"]["init_args"].pop("attention") for one in resolved.values()]
    assert attention == ["none", "resnet", "hourglass"]
    assert resolved["resrnn"] == resolved["resattrnn"] == resolved["mtfa"]
    for name in resolved:
        loud, quiet = (settings[one].resolved("full")["model"]["init_args"] for one in (f"{name}_gunshot", name))
        assert (loud.pop("dropout"), quiet.pop("dropout")) == (0.4, 0.3) and loud == quiet
